"""Bridge from stimulus sets to a folder of metrics: what is missing is embedded, then `analysis` reads files alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from analysis.errors import AnalysisError
from analysis.report import write_metrics
from generation.errors import EmbeddingError
from generation.media import thumbnails_of
from generation.progress import Progress, quietly
from generation.run.measuring.embeddings import embed_set
from generation.run.measuring.features import default_features, extract_features
from generation.run.measuring.rows import find_stimuli, write_if_new
from generation.wording import plural


@dataclass(frozen=True)
class ComputedMetrics:
    """What `compute_metrics` wrote, and in sentences what it had to prepare for it."""

    page: Path
    files: int
    prepared: list[str]


def compute_metrics(
    *,
    names: Sequence[str],
    spaces: Sequence[str],
    features: Sequence[str] | None,
    out: Path,
    board: int,
    progress: Progress = quietly,
) -> ComputedMetrics:
    """All metrics of stimulus sets, without any study.

    Embeds in `spaces` and extracts `features` (None: `default_features`) what is not there yet or not up to date.
    Raises StimulusSetError or EmbeddingError.
    """
    prepared: list[str] = []
    embeddings, tables, pictures = [], [], []
    kinds = [default_features()] if features is None else list(dict.fromkeys(features))
    for name in dict.fromkeys(names):
        for space in dict.fromkeys(spaces):
            done = embed_set(name=name, space=space, progress=progress)
            embeddings.append(done.path)
            prepared.append(
                f"{'Embedded' if done.changed else 'Up to date:'} {name} in the space {space} "
                f"({plural(done.images, 'image')}, {plural(done.clips, 'clip')}, "
                f"{plural(done.references, 'reference artwork')})."
            )
        for kind in kinds:
            found = extract_features(name=name, features=kind, progress=progress)
            tables.append(found.path)
            prepared.append(
                f"{'Extracted' if found.changed else 'Up to date:'} {kind} features of {name} "
                f"({plural(found.images, 'image')}, {plural(found.references, 'artwork')}): {found.distance_name}."
            )
        pictures.append(write_thumbnails(name))
    try:
        written = write_metrics(embeddings, out, features=tables, images=pictures, board=board)
    except AnalysisError as error:
        raise EmbeddingError(str(error)) from error
    return ComputedMetrics(written["metrics.html"], len(written), prepared)


def write_thumbnails(name: str) -> Path:
    """Write SETS_ROOT/<set>/thumbnails.zip; equal images give equal bytes."""
    stimuli, stimulus_set = find_stimuli(name)
    path = Path(settings.SETS_ROOT) / stimulus_set.name / "thumbnails.zip"
    write_if_new(path, thumbnails_of(stimuli, set_name=stimulus_set.name))
    return path
