"""The researchers' view of datasets, checkpoints and stimulus sets: to look, to listen, and to flag single images.

What was imported or generated is shown, never edited: its hashes stand in reports. Commands do the work.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from generation.admin.display import link_to, show_json
from generation.admin.jobs import GenerationJobAdmin, may_generate, show_jobs
from generation.admin.look import LookAdmin
from generation.admin.stimuli import SAFETY, may_flag, set_flags
from generation.admin.versions import LOADED, Versioned
from generation.errors import StimulusSetError
from generation.media import public_url
from generation.models import Category, GenerationJob, Stimulus, StimulusSet
from generation.stimuli import review_set

SHEET_SIZE = 120  # images on one page of a contact sheet


@admin.register(StimulusSet)
class StimulusSetAdmin(Versioned, LookAdmin):
    """Sets of images, each with its contact sheet."""

    change_form_template = "admin/generation/stimulusset/change_form.html"
    list_display = ["name", "sheet", "source", "dataset", "checkpoint", "state", "reviewed", "n_images", "n_flagged"]
    list_display += ["created_at"]
    list_filter = ["source", "status", "dataset"]
    linked_by = ["checkpoint__id__exact"]
    list_select_related = ["dataset", "checkpoint"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "sheet", "source", "dataset", "checkpoint", "parent", "status", "created_at"]}),
        ("Looked through", {"fields": ["reviewed", "content_warning"]}),
        ("How they were made", {"fields": ["jobs", "alarms"]}),
        ("What decided the images", {"fields": ["all_settings"]}),
        ("Embedded for AIS, IIS and GIILS", {"fields": ["embeddings"]}),
    ]
    readonly_fields = ["sheet", "reviewed", "jobs", "alarms", "all_settings", "embeddings"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Django refuses by itself while an arm or a derived set needs the set."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StimulusSet]:
        rows = super().get_queryset(request)
        flagged = Count("stimuli", distinct=True, filter=Q(stimuli__flagged=True))
        later = Count("stimuli", distinct=True, filter=Q(stimuli__created_at__gt=F("reviewed_at")))
        return rows.annotate(images_count=Count("stimuli", distinct=True), flagged_count=flagged, unseen_count=later)

    @admin.display(description="contact sheet")
    def sheet(self, stimulus_set: StimulusSet) -> SafeString:
        address = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
        return format_html('<a href="{}">Look at the images</a>', address)

    @admin.display(description="status", ordering="status")
    def state(self, row: StimulusSet) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', row.status, row.get_status_display())

    @admin.display(description="reviewed", ordering="reviewed_at")
    def reviewed(self, row: Any) -> str:
        """Who looked through all images, and when (UTC); nobody: studies ask for it before they open."""
        if row.reviewed_at is None:
            return "by nobody yet"
        more = f", {row.unseen_count} made since" if row.unseen_count else ""
        return f"by {row.reviewed_by}, {row.reviewed_at:%Y-%m-%d %H:%M}{more}"

    @admin.display(description="images", ordering="images_count")
    def n_images(self, row: Any) -> SafeString:
        return link_to("stimulus", "set__id__exact", row.pk, row.images_count)

    @admin.display(description="flagged", ordering="flagged_count")
    def n_flagged(self, row: Any) -> int:
        return int(row.flagged_count)

    @admin.display(description="settings")
    def all_settings(self, row: StimulusSet) -> SafeString:
        return show_json(row.settings)

    @admin.display(description="generation jobs")
    def jobs(self, row: StimulusSet) -> SafeString | str:
        return show_jobs(row)

    @admin.display(description="safety checker")
    def alarms(self, row: StimulusSet) -> SafeString | str:
        """Alarms of Stable Diffusion's safety checker among the set's images."""
        asked = row.stimuli.filter(SAFETY["yes"] | SAFETY["no"]).count()
        if not asked:
            return "was not asked: the model that painted has none"
        alarms = row.stimuli.filter(SAFETY["yes"]).count()
        address = f"{reverse('admin:generation_stimulus_changelist')}?set__id__exact={row.pk}&safety=yes"
        if not alarms:
            return f"no alarm at {asked} images"
        return format_html('<a href="{}">alarm at {} of {} images</a>; they are unchanged', address, alarms, asked)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        like = row is not None and row.source == StimulusSet.Source.MUSIPAINTER and row.checkpoint_id
        extra = {"may_generate": bool(like) and may_generate(request)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    @admin.display(description="joint spaces")
    def embeddings(self, row: StimulusSet) -> str:
        files = sorted((Path(settings.SETS_ROOT) / row.name).glob("*/embeddings.npz"))
        return ", ".join(file.parent.name for file in files) or "none yet: run embed_stimuli"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.sheet_view))
        return [path("<int:pk>/sheet/", view, name="generation_stimulusset_sheet"), *super().get_urls()]

    def sheet_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The set's images by category; a POST flags the ticked ones, or takes their flag away."""
        stimulus_set: Any = get_object_or_404(self.get_queryset(request).select_related("dataset", "checkpoint"), pk=pk)
        if not self.has_view_permission(request, stimulus_set):
            raise PermissionDenied
        if request.method == "POST":
            review = request.POST.get("action") == "review"
            return (self._review if review else self._flag_ticked)(request, stimulus_set)
        return self._show_sheet(request, stimulus_set)

    def _show_sheet(self, request: HttpRequest, stimulus_set: Any) -> HttpResponse:
        shown = Category.objects.filter(stimuli__set=stimulus_set).annotate(n=Count("stimuli"))
        categories = list(shown.order_by("order", "name"))
        chosen = next((row for row in categories if str(row.pk) == request.GET.get("category")), None)
        rows = stimulus_set.stimuli.select_related("category", "clip")
        if chosen is not None:
            rows = rows.filter(category=chosen)
        rows = rows.order_by("category__order", "category__name", "clip__title", "clip_id", "index")
        page = Paginator(rows, SHEET_SIZE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Contact sheet: {stimulus_set}",
            "opts": self.opts,
            "stimulus_set": stimulus_set,
            "categories": categories,
            "chosen": chosen,
            "page": page,
            "groups": _by_category(list(page)),
            "may_flag": may_flag(request),
            "n_images": stimulus_set.images_count,
            "loaded": request.POST.get(LOADED) or self.seal(stimulus_set),
            "warning": request.POST.get("content_warning", stimulus_set.content_warning),
            "reviewed": self.reviewed(stimulus_set),
            "alarms": stimulus_set.stimuli.filter(SAFETY["yes"]).count(),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/generation/stimulusset/sheet.html", context)

    def _flag_ticked(self, request: HttpRequest, stimulus_set: StimulusSet) -> HttpResponse:
        if not may_flag(request):
            raise PermissionDenied
        ticked = [int(pk) for pk in request.POST.getlist("stimulus") if pk.isdecimal()]
        flagged = request.POST.get("action") != "unflag"
        set_flags(self, request, stimulus_set.stimuli.filter(pk__in=ticked), flagged=flagged)
        return HttpResponseRedirect(request.get_full_path())

    def _review(self, request: HttpRequest, stimulus_set: StimulusSet) -> HttpResponse:
        """Note who has looked through all images, and what participants should be warned of."""
        if not may_flag(request):
            raise PermissionDenied
        seen, warning = request.POST.get("seen", ""), request.POST.get("content_warning", "")
        by = request.user.get_username()
        try:
            with transaction.atomic():
                if problem := self.find_conflict(request, stimulus_set):
                    raise StimulusSetError(problem)
                review_set(stimulus_set=stimulus_set, by=by, warning=warning, seen=int(seen) if seen.isdecimal() else 0)
        except StimulusSetError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self._show_sheet(request, stimulus_set)
        self.log_change(request, stimulus_set, "Marked as reviewed.")
        self.message_user(request, f"The set is marked as looked through by {by}.")
        return HttpResponseRedirect(request.get_full_path())


admin.site.register(GenerationJob, GenerationJobAdmin)


def _by_category(rows: list[Stimulus]) -> list[tuple[Category, list[dict[str, Any]]]]:
    groups: dict[int, tuple[Category, list[dict[str, Any]]]] = {}
    for row in rows:
        card = {"row": row, "address": public_url(str(row.file.name))}
        groups.setdefault(row.category_id, (row.category, []))[1].append(card)
    return list(groups.values())
