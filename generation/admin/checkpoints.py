"""Checkpoints in the admin, and generating from one."""

from functools import partial
from pathlib import Path
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from generation.admin.display import link_to, show_figure, show_hash, show_json, show_table
from generation.admin.jobs import generate_view, may_generate
from generation.admin.look import LookAdmin
from generation.models import Checkpoint


@admin.register(Checkpoint)
class CheckpointAdmin(LookAdmin):
    """Trained weights: which recipe, from which data, and how training went."""

    list_display = ["name", "preset", "dataset", "epoch", "hash", "n_sets", "created_at"]
    list_filter = ["preset", "dataset"]
    list_select_related = ["dataset"]
    fieldsets = [
        (None, {"fields": ["name", "preset", "dataset", "epoch", "weights_sha256", "run_dir", "created_at"]}),
        ("Training and validation loss", {"fields": ["figure", "loss_table"]}),
        ("Configuration", {"fields": ["configuration"]}),
    ]
    readonly_fields = ["figure", "loss_table", "configuration"]
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
        found = show_figure(Path(checkpoint.run_dir) / "losses.svg", f"Losses of {checkpoint.name} by epoch")
        return found or "The run folder is not on this machine, or holds no figure."

    @admin.display(description="per epoch")
    def loss_table(self, checkpoint: Checkpoint) -> SafeString:
        rows = checkpoint.losses
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return show_table(rows)
        return show_json(rows)

    @admin.display(description="configuration")
    def configuration(self, checkpoint: Checkpoint) -> SafeString:
        return show_json(checkpoint.config)
