"""The researchers' view of datasets, checkpoints and stimulus sets: to look, to listen, and to flag single images.

What was imported or generated is shown, never edited: its hashes stand in reports. Commands do the work.
"""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from generation.admin.display import (
    show_address,
    show_alarm,
    show_figure,
    show_hash,
    show_json,
    show_picture,
    show_player,
    show_table,
)
from generation.admin.jobs import GenerationJobAdmin, generate_view, may_generate, show_jobs
from generation.admin.look import LookAdmin
from generation.errors import StimulusSetError
from generation.media.storage import public_url
from generation.models import (
    Artwork,
    Category,
    Checkpoint,
    Clip,
    Content,
    Dataset,
    GenerationJob,
    ReferencePair,
    Stimulus,
    StimulusSet,
)
from generation.run.sources.imported import flag_stimuli

SHEET_SIZE = 120  # images on one page of a contact sheet


@admin.register(Dataset)
class DatasetAdmin(LookAdmin):
    """What was imported; only the notes are a researcher's to write."""

    list_display = ["name", "n_categories", "n_clips", "n_artworks", "n_contents", "hash", "created_at"]
    readonly_fields = ["name", "categories", "root", "manifest_sha256", "split_seed", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "categories", "notes"]}),
        ("Where it came from", {"fields": ["root", "manifest_sha256", "split_seed", "created_at"]}),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                categories_count=Count("categories", distinct=True),
                clips_count=Count("categories__clips", distinct=True),
                artworks_count=Count("categories__artworks", distinct=True),
                contents_count=Count("contents", distinct=True),
            )
        )

    @admin.display(description="categories")
    def n_categories(self, dataset: Any) -> SafeString:
        return _link("category", "dataset__id__exact", dataset.pk, dataset.categories_count)

    @admin.display(description="clips")
    def n_clips(self, dataset: Any) -> SafeString:
        return _link("clip", "category__dataset__id__exact", dataset.pk, dataset.clips_count)

    @admin.display(description="artworks")
    def n_artworks(self, dataset: Any) -> SafeString:
        return _link("artwork", "category__dataset__id__exact", dataset.pk, dataset.artworks_count)

    @admin.display(description="content images")
    def n_contents(self, dataset: Any) -> SafeString:
        return _link("content", "dataset__id__exact", dataset.pk, dataset.contents_count)

    @admin.display(description="manifest")
    def hash(self, dataset: Dataset) -> SafeString:
        return show_hash(dataset.manifest_sha256)

    @admin.display(description="categories")
    def categories(self, dataset: Dataset) -> SafeString:
        """Files of each category, by split."""
        counted = dataset.categories.annotate(
            **{
                f"{kind}_{split}": Count(kind, distinct=True, filter=Q(**{f"{kind}__split": split}))
                for kind in ("clips", "artworks")
                for split in ("train", "val", "test")
            }
        )
        return show_table(
            [
                {"category": category.name}
                | {
                    f"{kind} (train / val / test)": " / ".join(
                        str(getattr(category, f"{kind}_{split}")) for split in ("train", "val", "test")
                    )
                    for kind in ("clips", "artworks")
                }
                for category in counted
            ]
        )


