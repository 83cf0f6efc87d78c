"""The form by which a researcher asks for images. What cannot be had is said by the domain (`jobs`), not here."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AdminTextInputWidget

from generation.errors import CheckpointError
from generation.models import Category, Checkpoint, Dataset, Split, StimulusSet
from generation.musipainter import FormWords, Option, options_of  # noqa: TID253 -- no torch
from generation.musipainter.backbones import BackboneKind, find_backbone  # noqa: TID253 -- no torch
from generation.stimuli import Asked, Request


def whole_number(
    label: str | None, help_text: str, *, least: int | None = 1, required: bool = False
) -> forms.IntegerField:
    """A field for a whole number."""
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=least, required=required, widget=AdminIntegerFieldWidget
    )


class GenerateForm(forms.Form):
    """Images of a checkpoint; the fields of its diffusion model only where it has one."""

    name = forms.CharField(
        label="Name of the set",
        max_length=80,
        widget=AdminTextInputWidget,
        help_text="Letters, digits, - and _. A set of this name that was begun with the same settings is completed.",
    )
    dataset = forms.ModelChoiceField(Dataset.objects.all(), empty_label=None, help_text="Whose clips become images.")
    splits = forms.MultipleChoiceField(
        choices=Split.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Clips for studies come from the test split; the model has heard those of the train split.",
    )
    categories = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="None ticked: all of the dataset's."
    )
    clips_per_category = whole_number("Clips per category", "So many, drawn by the seed. Empty: all.")
    images_per_clip = whole_number("Images per clip", "Each with a seed of its own.", required=True)
    total = whole_number(
        "Images in all", "Spread evenly over the categories; instead of clips per category. Empty: as many as come."
    )
    seed = whole_number("Seed", "Decides every draw; equal seeds give equal images.", least=0, required=True)
    batch_size = whole_number(
        "Batch size", "Images painted side by side; smaller where memory runs out.", required=True
    )

    REQUEST = ("clips_per_category", "images_per_clip", "total", "seed")

    def __init__(self, *args: Any, checkpoint: Checkpoint, like: StimulusSet | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.checkpoint = checkpoint
        rows = Category.objects.select_related("dataset").order_by("dataset__name", "order", "name")
        groups: dict[str, list[tuple[str, str]]] = {}
        self.known = {str(row.pk): row for row in rows}
        for row in rows:
            groups.setdefault(row.dataset.name, []).append((str(row.pk), row.name))
        choices: Any = list(groups.items()) if len(groups) > 1 else next(iter(groups.values()), [])
        self.fields["categories"].choices = choices  # type: ignore[attr-defined]
        self.painting = painting_fields(checkpoint)
        self.fields |= self.painting
        self.initial = self._first_values(like) | dict(self.initial)

    def _first_values(self, like: StimulusSet | None) -> dict[str, Any]:
        """The command's defaults, or what another set was made with."""
        values: dict[str, Any] = {"dataset": self.checkpoint.dataset_id, "splits": [Split.TEST.value]}
        values |= {"images_per_clip": 1, "seed": 0, "batch_size": 8}
        if like is None or "request" not in like.settings:
            return values
        request, painting = like.settings["request"], like.settings["painting"]
        chosen = set(request["categories"])
        ticked = [key for key, row in self.known.items() if row.dataset_id == like.dataset_id]
        values |= {name: request[name] for name in self.REQUEST}
        return values | {
            "dataset": like.dataset_id,
            "splits": request["splits"],
            "categories": [key for key in ticked if {self.known[key].slug, self.known[key].name} & chosen],
            **{name: painting[name] for name in ("batch_size", *self.painting) if name in painting},
        }

    @property
    def fieldsets(self) -> list[tuple[str | None, dict[str, Any]]]:
        """Fields in groups, as the admin shows them."""
        groups: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["name"]}),
            ("Which music", {"fields": ["dataset", "splits", "categories", "clips_per_category"]}),
            ("How many images", {"fields": ["images_per_clip", "total", "seed", "batch_size"]}),
        ]
        if self.painting:
            groups.append((backbone_of(self.checkpoint).title, {"fields": list(self.painting)}))
        return groups

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        dataset = data.get("dataset")
        if dataset is not None:
            for key in data.get("categories", []):
                if self.known[key].dataset_id != dataset.pk:
                    name = self.known[key].name
                    self.add_error("categories", f"“{name}” is no category of the dataset {dataset}.")
        return data

    def asked(self) -> Asked:
        """What a valid form asks for; StimulusSetError when it contradicts itself."""
        data = self.cleaned_data
        painting = {name: data[name] for name in self.painting if data.get(name) not in (None, "")}
        return Asked(
            checkpoint=self.checkpoint.name,
            dataset=data["dataset"].name,
            request=Request(
                categories=tuple(self.known[key].slug for key in data["categories"]),
                splits=tuple(data["splits"]),
                **{name: data[name] for name in self.REQUEST},
            ),
            batch_size=data["batch_size"],
            painting=painting,
        )


def backbone_of(checkpoint: Checkpoint) -> BackboneKind:
    """What paints the checkpoint's images."""
    return find_backbone(checkpoint.config["backbone"]["name"])


def painting_fields(checkpoint: Checkpoint) -> dict[str, forms.Field]:
    """Fields for the settings that the checkpoint's backbone may be asked for; none where nothing is known of it."""
    try:
        options = options_of(backbone_of(checkpoint).settings)
    except (KeyError, TypeError, CheckpointError):
        return {}
    return {item.name: painting_field(item, item.form) for item in options if item.form}


def painting_field(item: Option, words: FormWords) -> forms.Field:
    """The field of one option; left empty, it is settled by who paints."""
    if item.choices:
        choices = [("", words.empty), *((name, name) for name in item.choices)]
        return forms.ChoiceField(label=words.label, help_text=words.help, required=False, choices=choices)
    if item.kind is int:
        return whole_number(words.label, words.help, least=item.least)
    if item.kind is float:
        return forms.FloatField(label=words.label, help_text=words.help, required=False)
    return forms.CharField(label=words.label, help_text=words.help, required=False, widget=AdminTextInputWidget)
