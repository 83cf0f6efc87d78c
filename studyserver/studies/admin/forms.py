"""Forms of studies and arms in the admin."""

from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet, ModelChoiceIterator
from django.forms.utils import pretty_name

from generation.models import Category
from studyserver.studies.admin.exclusion import RulesField
from studyserver.studies.design import TEXTS
from studyserver.studies.models import Arm, Study

FOLLOWS_DESIGN = " It follows the design until you write your own; empty it to have the drawn one back."


class CategoryField(forms.ModelMultipleChoiceField):
    """Categories as tick boxes, under the name of their dataset."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Category.objects.select_related("dataset"), **options)
        self.iterator = GroupedCategories


class GroupedCategories(ModelChoiceIterator):
    """(dataset, its categories) pairs."""

    def __iter__(self) -> Any:
        groups: dict[str, list[Any]] = {}
        for category in self.queryset.order_by("dataset__name", "order", "name"):
            groups.setdefault(category.dataset.name, []).append(self.choice(category))
        return iter(groups.items())


class StudyForm(forms.ModelForm):
    """A draft's form; what is missing is said by the launch checks, not here."""

    categories = CategoryField(help_text=Study._meta.get_field("categories").help_text)
    practice_categories = CategoryField(
        required=False, help_text=Study._meta.get_field("practice_categories").help_text
    )

    exclusion_rules = RulesField(
        required=False, label="Leave out sessions with", help_text=Study._meta.get_field("exclusion_rules").help_text
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in (f"{text}_text" for text in TEXTS):
            if name in self.fields:
                self.fields[name].required = False
                self.fields[
                    name
                ].help_text += " It follows the design until you write your own; empty it to have that back."

    class Meta:
        model = Study
        fields = ["title"]  # the admin adds those of its fieldsets
        error_messages = {"slug": {"unique": "Another study has this address name; choose one of its own."}}


class ArmForm(forms.ModelForm):
    """An arm is called after its stimulus set unless it is given a name."""

    class Meta:
        model = Arm
        fields = ("stimulus_set", "name", "quota")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields:
            self.fields["name"].required = False
            self.fields["name"].help_text = "Never shown to participants; empty: the set's name."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("name") and data.get("stimulus_set"):
            data["name"] = self.instance.name = data["stimulus_set"].name[:60]
        return data


class ArmFormSet(BaseInlineFormSet):
    """Arms as rows of a table. Its head names the columns for those who see it, a label of its own each field."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        which = "the new arm" if index is None else f"arm {index + 1}"
        for name, field in form.fields.items():
            label = f"Delete {which}" if name == DELETION_FIELD_NAME else f"{pretty_name(name)} of {which}"
            field.widget.attrs["aria-label"] = label
