"""Exclusion rules in the study's form: one line for each rule, a box to tick and its number amid its words."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from studyserver.studies.exclusion import RULES, load_rule, tidy_number, validate_exclusion_rules
from studyserver.studies.models import Study


class RulesWidget(forms.Widget):
    """Ticked rules with their numbers; a rule that is not ticked offers its usual number."""

    template_name = "admin/studies/study/exclusion_rules.html"
    use_fieldset = True
    trials = Study._meta.get_field("trials_per_session").default

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = {rule["rule"]: rule["threshold"] for rule in value or []}
        rows = [
            {
                "name": f"{name}-{key}",
                "before": rule.halves[0],
                "after": rule.halves[1],
                "why": rule.why,
                "checked": key in chosen,
                "threshold": chosen.get(key, tidy_number(rule.suggest(trials=self.trials))),
                "step": 1 if rule.whole else "any",
            }
            for key, rule in ((key, load_rule(key)) for key in RULES)
        ]
        return render_to_string(self.template_name, {"rows": rows})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        return [
            {"rule": rule, "threshold": _read_number(data.get(f"{name}-{rule}-threshold", ""))}
            for rule in RULES
            if data.get(f"{name}-{rule}")
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """No box ticked is an answer: no rule."""
        return False


def _read_number(text: str) -> float | int | str:
    """The number, or what was typed in its place, which the field refuses in words."""
    try:
        return tidy_number(float(text.strip().replace(",", ".")))
    except ValueError:
        return text


class RulesField(forms.Field):
    """A declaration of exclusion rules."""

    widget = RulesWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        validate_exclusion_rules(value or [])
        return list(value or [])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])
