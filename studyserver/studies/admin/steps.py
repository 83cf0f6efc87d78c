"""What a researcher does with a study in the admin: open it, close it, make a new version of it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from generation.admin import OwnFilters
from studyserver.studies.admin.display import attempt
from studyserver.studies.design import STUDY_FIELDS, close_study, design_hash, duplicate_study, open_study
from studyserver.studies.design.launch import check_launch, consents_of, errors_of
from studyserver.studies.exclusion import describe_rule
from studyserver.studies.models import Study
from studyserver.studies.rules import names_one_person, tidy_id
from studyserver.studies.sitting import sign_id


def address_of(study: Study) -> str:
    """The study's page in the admin."""
    return reverse("admin:studies_study_change", args=[study.pk])


def describe_frozen(study: Study) -> list[tuple[str, str]]:
    """What cannot change any more once the study is open: each field's name, and its value in words."""
    return [
        (str(getattr(study._meta.get_field(name), "verbose_name", name)), _in_words(study, name))
        for name, field in STUDY_FIELDS.items()
        if name == "slug" or (field.design and name != "plan") or (name == "plan" and study.plan)
    ]


def _in_words(study: Study, name: str) -> str:
    value: Any = getattr(study, name)
    if study._meta.get_field(name).many_to_many:
        return ", ".join(str(row) for row in value.all()) or "none"
    if name == "exclusion_rules":
        return "\n".join(describe_rule(rule) for rule in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown: Any = getattr(study, f"get_{name}_display", lambda: value)()
    return "none" if shown in (None, "") else str(shown)


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

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What opening would fix and what somebody has to say yes to; a POST of this page opens the study."""
        study = self.find(request, pk)
        if study.status != Study.Status.DRAFT:
            messages.error(request, f"“{study}” is {study.status} and cannot be opened.")
            return HttpResponseRedirect(address_of(study))
        seen = request.POST.get("seen")
        if request.method == "POST" and seen:
            ask = partial(open_study, study=study, by=request.user.get_username(), seen=seen)
            accepted = request.POST.getlist("accept")
            said = "The study is open. Send participants its link."
            done = attempt(request, lambda: ask(accepted=accepted), said)
            return HttpResponseRedirect(address_of(study) if done else request.path)
        checks = check_launch(study, thorough=False)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Open the study: {study}",
            "opts": self.opts,
            "study": study,
            "missing": errors_of(checks),
            "asked": consents_of(checks),
            "notes": [f for check in checks for f in check.findings if f.level == "warning"],
            "frozen": describe_frozen(study),
            "arms": study.arms.select_related("stimulus_set").annotate(n_images=Count("stimulus_set__stimuli")),
            "seen": design_hash(study),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/studies/study/open.html", context)

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
