"""The researchers' admin: set up a study, open it, watch it without seeing answers, close it, get its report.

Pages load, call the domain (`design`, `jobs`, `progress`) and answer. Answers, arms and correctness of an open study
are on no page here (see `sessions` and `answers`). What its page can do stands in `steps`, `results`, `planner`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Count, Field, Q, QuerySet, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from generation.admin import Versioned, begin_either_way
from studyserver.studies.admin import material, planner, steps
from studyserver.studies.admin.display import HIDDEN, column, may_see_answers, moment
from studyserver.studies.admin.forms import ArmForm, ArmFormSet, StudyForm
from studyserver.studies.admin.results import StudyResults
from studyserver.studies.design import Outline, default_texts, draw_texts, is_design_intact, list_fieldsets, outline
from studyserver.studies.design.launch import check_launch
from studyserver.studies.exclusion import describe_rule
from studyserver.studies.models import Arm, Session, Study


def is_changeable(study: Study | None) -> bool:
    """Whether a form may change it: a new study or a draft."""
    return study is None or study.status == Study.Status.DRAFT


class ArmInline(admin.TabularInline):
    """Arms; fixed once the study is open."""

    model = Arm
    form = ArmForm
    formset = ArmFormSet
    extra = 0
    min_num = 1
    verbose_name_plural = "Arms: which images are shown (participants are spread evenly over them)"

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **options: Any) -> Any:
        """A plain choice of sets, without links that lead away from the form."""
        field = begin_either_way(super().formfield_for_dbfield(db_field, request, **options))
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_add_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return is_changeable(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return is_changeable(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        return is_changeable(obj) and super().has_delete_permission(request, obj)


@admin.register(Study)
class StudyAdmin(Versioned, StudyResults):
    """A study from draft to report."""

    watched = ("arms",)
    form = StudyForm
    inlines = [ArmInline]
    change_form_template = "admin/studies/study/change_form.html"
    change_list_template = "admin/studies/study/change_list.html"
    prepopulated_fields = {"slug": ["title"]}
    radio_fields = dict.fromkeys(("design", "listening_rule", "headphone_check", "resume_by_id"), admin.VERTICAL)
    save_on_top = False
    list_display = ["title", "state", "matching", "arm_names", "started", "completed", "opened", "closed"]
    list_filter = ["status", "design", "simulated_only"]
    search_fields = ["title", "slug", "notes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        done = Q(sessions__state=Session.State.COMPLETED, sessions__surplus=False)
        completed = Count("sessions", filter=done, distinct=True)
        studies = super().get_queryset(request).prefetch_related("arms")
        return studies.annotate(n_started=Count("sessions", distinct=True), n_completed=completed)

    @admin.display(description="status", ordering="status")
    def state(self, study: Study) -> SafeString:
        return format_html('<span class="badge badge-{}">{}</span>', study.status, study.get_status_display())

    matching = column(lambda row: row.design.replace("_", "-"), "design", ordering="design")
    opened = column(lambda row: moment(row.opened_at), "opened", ordering="opened_at")
    closed = column(lambda row: moment(row.closed_at), "closed", ordering="closed_at")
    arm_names = column(lambda row: ", ".join(arm.name for arm in row.arms.all()), "arms")
    started = column(lambda row: row.n_started, "started", ordering="n_started")
    completed = column(lambda row: row.n_completed, "completed", ordering="n_completed")

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return default_texts() | super().get_changeform_initial_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> list[str]:
        if is_changeable(obj):
            return []
        fields = [name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]]
        return [str(name) for name in fields if name not in Study.EDITABLE_WHEN_OPEN]

    def get_fieldsets(self, request: HttpRequest, obj: Study | None = None) -> list[Any]:
        """An opened study tells its exclusion rules in words, and its seed when it is closed."""
        if is_changeable(obj):
            return list_fieldsets()
        told = {"exclusion_rules": "declared_rules", "seed": "seed_when_closed"}
        return [
            (title, {**options, "fields": [told.get(str(name), name) for name in options["fields"]]})
            for title, options in list_fieldsets()
        ]

    @admin.display(description="seed")
    def seed_when_closed(self, study: Study) -> str:
        """With a session's number it tells the arm, to which everybody is blind until then."""
        return str(study.seed) if may_see_answers(study) else HIDDEN

    @admin.display(description="Leave out sessions with")
    def declared_rules(self, study: Study) -> SafeString | str:
        rules = [(describe_rule(rule),) for rule in study.exclusion_rules]
        return format_html_join("", "<div>{}</div>", rules) if rules else "No rule was declared."

    def get_prepopulated_fields(self, request: HttpRequest, obj: Study | None = None) -> dict[str, Sequence[str]]:
        return {} if obj is not None else dict(self.prepopulated_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """Only drafts go; answers are never deleted here."""
        if obj is not None and (obj.status != Study.Status.DRAFT or obj.sessions.exists()):
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Texts that nobody has written are drawn from the design, as it is now."""
        if is_changeable(obj):
            chosen = {name: list(form.cleaned_data[f"{name}categories"]) for name in ("", "practice_")}
            now = outline(obj, categories=chosen[""], practice=chosen["practice_"])
            before = outline(Study.objects.get(pk=obj.pk)) if change else Outline()
            if drawn := draw_texts(obj, now, before=before):
                self.message_user(request, f"Drawn anew from the design: the text for {', '.join(drawn)}.")
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Study, post_url_continue: str | None = None) -> HttpResponse:
        """After adding, stay: the launch checks say what is still missing."""
        if "_addanother" in request.POST or "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, "The draft is saved. Look at the launch checks, then open the study.")
        return HttpResponseRedirect(steps.address_of(obj))

    def who_changed(self, row: Any, since: datetime) -> list[tuple[str, datetime]]:
        """Also who opened or closed it, in the admin or by a command."""
        steps = [(step.by or "a command", step.created_at) for step in row.log.filter(created_at__gte=since)]
        return sorted(super().who_changed(row, since) + steps, key=lambda found: found[1])

    def response_change(self, request: HttpRequest, obj: Study) -> HttpResponse:
        """*Open* saves the form first, so that nothing written in it is dropped, and asks on a page of its own."""
        if "_open" in request.POST:
            return HttpResponseRedirect(reverse("admin:studies_study_open", args=[obj.pk]))
        return super().response_change(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        study = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if study is not None and request.method == "GET" and self.has_view_permission(request, study):
            context |= self.describe(request, study)
        return super().change_view(request, object_id, form_url, context)

    def describe(self, request: HttpRequest, study: Study) -> dict[str, Any]:
        """What the study's page shows beside its form."""
        draft = study.status == Study.Status.DRAFT
        link = request.build_absolute_uri(reverse("studies:consent", args=[study.slug]))
        checks = check_launch(study, thorough=False) if draft else []
        return {
            "study": study,
            "checks": checks,
            "n_missing": sum(not check.passed for check in checks),
            "n_asking": sum(check.asks for check in checks),
            "arms": list(study.arms.select_related("stimulus_set").order_by("id")),
            "material": material.describe_material(study),
            "link": link,
            "invitation": f"{study.title}: {link}",
            "log": study.log.order_by("-id"),
            "can_change_study": self.has_change_permission(request, study),
            "design_intact": draft or is_design_intact(study),
        } | self.describe_progress(request, study)

    def get_urls(self) -> list[URLPattern]:
        return planner.Planner(self).get_urls() + super().get_urls()
