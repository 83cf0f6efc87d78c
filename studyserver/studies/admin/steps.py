"""What a researcher does with a study in the admin: open it, close it, make a new version of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from generation.admin import OwnFilters
from studyserver.studies.admin.display import attempt
from studyserver.studies.design import close_study, duplicate_study, open_study
from studyserver.studies.models import Study
from studyserver.studies.rules import names_one_person, tidy_id
from studyserver.studies.sitting import sign_id


def address_of(study: Study) -> str:
    """The study's page in the admin."""
    return reverse("admin:studies_study_change", args=[study.pk])


class StudySteps(OwnFilters):
    """The steps of a study's life, each a button of its page."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/open/", wrap(self.open_view), name="studies_study_open"),
            path("<int:pk>/close/", wrap(self.close_view), name="studies_study_close"),
            path("<int:pk>/duplicate/", wrap(self.duplicate_view), name="studies_study_duplicate"),
            path("<int:pk>/links/", wrap(self.links_view), name="studies_study_links"),
            *super().get_urls(),
        ]

    def find(self, request: HttpRequest, pk: int, *, change: bool = True) -> Study:
        """The study, for somebody who may see (or change) it."""
        study = get_object_or_404(Study, pk=pk)
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, study):
            raise PermissionDenied
        return study

    @method_decorator(require_POST)
    def links_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Links of a laboratory's own ids, signed so that nobody can guess them: a text with one in each line."""
        study = self.find(request, pk)
        ids = [tidy_id(line) for line in request.POST.get("ids", "").splitlines() if line.strip()]
        wrong = [f"“{value[:40]}”" for value in ids if not names_one_person(value)]
        if wrong or not ids:
            what = f"Cannot name one person: {', '.join(wrong[:5])}." if wrong else "Write one id in each line."
            self.message_user(request, what, messages.ERROR)
            return HttpResponseRedirect(address_of(study))
        link = request.build_absolute_uri(reverse("studies:consent", args=[study.slug]))
        queries = (urlencode({"participant": value, "signature": sign_id(study, value)}) for value in ids)
        text = "".join(f"{link}?{query}\n" for query in queries)
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="links-{study.slug}.txt"'
        return response

    @method_decorator(require_POST)
    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study, by = self.find(request, pk), request.user.get_username()
        attempt(request, lambda: open_study(study=study, by=by), "The study is open. Send participants its link.")
        return HttpResponseRedirect(address_of(study))

    @method_decorator(require_POST)
    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study, by = self.find(request, pk), request.user.get_username()
        attempt(request, lambda: close_study(study=study, by=by), "The study is closed. Its answers may be seen now.")
        return HttpResponseRedirect(address_of(study))

    @method_decorator(require_POST)
    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        study = self.find(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = duplicate_study(study=study, by=request.user.get_username())
        self.message_user(request, f"This is a new draft of “{study}”, at its own address.", messages.SUCCESS)
        return HttpResponseRedirect(address_of(copy))
