"""Admin pages of rows that are looked at, never edited."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.core.exceptions import FieldDoesNotExist
from django.db import router
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

WHOLES = {"generation_dataset_delete", "generation_stimulusset_delete"}


class OwnFilters(admin.ModelAdmin):
    """Lists that are narrowed down by the row's own fields, whatever somebody writes into the address.

    Django also filters by rows that point here. An image's list would so tell which image an answer chose, and the list
    of sessions who is in which arm, while the study is open and both are on no page.
    """

    hidden_fields: Collection[str] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        try:
            field = self.opts.get_field(lookup.split("__")[0])
        except FieldDoesNotExist:  # the parameter of a filter with its own words
            return super().lookup_allowed(lookup, value, request)
        own = field.concrete and field.name not in self.hidden_fields
        return own and super().lookup_allowed(lookup, value, request)


class LookAdmin(OwnFilters):
    """Rows that are looked at: nothing is added, changed or singly deleted."""

    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"all": ["generation/admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A part goes only with the dataset or set that it belongs to."""
        whole = request.resolver_match is not None and request.resolver_match.url_name in WHOLES
        return whole and super().has_delete_permission(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What would go along, and what forbids it: the studies and sets in the way by name."""
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if protected:
            collector = NestedObjects(using=router.db_for_write(self.model))
            collector.collect(objs)
            protected = describe_protected(collector.protected)
        return found, counts, lacking, protected

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": str(self.opts.verbose_name_plural).capitalize()}
        return super().changelist_view(request, title | (extra_context or {}))


def describe_protected(rows: Iterable[Any]) -> list[str]:
    """What stands in the way of a delete, each thing once: sets and models by name, and the studies behind them.

    Single images and answers are thousands, and which image an answer chose is on no page of an open study: a set
    stands for its images, and the study for its answers.
    """
    sets: dict[int, Any] = {}
    found: set[str] = set()
    for row in rows:
        kind = str(row._meta.verbose_name)
        if kind == "stimulus":
            sets.setdefault(row.set_id, row)
        elif kind == "stimulus set":
            found.add(_describe_set(row))
        elif hasattr(row, "study"):
            found.add(f"The {row.study.get_status_display()} study “{row.study}”")
        elif not hasattr(row, "trial"):
            found.add(f"The {kind} “{row}”")
    return sorted(found | {_describe_set(row.set) for row in sets.values()})


def _describe_set(stimulus_set: Any) -> str:
    arms = stimulus_set.arms.select_related("study")
    shown = sorted({f"the {arm.study.get_status_display()} study “{arm.study}”" for arm in arms})
    return f"The stimulus set “{stimulus_set}”" + (f", shown by {', '.join(shown)}" if shown else "")
