"""Datasets, categories and their media in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation.admin.display import link_to, show_address, show_hash, show_json, show_picture, show_player, show_table
from generation.admin.look import LookAdmin
from generation.models import Artwork, Category, Clip, Content, Dataset, MediaRow, ReferencePair


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
        rows = super().get_queryset(request)
        return rows.annotate(
            categories_count=Count("categories", distinct=True),
            clips_count=Count("categories__clips", distinct=True),
            artworks_count=Count("categories__artworks", distinct=True),
            contents_count=Count("contents", distinct=True),
        )

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

    list_display = ["title_or_hash", "player", "category", "split", "length", "creator", "licence"]
    list_filter = ["category__dataset", "split", "category"]
    list_select_related = ["category"]
    fieldsets = [
        (None, {"fields": ["player", "category", "split", "piece_id", "duration", "sample_rate", "reference"]}),
        ("The file", {"fields": PROVENANCE}),
    ]
    readonly_fields = ["player", "address", "stated", "reference"]

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
