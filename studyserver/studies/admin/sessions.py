"""Sessions and answers in the admin: to look at and, with a reason, to exclude; never to change or delete.

While a study is open its arms, choices and correctness are on no page, so that nobody steers a study by its results.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from generation.admin import OwnFilters
from generation.models import Category, Clip, Content, Stimulus
from studyserver.studies.design import exclude_session, readmit_session
from studyserver.studies.errors import StudyError
from studyserver.studies.models import Response, Session, Study, Trial
from studyserver.studies.rules import SOUNDS, read_screening
from studyserver.studies.sitting import is_erased, load_clips, load_heard, load_images, media_url
from studyserver.studies.sitting.kinds import kind_of

HIDDEN = "hidden"


def may_see_answers(study: Study) -> bool:
    """Whether arms, choices and correctness may be on a page."""
    return study.status == Study.Status.CLOSED


def moment(at: datetime | None) -> str:
    """A time in UTC, short."""
    return "–" if at is None else at.strftime("%Y-%m-%d %H:%M")


def picture(image: Stimulus | Content) -> SafeString:
    """A thumbnail that opens the image."""
    thumbnail = '<a href="{0}"><img class="thumb" src="{0}" alt="Image {1}" loading="lazy"></a>'
    return format_html(thumbnail, media_url(image), image.sha256[:8])


def player(clip: Clip) -> SafeString:
    """A small sound player; loads nothing before it is played."""
    return format_html('<audio class="player" controls preload="none" src="{}"></audio>', media_url(clip))


class LookOnlyAdmin(OwnFilters):
    """Rows that participants made: nobody adds, changes or deletes them here."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(LookOnlyAdmin):
    """Who is where. Excluding needs the permission to change studies."""

    change_form_template = "admin/studies/session/change_form.html"
    hidden_fields = ["arm"]
    list_display = ["label", "study", "arm_name", "state", "step", "trials_done", "simulated", "agreed", "seen"]
    list_display_links = ["label"]
    list_filter = ["study", "state", "simulated"]
    list_select_related = ["study", "arm"]
    list_per_page = 50
    ordering = ["-id"]
    search_fields = ["=receipt", "=external_id__value", "exclusion_reason"]
    search_help_text = "Receipt code, recruitment service's id, or words of an exclusion reason."
    fields = [
        "study",
        "number",
        "arm_name",
        "state",
        "step",
        "simulated",
        "exclusion_reason",
        "has_external_id",
        "sound_check",
        "headphone_screening",
        "attention_checks",
        "consented_at",
        "last_seen_at",
        "completed_at",
        "withdrawn_at",
        "consent_version",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        answered = Q(trials__kind=Trial.Kind.MAIN, trials__state=Trial.State.ANSWERED)
        return super().get_queryset(request).annotate(n_answered=Count("trials", filter=answered))

    @admin.display(description="no.", ordering="number")
    def label(self, session: Session) -> str:
        return str(session.number)

    @admin.display(description="agreed (UTC)", ordering="consented_at")
    def agreed(self, session: Session) -> str:
        return moment(session.consented_at)

    @admin.display(description="last seen (UTC)", ordering="last_seen_at")
    def seen(self, session: Session) -> str:
        return moment(session.last_seen_at)

    @admin.display(description="arm")
    def arm_name(self, session: Session) -> str:
        return session.arm.name if may_see_answers(session.study) else HIDDEN

    @admin.display(description="trials answered")
    def trials_done(self, session: Any) -> str:
        return f"{session.n_answered} of {session.study.trials_per_session}"

    @admin.display(description="headphone screening")
    def headphone_screening(self, session: Session) -> str:
        found = read_screening(session.headphones)
        right = "" if found.correct is None else f", {found.correct} of {len(SOUNDS)} right"
        again = f", {found.attempts} attempts" if found.attempts > 1 else ""
        return f"{found.result}{right}{again}" if found.result else "–"

    @admin.display(description="attention checks")
    def attention_checks(self, session: Session) -> str:
        outcomes = session.trials.filter(kind=Trial.Kind.ATTENTION, passed__isnull=False).values_list(
            "passed", flat=True
        )
        return f"{sum(map(bool, outcomes))} of {len(outcomes)} passed" if outcomes else "–"

    @admin.display(description="recruitment service's id is stored", boolean=True)
    def has_external_id(self, session: Session) -> bool:
        return hasattr(session, "external_id")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        session = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if session is not None and self.has_view_permission(request, session):
            context |= {
                "session": session,
                "trials": describe_trials(session),
                "answers_hidden": not may_see_answers(session.study),
                "erased": is_erased(session),
                "may_exclude": may_exclude(request),
            }
        return super().change_view(request, object_id, form_url, context)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<int:pk>/exclude/", wrap(self.exclude_view), name="studies_session_exclude"),
            path("<int:pk>/readmit/", wrap(self.readmit_view), name="studies_session_readmit"),
        ]
        return own + super().get_urls()

    @method_decorator(require_POST)
    def exclude_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._decide(request, pk, excluded=True)

    @method_decorator(require_POST)
    def readmit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._decide(request, pk, excluded=False)

    def _decide(self, request: HttpRequest, pk: int, *, excluded: bool) -> HttpResponse:
        if not may_exclude(request):
            raise PermissionDenied
        session = get_object_or_404(Session, pk=pk)
        by = request.user.get_username()
        try:
            if excluded:
                exclude_session(session=session, reason=request.POST.get("reason", ""), by=by)
                said = "The session is excluded; its answers are kept, and the report shows the result both ways."
            else:
                readmit_session(session=session, by=by)
                said = "The session counts again."
            self.message_user(request, said, messages.SUCCESS)
        except StudyError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:studies_session_change", args=[pk]))


