"""Datasets, checkpoints and sets by name, or one line that says what there is."""

from generation.errors import CheckpointError, DatasetError, StimulusSetError
from generation.models import Checkpoint, Dataset, StimulusSet
from generation.names import is_short_name, read_name


def check_set_name(name: str) -> None:
    """StimulusSetError when this cannot name a set."""
    if not is_short_name(name):
        raise StimulusSetError(f'"{name}" cannot name a set: use letters, digits, - and _.')


def check_batch_size(batch_size: int) -> None:
    """StimulusSetError when no batch can have this size."""
    if batch_size < 1:
        raise StimulusSetError(f"The batch size must be at least 1, not {batch_size}.")


def find_dataset(name: str) -> Dataset:
    """The dataset of this name; DatasetError when there is none."""
    name = read_name(name)
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise DatasetError(f"There is no dataset {name}; import it first with import_dataset.")
    return dataset


def find_trained(name: str, *, unfinished: bool = False) -> Checkpoint:
    """The checkpoint of this run; CheckpointError when there is none. unfinished: whether the run has begun."""
    name = read_name(name)
    row = Checkpoint.objects.select_related("dataset").filter(name=name).first()
    if row is None:
        begun = " It has not finished training." if unfinished else ""
        raise CheckpointError(f"There is no checkpoint {name}.{begun} Train it with train_musipainter.")
    return row


def find_set(name: str, *, purpose: str = "") -> StimulusSet:
    """The stimulus set of this name; StimulusSetError when there is none, for what purpose it was looked for."""
    name = read_name(name)
    row = StimulusSet.objects.select_related("dataset", "parent").filter(name=name).first()
    if row is None:
        raise StimulusSetError(f"There is no stimulus set {name}{purpose}.")
    return row
