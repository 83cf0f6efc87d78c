"""Preview: every page of a study without storing anything."""

from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Session, Study
from studyserver.studies.pages.forms import SoundCheckForm
from studyserver.studies.rules import headphones
from studyserver.studies.sitting import draw_preview
from studyserver.studies.sitting.kinds import all_kinds


@never_cache
@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The study's pages as participants will see them, for whoever may view studies and in any state of the study.

    Boards are drawn and thrown away; sending a page in only leads to the next one.
    """
    if not any(request.user.has_perm(f"studies.{what}_study") for what in ("view", "change")):
        raise PermissionDenied
    study = get_object_or_404(Study, slug=slug)
    page = request.GET.get("page", "consent")
    kinds = {kind.preview_page: kind for kind in all_kinds() if kind.is_in(study)}
    screened = study.headphone_check != Study.HeadphoneCheck.OFF
    pages = [
        ("consent", "Consent"),
        ("sound", "Sound check"),
        *([("headphones", "Headphones")] if screened else []),
        *((name, kind.label) for name, kind in kinds.items()),
        ("debrief", "Debrief"),
    ]
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
    if page not in kinds:
        return render(request, f"studies/{page}.html", context | _context_of(page))
    try:
        trial = next((trial for trial in draw_preview(study) if trial.kind == kinds[page].name), None)
    except MaterialMissing as error:
        return render(request, "studies/notice.html", context | {"reason": "material", "detail": str(error)})
    if trial is None:
        return render(request, "studies/instruction.html", context)
    context |= {"number": 1, "n_trials": study.trials_per_session}
    return HttpResponse(kinds[page].render(request, trial, None, context))


def _context_of(page: str) -> dict[str, Any]:
    """What a previewed page before or after the trials shows."""
    if page == "sound":
        return {"form": SoundCheckForm()}
    return {"sounds": sorted(headphones.SOUNDS), "answers": {}} if page == "headphones" else {"can_erase": True}