@admin.register(Category)
class CategoryAdmin(LookAdmin):
    """The labels that participants tell apart."""

    list_display = ["name", "dataset", "clips_count", "artworks_count", "order"]
    list_filter = ["dataset"]
    list_select_related = ["dataset"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        rows = super().get_queryset(request)
        return rows.annotate(n_clips=Count("clips", distinct=True), n_artworks=Count("artworks", distinct=True))

    @admin.display(description="clips", ordering="n_clips")
    def clips_count(self, category: Any) -> SafeString:
        return _link("clip", "category__id__exact", category.pk, category.n_clips)

    @admin.display(description="artworks", ordering="n_artworks")
    def artworks_count(self, category: Any) -> SafeString:
        return _link("artwork", "category__id__exact", category.pk, category.n_artworks)


class MediaAdmin(LookAdmin):
    """Imported files: what they are, where they come from, under which licence."""

    search_fields = ["title", "creator", "sha256"]

    @admin.display(description="address")
    def address(self, row: Clip) -> SafeString:
        return show_address(str(row.file.name))

    @admin.display(description="other columns")
    def stated(self, row: Clip) -> SafeString:
        return show_json(row.metadata)


PROVENANCE = ("sha256", "address", "title", "creator", "year", "licence", "stated")


@admin.register(Clip)
class ClipAdmin(MediaAdmin):
    """Music, with a player."""

    list_display = ["title_or_hash", "player", "category", "split", "length", "creator", "licence"]
    list_filter = ["category__dataset", "split", "category"]
    list_select_related = ["category"]
    fieldsets = [
        (None, {"fields": ["player", "category", "split", "piece_id", "duration", "sample_rate", "reference"]}),
        ("The file", {"fields": PROVENANCE}),
    ]
    readonly_fields = ["player", "address", "stated", "reference"]

    @admin.display(description="title", ordering="title")
    def title_or_hash(self, clip: Clip) -> str:
        return str(clip)

    @admin.display(description="sound")
    def player(self, clip: Clip) -> SafeString:
        return show_player(str(clip.file.name))

    @admin.display(description="length", ordering="duration")
    def length(self, clip: Clip) -> str:
        return f"{clip.duration:.1f} s"

    @admin.display(description="reference artwork (IIS)")
    def reference(self, clip: Clip) -> SafeString | str:
        pair = ReferencePair.objects.filter(clip=clip).select_related("artwork").first()
        if pair is None:
            return "none: only val and test clips have one, drawn at import"
        return show_picture(str(pair.artwork.file.name), str(pair.artwork))


class PictureAdmin(MediaAdmin):
    """Imported images, with a thumbnail."""

    readonly_fields = ["picture", "address", "stated"]
    list_display_links = ["title_or_hash"]

    @admin.display(description="title", ordering="title")
    def title_or_hash(self, row: Artwork | Content) -> str:
        return str(row)

    @admin.display(description="picture")
    def picture(self, row: Artwork | Content) -> SafeString:
        return show_picture(str(row.file.name), str(row))

    @admin.display(description="size")
    def size(self, row: Artwork | Content) -> str:
        return f"{row.width}\u00a0×\u00a0{row.height}"


@admin.register(Artwork)
class ArtworkAdmin(PictureAdmin):
    """Human-made art."""

    list_display = ["picture", "title_or_hash", "category", "split", "size", "creator", "year", "licence"]
    list_filter = ["category__dataset", "split", "category"]
    list_select_related = ["category"]
    fieldsets = [
        (None, {"fields": ["picture", "category", "split", "piece_id", "width", "height"]}),
        ("The file", {"fields": PROVENANCE}),
    ]


@admin.register(Content)
class ContentAdmin(PictureAdmin):
    """Neutral photographs."""

    list_display = ["picture", "title_or_hash", "dataset", "size", "creator", "year", "licence"]
    list_filter = ["dataset"]
    list_select_related = ["dataset"]
    fieldsets = [
        (None, {"fields": ["picture", "dataset", "width", "height"]}),
        ("The file", {"fields": PROVENANCE}),
    ]


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
        return _link("stimulusset", "checkpoint__id__exact", checkpoint.pk, checkpoint.sets_count)

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


SAFETY = {
    "yes": Q(provenance__painting__safety_flagged=True),
    "no": Q(provenance__painting__safety_flagged=False),
}


class SafetyFilter(admin.SimpleListFilter):
    """What Stable Diffusion's safety checker said of an image."""

    title = "safety checker"
    parameter_name = "safety"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "alarm"), ("no", "no alarm"), ("none", "not asked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Stimulus]) -> QuerySet[Stimulus]:
        value = self.value()
        if value in SAFETY:
            return queryset.filter(SAFETY[value])
        asked = Stimulus.objects.filter(SAFETY["yes"] | SAFETY["no"])
        return queryset.exclude(pk__in=asked.values("pk")) if value == "none" else queryset


@admin.register(StimulusSet)
class StimulusSetAdmin(LookAdmin):
    """Sets of images, each with its contact sheet."""

    list_display = ["name", "sheet", "source", "dataset", "checkpoint", "state", "n_images", "n_flagged", "created_at"]
    list_filter = ["source", "status", "dataset"]
    list_select_related = ["dataset", "checkpoint"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "sheet", "source", "dataset", "checkpoint", "parent", "status", "created_at"]}),
        ("How they were made", {"fields": ["jobs", "alarms"]}),
        ("What decided the images", {"fields": ["all_settings"]}),
        ("Embedded for AIS, IIS and GIILS", {"fields": ["embeddings"]}),
    ]
    readonly_fields = ["sheet", "jobs", "alarms", "all_settings", "embeddings"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Django refuses by itself while an arm or a derived set needs the set."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StimulusSet]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                images_count=Count("stimuli", distinct=True),
                flagged_count=Count("stimuli", distinct=True, filter=Q(stimuli__flagged=True)),
            )
        )

    @admin.display(description="contact sheet")
    def sheet(self, stimulus_set: StimulusSet) -> SafeString:
        address = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
        return format_html('<a href="{}">Look at the images</a>', address)

    @admin.display(description="status", ordering="status")
    def state(self, row: StimulusSet) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', row.status, row.get_status_display())

    @admin.display(description="images", ordering="images_count")
    def n_images(self, row: Any) -> SafeString:
        return _link("stimulus", "set__id__exact", row.pk, row.images_count)

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
        stimulus_set = get_object_or_404(StimulusSet.objects.select_related("dataset", "checkpoint"), pk=pk)
        if not self.has_view_permission(request, stimulus_set):
            raise PermissionDenied
        if request.method == "POST":
            return self._flag_ticked(request, stimulus_set)
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
            "may_flag": _may_flag(request),
            "alarms": stimulus_set.stimuli.filter(SAFETY["yes"]).count(),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/generation/stimulusset/sheet.html", context)

    def _flag_ticked(self, request: HttpRequest, stimulus_set: StimulusSet) -> HttpResponse:
        if not _may_flag(request):
            raise PermissionDenied
        ticked = [int(pk) for pk in request.POST.getlist("stimulus") if pk.isdecimal()]
        flagged = request.POST.get("action") != "unflag"
        _flag(self, request, stimulus_set.stimuli.filter(pk__in=ticked), flagged=flagged)
        return HttpResponseRedirect(request.get_full_path())


