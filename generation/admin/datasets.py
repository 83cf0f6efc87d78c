"""Datasets, categories and their media in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation.admin.display import link_to, show_address, show_hash, show_json, show_picture, show_player, show_table
from generation.admin.look import LookAdmin
from generation.admin.versions import Versioned
from generation.datasets import (
    NONE,
    TARGET_LUFS,
    describe_leakage,
    describe_recordings,
    find_leakage,
    refuse_opened,
)
from generation.errors import DatasetError
from generation.jobs import find_work, request_levelling
from generation.models import Artwork, Category, Clip, Content, Dataset, MediaRow, ReferencePair


@admin.register(Dataset)
class DatasetAdmin(Versioned, LookAdmin):
    """What was imported; only the notes are a researcher's to write."""

    list_display = ["name", "n_categories", "n_clips", "n_recordings", "n_artworks", "n_contents", "hash", "created_at"]
    readonly_fields = ["name", "categories", "leakage_found", "levels", "root", "manifest_sha256", "split_seed"]
    readonly_fields += ["split_by", "recordings_told", "created_at"]
    actions = ["level_chosen"]
    fieldsets = [
        (None, {"fields": ["name", "categories", "leakage_found", "levels", "notes"]}),
        (
            "Where it came from",
            {"fields": ["root", "manifest_sha256", "split_seed", "split_by", "recordings_told", "created_at"]},
        ),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dataset]:
        rows = super().get_queryset(request)
        return rows.annotate(
            categories_count=Count("categories", distinct=True),
            clips_count=Count("categories__clips", distinct=True),
            recordings_count=Count(
                "categories__clips__piece_id", distinct=True, filter=~Q(categories__clips__piece_id="")
            ),
            artworks_count=Count("categories__artworks", distinct=True),
            contents_count=Count("contents", distinct=True),
        )

    @admin.action(description="Level the clips: equally loud copies for participants", permissions=["change"])
    def level_chosen(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        for dataset in queryset:
            try:
                refuse_opened(dataset)
            except DatasetError as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            request_levelling(dataset=dataset, target=TARGET_LUFS, by=request.user.get_username())
            self.message_user(
                request,
                f"The clips of {dataset} are being levelled to {TARGET_LUFS:g} LUFS; its page says how that went. "
                "Networks go on hearing the files as they were imported.",
            )

    @admin.display(description="loudness")
    def levels(self, dataset: Dataset) -> str:
        """How far apart the clips are for participants, and what became of levelling."""
        find_work("levelling").sweep(dataset=dataset)
        clips = Clip.objects.filter(category__dataset=dataset)
        heard = list(clips.exclude(loudness=None).values_list(Coalesce("played_loudness", "loudness"), flat=True))
        unknown = clips.filter(peak=None).count()
        told = [f"{min(heard):.1f} to {max(heard):.1f} LUFS (EBU R128)"] if heard else []
        told += [f"{unknown} never measured (manage.py level_clips {dataset} --measure-only)"] if unknown else []
        if job := dataset.levellings.first():
            told.append(f"levelling to {job.target:g} LUFS: {job.error or job.told or job.get_state_display()}")
        return "; ".join(told)

    @admin.display(description="recordings and leakage")
    def leakage_found(self, dataset: Dataset) -> str:
        """How many recordings the clips come from, and how many held-out clips share one with train."""
        leakage = find_leakage(dataset)
        return f"{leakage['clips']:,} clips {describe_recordings(leakage)}. {describe_leakage(leakage)}"

    @admin.display(description="recordings told by")
    def recordings_told(self, dataset: Dataset) -> str:
        ways = {"": "the manifest, else the ends of file names", NONE: "the manifest alone"}
        return ways.get(dataset.piece_pattern, f"the manifest, else the pattern {dataset.piece_pattern}")

    @admin.display(description="recordings")
    def n_recordings(self, dataset: Any) -> str:
        return f"{dataset.recordings_count:,}" if dataset.recordings_count else "not known"

    @admin.display(description="categories")
    def n_categories(self, dataset: Any) -> SafeString:
        return link_to("category", "dataset__id__exact", dataset.pk, dataset.categories_count)

    @admin.display(description="clips")
    def n_clips(self, dataset: Any) -> SafeString:
        return link_to("clip", "category__dataset__id__exact", dataset.pk, dataset.clips_count)

    @admin.display(description="artworks")
    def n_artworks(self, dataset: Any) -> SafeString:
        return link_to("artwork", "category__dataset__id__exact", dataset.pk, dataset.artworks_count)

    @admin.display(description="content images")
    def n_contents(self, dataset: Any) -> SafeString:
        return link_to("content", "dataset__id__exact", dataset.pk, dataset.contents_count)

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
            },
            recordings=Count("clips__piece_id", distinct=True, filter=~Q(clips__piece_id="")),
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
                | {"recordings": category.recordings or "not known"}
                for category in counted
            ],
            "Files by category",
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
        return link_to("clip", "category__id__exact", category.pk, category.n_clips)

    @admin.display(description="artworks", ordering="n_artworks")
    def artworks_count(self, category: Any) -> SafeString:
        return link_to("artwork", "category__id__exact", category.pk, category.n_artworks)


class MediaAdmin(LookAdmin):
    """Imported files: what they are, where they come from, under which licence."""

    search_fields = ["title", "creator", "sha256"]

    @admin.display(description="title", ordering="title")
    def title_or_hash(self, row: MediaRow) -> str:
        return str(row)

    @admin.display(description="address")
    def address(self, row: Clip) -> SafeString:
        return show_address(str(row.file.name))

    @admin.display(description="other columns")
    def stated(self, row: Clip) -> SafeString:
        return show_json(row.metadata)


PROVENANCE = ("sha256", "address", "title", "creator", "year", "licence", "stated")
# Pictures are stored without what stands beside their pixels; this names the file that was imported.
PICTURE_FILE = (*PROVENANCE, "original_sha256")


@admin.register(Clip)
class ClipAdmin(MediaAdmin):
    """Music, with a player."""

    list_display = ["title_or_hash", "player", "category", "split", "piece_id", "length", "creator", "licence"]
    list_filter = ["category__dataset", "split", "category"]
    search_fields = [*MediaAdmin.search_fields, "piece_id"]
    list_select_related = ["category"]
    fieldsets = [
        (None, {"fields": ["player", "category", "split", "piece_id", "duration", "sample_rate", "reference"]}),
        ("Loudness", {"fields": ["loudness", "peak", "gain", "played_loudness"]}),
        ("The file", {"fields": [*PROVENANCE, "format", "played_sha256"]}),
    ]
    readonly_fields = ["player", "address", "stated", "reference"]

    @admin.display(description="sound")
    def player(self, clip: Clip) -> SafeString:
        return show_player(clip.played[1])

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
        ("The file", {"fields": PICTURE_FILE}),
    ]


@admin.register(Content)
class ContentAdmin(PictureAdmin):
    """Neutral photographs."""

    list_display = ["picture", "title_or_hash", "dataset", "size", "creator", "year", "licence"]
    list_filter = ["dataset"]
    list_select_related = ["dataset"]
    fieldsets = [(None, {"fields": ["picture", "dataset", "width", "height"]}), ("The file", {"fields": PICTURE_FILE})]
