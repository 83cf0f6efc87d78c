"""Admin pages of rows that are looked at, never edited."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.http import HttpRequest, HttpResponse

WHOLES = {"generation_dataset_delete", "generation_stimulusset_delete"}


def begin_either_way(field: Any) -> Any:
    """Have what is typed into a field of a form begin where its own letters do, from the left or from the right."""
    if field is not None and isinstance(field.widget, forms.TextInput | forms.Textarea):
        field.widget.attrs["dir"] = "auto"
    return field


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

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": str(self.opts.verbose_name_plural).capitalize()}
        return super().changelist_view(request, title | (extra_context or {}))