PICTURE = ("large_picture", "flag", "safety")


@admin.register(Stimulus)
class StimulusAdmin(LookAdmin):
    """Single images with their whole provenance."""

    list_display = ["picture", "short_hash", "set", "category", "clip", "index", "seed", "flag", "safety"]
    list_display_links = ["short_hash"]
    list_filter = ["set", "flagged", SafetyFilter, "category"]
    list_select_related = ["set", "category", "clip"]
    search_fields = ["sha256", "clip__title"]
    actions = ["flag_chosen", "unflag_chosen"]
    fieldsets = [
        (None, {"fields": [*PICTURE, "set", "category", "clip", "player", "index", "board", "seed"]}),
        ("The file", {"fields": ["sha256", "address", "width", "height", "created_at"]}),
        ("Provenance", {"fields": ["whole_provenance"]}),
    ]
    readonly_fields = [*PICTURE, "player", "address", "whole_provenance"]

    @admin.display(description="picture")
    def picture(self, row: Stimulus) -> SafeString:
        return show_picture(str(row.file.name), f"Image {row.index} for {row.clip}")

    @admin.display(description="picture")
    def large_picture(self, row: Stimulus) -> SafeString:
        return show_picture(str(row.file.name), f"Image {row.index} for {row.clip}", "picture")

    @admin.display(description="clip's sound")
    def player(self, row: Stimulus) -> SafeString:
        return show_player(str(row.clip.file.name))

    @admin.display(description="hash", ordering="sha256")
    def short_hash(self, row: Stimulus) -> SafeString:
        return show_hash(row.sha256)

    @admin.display(description="flagged", ordering="flagged")
    def flag(self, row: Stimulus) -> SafeString | str:
        return format_html('<span class="badge badge-failed">{}</span>', "never shown") if row.flagged else "no"

    @admin.display(description="safety checker")
    def safety(self, row: Stimulus) -> SafeString | str:
        return show_alarm(row.safety_alarm)

    @admin.display(description="address")
    def address(self, row: Stimulus) -> SafeString:
        return show_address(str(row.file.name))

    @admin.display(description="provenance")
    def whole_provenance(self, row: Stimulus) -> SafeString:
        return show_json(row.provenance)

    def has_flag_permission(self, request: HttpRequest) -> bool:
        return _may_flag(request)

    @admin.action(description="Flag: never show to participants", permissions=["flag"])
    def flag_chosen(self, request: HttpRequest, queryset: QuerySet[Stimulus]) -> None:
        _flag(self, request, queryset, flagged=True)

    @admin.action(description="Take the flag away", permissions=["flag"])
    def unflag_chosen(self, request: HttpRequest, queryset: QuerySet[Stimulus]) -> None:
        _flag(self, request, queryset, flagged=False)


admin.site.register(GenerationJob, GenerationJobAdmin)


def _link(model: str, field: str, pk: int, count: int) -> SafeString:
    """A count that leads to the rows counted."""
    return format_html('<a href="{}?{}={}">{}</a>', reverse(f"admin:generation_{model}_changelist"), field, pk, count)


def _by_category(rows: list[Stimulus]) -> list[tuple[Category, list[dict[str, Any]]]]:
    groups: dict[int, tuple[Category, list[dict[str, Any]]]] = {}
    for row in rows:
        card = {"row": row, "address": public_url(str(row.file.name))}
        groups.setdefault(row.category_id, (row.category, []))[1].append(card)
    return list(groups.values())


def _may_flag(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "has_perm", lambda _: False)("generation.change_stimulus"))


def _flag(model_admin: admin.ModelAdmin, request: HttpRequest, stimuli: QuerySet[Stimulus], *, flagged: bool) -> None:
    """Flag (or unflag), and say what happened or why not."""
    try:
        n = flag_stimuli(stimuli=stimuli, flagged=flagged)
    except StimulusSetError as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    what = "flagged; participants will never see them" if flagged else "no longer flagged"
    model_admin.message_user(request, f"{n} image{'' if n == 1 else 's'} {what}." if n else "Nothing changed.")
