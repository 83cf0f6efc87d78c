"""Single stimuli in the admin: pictures, provenance, flags."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from generation.admin.display import show_address, show_alarm, show_hash, show_json, show_picture, show_player
from generation.admin.look import LookAdmin
from generation.errors import StimulusSetError
from generation.models import Stimulus
from generation.stimuli import flag_stimuli

SAFETY = {"yes": Q(provenance__painting__safety_flagged=True), "no": Q(provenance__painting__safety_flagged=False)}


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
        ("The file", {"fields": ["sha256", "address", "width", "height", "look", "created_at"]}),
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
        return show_player(row.clip.played[1])

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
        return may_flag(request)

    @admin.action(description="Flag: never show to participants", permissions=["flag"])
    def flag_chosen(self, request: HttpRequest, queryset: QuerySet[Stimulus]) -> None:
        set_flags(self, request, queryset, flagged=True)

    @admin.action(description="Take the flag away", permissions=["flag"])
    def unflag_chosen(self, request: HttpRequest, queryset: QuerySet[Stimulus]) -> None:
        set_flags(self, request, queryset, flagged=False)


def may_flag(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "has_perm", lambda _: False)("generation.change_stimulus"))


def set_flags(
    model_admin: admin.ModelAdmin, request: HttpRequest, stimuli: QuerySet[Stimulus], *, flagged: bool
) -> None:
    """Flag (or unflag), and say what happened or why not."""
    try:
        n = flag_stimuli(stimuli=stimuli, flagged=flagged)
    except StimulusSetError as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return
    what = "flagged; participants will never see them" if flagged else "no longer flagged"
    model_admin.message_user(request, f"{n} image{'' if n == 1 else 's'} {what}." if n else "Nothing changed.")
