"""What a researcher asks of a generation, kept with its job: enough to begin it anywhere, and again. No torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from generation.comparison import first_difference
from generation.errors import StimulusSetError
from generation.models import Checkpoint, Dataset, GenerationJob, Split, StimulusSet
from generation.seeds import check_seed


@dataclass(frozen=True)
class Request:
    """What a researcher asks for; empty `categories` are all of the dataset's."""

    categories: tuple[str, ...] = ()
    splits: tuple[str, ...] = (Split.TEST.value,)
    clips_per_category: int | None = None
    images_per_clip: int = 1
    total: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("clips_per_category", "images_per_clip", "total"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise StimulusSetError(f"{name} must be at least 1, not {value}.")
        if self.clips_per_category is not None and self.total is not None:
            raise StimulusSetError("Ask for clips per category or for a total, not for both.")
        check_seed(self.seed)
        if unknown := [split for split in self.splits if split not in Split.values]:
            raise StimulusSetError(f'There is no split "{unknown[0]}"; choose from {", ".join(Split.values)}.')


Source = StimulusSet.Source


@dataclass(frozen=True)
class Asked:
    """Images of a dataset's clips.

    checkpoint: the run whose images they are; empty where the source is not a checkpoint.
    painting: what was chosen; the rest is settled by who paints.
    source: one of `generation.run.sources.SOURCES` that opens. space: the joint space of retrieval, else empty.
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
        return asdict(self) | {"request": request_to_json(self.request)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Asked":
        """Back from a job's row."""
        # Jobs of earlier versions know of checkpoints alone: they say neither source nor space.
        return cls(**{**values, "request": request_from_json(values["request"])})


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
    if not {"request", "painting"} <= settings.keys():
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
        here["checkpoint"] = checkpoint.describe()
    here["dataset"] = dataset.describe()
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
