"""Preview: every page of a study without storing anything."""

from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.pages import markdown
from studyserver.studies.pages.forms import SoundCheckForm
from studyserver.studies.pages.sitting import CONFIDENCE_SCALE
from studyserver.studies.rules import headphones
from studyserver.studies.sitting import boards, draw_preview

PREVIEW_PAGES = {
    "consent": "Consent",
    "sound": "Sound check",
    "headphones": "Headphones",
    "practice": "Practice",
    "trial": "Round",
    "attention": "Attention check",
    "debrief": "Debrief",
}


@never_cache
@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The study's pages as participants will see them, for researchers and in any state of the study.

    Boards are drawn and thrown away; sending a page in only leads to the next one.
    """
    study = get_object_or_404(Study, slug=slug)
    page = request.GET.get("page", "consent")
    left_out = {"headphones"} if study.headphone_check == Study.HeadphoneCheck.OFF else set()
    left_out |= set() if study.attention_boards else {"attention"}
    pages = [(name, label) for name, label in PREVIEW_PAGES.items() if name not in left_out]
    names = [name for name, _ in pages]
    if page not in names:
        raise Http404
    following = names[(names.index(page) + 1) % len(names)]
    if request.method == "POST":
        return redirect(f"{reverse('studies:preview', args=[slug])}?page={following}")
    context: dict[str, Any] = {
        "study": study,
        "session": Session(study=study, code="preview"),
        "preview": {"pages": pages, "page": page, "next": following},
    }
    try:
        template, more = _compose_preview(study, page)
    except MaterialMissing as error:
        template, more = "notice", {"reason": "material", "detail": str(error)}
    return render(request, f"studies/{template}.html", context | more)


def _compose_preview(study: Study, page: str) -> tuple[str, dict[str, Any]]:
    """Template and context of one previewed page."""
    if page == "consent":
        return "consent", {"text": markdown.render(study.consent_text)}
    if page == "sound":
        return "sound", {"form": SoundCheckForm()}
    if page == "headphones":
        return "headphones", {"sounds": sorted(headphones.SOUNDS), "answers": {}}
    if page == "debrief":
        return "debrief", {"text": markdown.render(study.debrief_text), "can_erase": True}
    kind = Trial.Kind.MAIN if page == "trial" else Trial.Kind(page)
    text = markdown.render(study.instruction_text)
    trial = next((trial for trial in draw_preview(study) if trial.kind == kind), None)
    if trial is None:
        return "instruction", {"text": text}
    board = {"trial": trial, "board": boards.load_board(trial, study), "draft": "{}", "matches": {}, "confidence": {}}
    return page, {**board, "scale": CONFIDENCE_SCALE, "text": text, "number": 1, "n_trials": study.trials_per_session}
