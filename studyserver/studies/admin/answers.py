"""Answers of closed studies in the admin, one line a clip."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from studyserver.studies.admin.display import LookOnlyAdmin, column, may_see_answers, picture, player
from studyserver.studies.models import Response, Study


@admin.register(Response)
class ResponseAdmin(LookOnlyAdmin):
    """Answers of closed studies, one line a clip."""

    list_display = ["label", "heard", "heard_as", "chosen", "chosen_as", "correct", "rt", "arm", "study"]
    list_display_links = None
    list_filter = [("trial__session__study", admin.RelatedOnlyFieldListFilter), "trial__session__simulated"]
    list_select_related = ["trial__session__study", "trial__session__arm", "clip__category", "stimulus__category"]
    list_per_page = 25
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        return super().get_queryset(request).filter(trial__session__study__status=Study.Status.CLOSED)

    def has_view_permission(self, request: HttpRequest, obj: Response | None = None) -> bool:
        return super().has_view_permission(request, obj) and (obj is None or may_see_answers(obj.trial.session.study))

    @admin.display(description="session, trial")
    def label(self, response: Response) -> SafeString:
        session = response.trial.session
        address = reverse("admin:studies_session_change", args=[session.pk])
        return format_html('<a href="{}">{}, {}</a>', address, session.number, response.trial.index)

    study = column(lambda row: row.trial.session.study.title, "study")
    arm = column(lambda row: row.trial.session.arm.name, "arm")
    heard = column(lambda row: player(row.clip), "clip")
    heard_as = column(lambda row: row.clip.category.name, "heard", ordering="clip__category__name")
    chosen = column(lambda row: picture(row.stimulus), "image")
    chosen_as = column(lambda row: row.stimulus.category.name, "chosen", ordering="stimulus__category__name")
    correct = column(lambda row: row.stimulus.category_id == row.clip.category_id, "correct", boolean=True)

    @admin.display(description="board took")
    def rt(self, response: Response) -> str:
        return "–" if response.trial.rt_ms is None else f"{response.trial.rt_ms / 1000:.1f} s"
