"""Forms that are saved over nothing but what they were filled from.

A form carries what its row looked like when it was shown, field by field. When something else stands there by the time
it is sent, nothing is saved and the second of two people is told what changed, who changed it, and when.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

LOADED = "_loaded"
"""Name of the hidden field: when the form was filled, and a digest of each field's value, signed."""


def describe_row(row: Model, related: Iterable[str] = ()) -> dict[str, str]:
    """A digest of each field of a row by the field's name, and of the rows behind the accessors `related`."""
    fields = {str(field.verbose_name): field.value_from_object(row) for field in row._meta.concrete_fields}
    fields |= {
        str(field.verbose_name): sorted(getattr(row, field.name).values_list("pk", flat=True))
        for field in row._meta.many_to_many
    }
    fields |= {name: list(getattr(row, name).order_by("pk").values_list()) for name in related}
    return {name: hashlib.sha256(str(value).encode()).hexdigest()[:12] for name, value in fields.items()}


class Versioned(admin.ModelAdmin):
    """A form that two people may have open at once. Its template includes `admin/generation/_loaded.html`."""

    change_form_template = "admin/generation/versioned.html"
    watched: tuple[str, ...] = ()  # accessors of rows that the form holds, too

    def who_changed(self, row: Any, since: datetime) -> list[tuple[str, datetime]]:
        """Who wrote to the row after `since`, and when; the newest last."""
        entries = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk), action_time__gte=since
        )
        return [(entry.user.get_username(), entry.action_time) for entry in entries.select_related("user")]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        if obj is not None:
            # Who was told of a change has still not seen it: the form stays what it was filled from.
            context["loaded"] = request.POST.get(LOADED) or self.seal(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def seal(self, row: Model) -> str:
        """What a form that is filled from the row carries."""
        now = {"at": timezone.now().isoformat(), "fields": describe_row(row, self.watched)}
        return signing.dumps(now, salt=LOADED)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        problem = self.find_conflict(request, obj) if obj is not None and request.method == "POST" else None
        if problem is None:
            return form

        def clean(self: Any) -> None:
            form.clean(self)
            raise ValidationError(problem)

        return type(form.__name__, (form,), {"clean": clean})

    def find_conflict(self, request: HttpRequest, obj: Model) -> str | None:
        """What to tell somebody whose form was filled from another row than stands there now; None: it is the same.

        Locks the row, so that nobody writes between this look and the save.
        """
        row = type(obj)._base_manager.select_for_update().get(pk=obj.pk)
        try:
            loaded = signing.loads(request.POST.get(LOADED, ""), salt=LOADED)
        except signing.BadSignature:
            return "Not saved: this form does not say what it was filled from. Open the page again and write it there."
        stored = describe_row(row, self.watched)
        changed = [name for name, digest in stored.items() if loaded["fields"].get(name) != digest]
        if not changed:
            return None
        people = self.who_changed(row, datetime.fromisoformat(loaded["at"]))
        by = ", ".join(dict.fromkeys(name for name, _ in people)) or "somebody"
        when = f" at {people[-1][1]:%Y-%m-%d %H:%M} (UTC)" if people else ""
        return (
            f"Not saved: {by} changed this {row._meta.verbose_name} while you had it open{when}: {', '.join(changed)}. "
            "What you wrote is still below, or one step back in your browser: copy it, open the page again, and write "
            "it into what stands there now."
        )

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        message = super().construct_change_message(request, form, formsets, add)
        request.was_changed = bool(message)  # type: ignore[attr-defined]
        return message

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Where nothing was changed, nothing is said to have been."""
        if getattr(request, "was_changed", True) or {"_addanother", "_saveasnew", "_popup"} & {*request.POST}:
            return super().response_change(request, obj)
        self.message_user(request, f"Nothing was changed in the {self.opts.verbose_name} “{obj}”.")
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.path)
        return self.response_post_save_change(request, obj)
