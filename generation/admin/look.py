"""Admin pages of rows that are looked at, never edited."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import NestedObjects, get_fields_from_path
from django.db import router
from django.db.models import DateField, Field, Model
from django.http import HttpRequest, HttpResponse

WHOLES = {"generation_dataset_delete", "generation_stimulusset_delete"}


def begin_either_way(field: Any) -> Any:
    """Have what is typed into a field of a form begin where its own letters do, from the left or from the right."""
    if field is not None and isinstance(field.widget, forms.TextInput | forms.Textarea):
        field.widget.attrs["dir"] = "auto"
    return field


class OwnFilters(admin.ModelAdmin):
    """Lists that are narrowed down by the filters beside them, whatever somebody writes into the address.

    Django also filters by any column of the row and by rows that point here. By `code__regex=^a` and so on a list would
    give away every sign of what is on no page (codes, receipts, salts), and tell which image an answer chose, or who is
    in which arm, while a study is open.
    """

    linked_by: Collection[str] = ()
    """Further parameters, with which our own pages lead to the list."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.linked_by or lookup in self.list_parameters(request)

    def list_parameters(self, request: HttpRequest) -> set[str]:
        """The parameters that the list's own filters write into its address."""
        found: set[str] = set()
        offered: Any
        for offered in self.get_list_filter(request):
            if isinstance(offered, type):  # a filter with its own words
                found.add(str(getattr(offered, "parameter_name", "")))
                continue
            name = offered if isinstance(offered, str) else offered[0]
            field: Any = get_fields_from_path(self.model, name)[-1]
            target = f"{name}__{field.target_field.name}" if field.is_relation else name
            found |= {f"{target}__exact", f"{name}__isnull"}
            if isinstance(field, DateField):
                found |= {f"{name}__gte", f"{name}__lt"}
        return found

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **options: Any) -> Any:
        return begin_either_way(super().formfield_for_dbfield(db_field, request, **options))


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
