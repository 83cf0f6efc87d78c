"""What a researcher asks of a generation, kept with its job: enough to begin it anywhere, and again. No torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.text import slugify

from generation.comparison import first_difference
from generation.errors import CheckpointError, DatasetError, StimulusSetError
from generation.models import Checkpoint, Dataset, GenerationJob, StimulusSet
from generation.stimuli.plan import Request

Source = StimulusSet.Source

SOURCES = tuple(source.value for source in (Source.MUSIPAINTER, Source.LABEL_PROMPT, Source.RETRIEVAL))
"""Where images of clips can come from, alone or on workers. Shuffled and imported sets have commands of their own."""


@dataclass(frozen=True)
class Asked:
    """Images of a dataset's clips.

    checkpoint: the run whose images they are; empty where the source is not a checkpoint.
    painting: what was chosen; the rest is settled by who paints.
    source: one of SOURCES. space: the joint space of retrieval, else empty.
    """

    checkpoint: str
    dataset: str
    request: Request
    batch_size: int = 8
    painting: Mapping[str, Any] = field(default_factory=dict)
    source: str = Source.MUSIPAINTER.value
    space: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in a job's row."""
        return {
            "checkpoint": self.checkpoint,
            "dataset": self.dataset,
            "request": request_to_json(self.request),
            "batch_size": self.batch_size,
            "painting": dict(self.painting),
            "source": self.source,
            "space": self.space,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Asked":
        """Back from a job's row."""
        return cls(
            checkpoint=values["checkpoint"],
            dataset=values["dataset"],
            request=request_from_json(values["request"]),
            batch_size=values["batch_size"],
            painting=values["painting"],
            # Jobs of earlier versions know of checkpoints alone.
            source=values.get("source", Source.MUSIPAINTER.value),
            space=values.get("space", ""),
        )


def request_to_json(request: Request) -> dict[str, Any]:
    """A request as plain JSON values."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(request).items()}


def request_from_json(values: Mapping[str, Any]) -> Request:
    """Back from JSON."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return Request(**fields)


def asked_of_job(job: GenerationJob, stimulus_set: StimulusSet) -> Asked | None:
    """What a job is to make: as its set was begun, with all settled, else as it was asked for; None for images that
    are made by other commands."""
    settings = stimulus_set.settings
    asked = Asked.from_json(job.asked) if job.asked else None
    if stimulus_set.source not in SOURCES or not {"request", "painting"} <= settings.keys():
        return asked
    painting = dict(settings["painting"])
    painting.pop("set_seed", None)
    return Asked(
        checkpoint=settings.get("checkpoint", {}).get("name", ""),
        dataset=settings["dataset"]["name"],
        request=request_from_json(settings["request"]),
        batch_size=painting.pop("batch_size", asked.batch_size if asked else 8),
        painting=painting,
        source=stimulus_set.source,
        space=settings.get("space", {}).get("name", ""),
    )


def check_same(stimulus_set: StimulusSet, asked: Asked, checkpoint: Checkpoint | None, dataset: Dataset) -> None:
    """StimulusSetError when the set was begun with something else, as far as that can be told without the networks."""
    name = stimulus_set.name
    if stimulus_set.source != asked.source and (stimulus_set.settings or stimulus_set.stimuli.exists()):
        raise StimulusSetError(f"The set {name} holds images {stimulus_set.get_source_display()}; choose another name.")
    there = stimulus_set.settings
    if not there:
        return
    here: dict[str, Any] = {"request": request_to_json(asked.request)}
    if checkpoint is not None:
        known = {"name": checkpoint.name, "weights_sha256": checkpoint.weights_sha256, "epoch": checkpoint.epoch}
        here["checkpoint"] = known
    here["dataset"] = {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256}
    here["painting"] = {name: value for name, value in asked.painting.items() if value != "auto"}
    if "batch_size" in there["painting"]:
        here["painting"]["batch_size"] = asked.batch_size
    if asked.space:
        here["space"] = {"name": asked.space}
    # Of these, no more is known here than was asked for; what the set began with says how all else was settled.
    chosen = {part: {key: there[part].get(key) for key in here[part]} for part in ("painting", "space") if part in here}
    stands = {**there, **chosen}
    for part, values in here.items():
        if difference := first_difference(stands[part], values, part):
            raise StimulusSetError(
                f"The set {name} was begun with other settings: {difference}. Choose another name, or ask for the same."
            )


def check_set_name(name: str) -> None:
    """StimulusSetError when this cannot name a set."""
    if not name or slugify(name) != name.lower() or len(name) > 80:
        raise StimulusSetError(f'"{name}" cannot name a set: use letters, digits, - and _.')


def check_batch_size(batch_size: int) -> None:
    """StimulusSetError when no batch can have this size."""
    if batch_size < 1:
        raise StimulusSetError(f"The batch size must be at least 1, not {batch_size}.")


def find_dataset(name: str) -> Dataset:
    """The dataset of this name; DatasetError when there is none."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise DatasetError(f"There is no dataset {name}; import it first with import_dataset.")
    return dataset


def find_trained(name: str) -> Checkpoint:
    """The checkpoint of this run; CheckpointError when there is none."""
    row = Checkpoint.objects.select_related("dataset").filter(name=name).first()
    if row is None:
        raise CheckpointError(f"There is no checkpoint {name}. Train it with train_musipainter.")
    return row
