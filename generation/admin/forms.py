"""The form by which a researcher asks for images. What cannot be had is said by the domain (`jobs`), not here."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AdminTextInputWidget

from generation.models import Category, Checkpoint, Dataset, Split, StimulusSet
from generation.stimuli import Asked, Request

SCHEDULERS = ("pndm", "ddim", "dpm++", "euler", "unipc")
PRECISIONS = ("float32", "bfloat16", "float16")


def whole_number(label: str, help_text: str, *, least: int = 1, required: bool = False) -> forms.IntegerField:
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

    steps = whole_number("Denoising steps", "Empty: 50.")
    guidance = forms.FloatField(required=False, help_text="Classifier-free guidance; 1 is none. Empty: 7.5.")
    negative_prompt = forms.CharField(
        required=False, widget=AdminTextInputWidget, help_text="What guidance leads away from. Empty: nothing."
    )
    scheduler = forms.ChoiceField(
        required=False, choices=[("", "as published (pndm)"), *((name, name) for name in SCHEDULERS)]
    )
    size = whole_number("Size", "Side of the images in pixels, a multiple of 8. Empty: 512.", least=8)
    device = forms.CharField(
        required=False, widget=AdminTextInputWidget, help_text="cuda, mps or cpu. Empty: the best that the worker has."
    )
    precision = forms.ChoiceField(
        required=False, choices=[("", "float16 on cuda, else float32"), *((name, name) for name in PRECISIONS)]
    )

    REQUEST = ("clips_per_category", "images_per_clip", "total", "seed")
    PAINTING = ("steps", "guidance", "negative_prompt", "scheduler", "size", "device", "precision")

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
        self.initial = self._first_values(like) | dict(self.initial)
        if not paints_by_diffusion(checkpoint):
            for name in self.PAINTING:
                del self.fields[name]

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
            **{name: painting[name] for name in ("batch_size", *self.PAINTING) if name in painting},
        }

    @property
    def fieldsets(self) -> list[tuple[str | None, dict[str, Any]]]:
        """Fields in groups, as the admin shows them."""
        groups: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["name"]}),
            ("Which music", {"fields": ["dataset", "splits", "categories", "clips_per_category"]}),
            ("How many images", {"fields": ["images_per_clip", "total", "seed", "batch_size"]}),
        ]
        if "steps" in self.fields:
            groups.append(("How Stable Diffusion paints", {"fields": list(self.PAINTING)}))
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
        painting = {name: data[name] for name in self.PAINTING if data.get(name) not in (None, "")}
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


def paints_by_diffusion(checkpoint: Checkpoint) -> bool:
    """Whether a diffusion model paints the checkpoint's images."""
    backbone = checkpoint.config.get("backbone", {})
    return isinstance(backbone, dict) and backbone.get("name") == "stable-diffusion"