def may_exclude(request: HttpRequest) -> bool:
    """Excluding changes what a study's report says, so it takes the permission to change studies."""
    return request.user.has_perm("studies.change_study")


def describe_trials(session: Session) -> list[dict[str, Any]]:
    """The session's boards: when, how long, what was heard; and, once the study is closed, what was chosen."""
    shown = may_see_answers(session.study)
    names = dict(Category.objects.filter(dataset__categories__studies=session.study).values_list("pk", "name"))
    described = []
    for trial in session.trials.order_by("index"):
        trial.session = session
        clips = load_clips(trial)
        heard = load_heard(trial, clips, simulated=session.simulated)
        chosen = _choices(trial) if shown else {}
        rows = [
            {
                "position": position,
                "seconds": heard[position - 1].listened_ms / 1000,
                "plays": heard[position - 1].play_count,
                "player": player(clip) if shown else None,
                "category": names.get(clip.category_id) if shown else None,
                "choice": chosen.get(clip.pk),
            }
            for position, clip in enumerate(clips, start=1)
        ]
        described.append(
            {
                "trial": trial,
                "title": kind_of(trial).title(trial),
                "rows": rows,
                "images": _strip(trial) if shown else [],
            }
        )
    return described


def _strip(trial: Trial) -> list[SafeString]:
    return [picture(image) for image in load_images(trial)]


def _choices(trial: Trial) -> dict[int, dict[str, Any]]:
    """By clip: the image chosen, what it counts as, and whether that is right (no such thing in practice)."""
    answers = trial.practice_answers.select_related("stimulus", "content")
    found = {answer.clip_id: answer.stimulus or answer.content for answer in answers}
    apart = {
        clip: {"picture": picture(image), "category": "", "correct": None} for clip, image in found.items() if image
    }
    responses = trial.responses.select_related("stimulus__category", "clip")
    return apart | {
        response.clip_id: {
            "picture": picture(response.stimulus),
            "category": response.stimulus.category.name,
            "correct": response.stimulus.category_id == response.clip.category_id,
        }
        for response in responses
    }


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

    @admin.display(description="study")
    def study(self, response: Response) -> str:
        return response.trial.session.study.title

    @admin.display(description="arm")
    def arm(self, response: Response) -> str:
        return response.trial.session.arm.name

    @admin.display(description="clip")
    def heard(self, response: Response) -> SafeString:
        return player(response.clip)

    @admin.display(description="heard", ordering="clip__category__name")
    def heard_as(self, response: Response) -> str:
        return response.clip.category.name

    @admin.display(description="image")
    def chosen(self, response: Response) -> SafeString:
        return picture(response.stimulus)

    @admin.display(description="chosen", ordering="stimulus__category__name")
    def chosen_as(self, response: Response) -> str:
        return response.stimulus.category.name

    @admin.display(boolean=True)
    def correct(self, response: Response) -> bool:
        return response.stimulus.category_id == response.clip.category_id

    @admin.display(description="board took")
    def rt(self, response: Response) -> str:
        return "–" if response.trial.rt_ms is None else f"{response.trial.rt_ms / 1000:.1f} s"
