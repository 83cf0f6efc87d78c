"""Checkpoints in the admin, and generating from one."""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from generation.admin.display import link_to, show_figure, show_hash, show_json, show_picture, show_table
from generation.admin.jobs import generate_view, may_generate
from generation.admin.look import LookAdmin
from generation.models import Checkpoint, Stimulus, StimulusSet

SAMPLES = 12


@admin.register(Checkpoint)
class CheckpointAdmin(LookAdmin):
    """Trained weights: which recipe, from which data, and how training went."""

    list_display = ["name", "preset", "dataset", "epoch", "hash", "n_sets", "created_at"]
    list_filter = ["preset", "dataset"]
    list_select_related = ["dataset"]
    fieldsets = [
        (None, {"fields": ["name", "preset", "dataset", "epoch", "weights_sha256", "run_dir", "created_at"]}),
        ("Training and validation loss", {"fields": ["figure", "loss_table"]}),
        ("What it paints", {"fields": ["paintings"]}),
        ("Configuration", {"fields": ["configuration"]}),
    ]
    readonly_fields = ["figure", "loss_table", "paintings", "configuration"]
    actions = ["generate"]

    @admin.action(description="Generate images with the chosen checkpoint", permissions=["generate"])
    def generate(self, request: HttpRequest, queryset: QuerySet[Checkpoint]) -> HttpResponse | None:
        if queryset.count() != 1:
            self.message_user(request, "Choose one checkpoint: a set holds the images of one.", messages.ERROR)
            return None
        return HttpResponseRedirect(reverse("admin:generation_checkpoint_generate", args=[queryset.get().pk]))

    def has_generate_permission(self, request: HttpRequest) -> bool:
        return may_generate(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(generate_view, self.admin_site))
        return [path("<int:pk>/generate/", view, name="generation_checkpoint_generate"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_generate": may_generate(request)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Checkpoint]:
        return super().get_queryset(request).annotate(sets_count=Count("stimulus_sets"))

    @admin.display(description="weights")
    def hash(self, checkpoint: Checkpoint) -> SafeString:
        return show_hash(checkpoint.weights_sha256)

    @admin.display(description="stimulus sets")
    def n_sets(self, checkpoint: Any) -> SafeString:
        return link_to("stimulusset", "checkpoint__id__exact", checkpoint.pk, checkpoint.sets_count)

    @admin.display(description="figure")
    def figure(self, checkpoint: Checkpoint) -> SafeString | str:
        # Where the run lies is written down as seen from the data folder.
        folder = Path(settings.DATA_DIR) / checkpoint.run_dir
        found = show_figure(folder / "losses.svg", f"Losses of {checkpoint.name} by epoch")
        return found or "The run folder is not on this machine, or holds no figure."

    @admin.display(description="samples")
    def paintings(self, checkpoint: Checkpoint) -> SafeString | str:
        """An image of each category, from the newest set that the model itself has painted."""
        painted = checkpoint.stimulus_sets.exclude(source=StimulusSet.Source.SHUFFLED).filter(stimuli__isnull=False)
        newest = painted.order_by("-created_at", "-pk").first()
        if newest is None:
            return "none yet: generate images with it"
        first: dict[int, Stimulus] = {}
        for image in newest.stimuli.filter(flagged=False, index=0).select_related("category", "clip").order_by("pk"):
            first.setdefault(image.category_id, image)
        cards = (
            (show_picture(str(image.file.name), f"Image for {image.clip}"), image.category)
            for image in list(first.values())[:SAMPLES]
        )
        sheet = reverse("admin:generation_stimulusset_sheet", args=[newest.pk])
        shown = format_html_join("", "<figure>{}<figcaption>{}</figcaption></figure>", cards)
        return format_html('<div class="samples">{}</div><a href="{}">All images of {}</a>', shown, sheet, newest)

    @admin.display(description="per epoch")
    def loss_table(self, checkpoint: Checkpoint) -> SafeString:
        rows = checkpoint.losses
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return show_table(rows, "Losses by epoch")
        return show_json(rows)

    @admin.display(description="configuration")
    def configuration(self, checkpoint: Checkpoint) -> SafeString:
        return show_json(checkpoint.config)
