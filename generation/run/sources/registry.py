"""Image sources by name. To add one: a module with an `ImageSource`, and a line here."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from generation.errors import StimulusSetError
from generation.media import LocalFiles
from generation.progress import Progress, quietly
from generation.run.sources.source import ImageSource
from generation.stimuli import Asked

if TYPE_CHECKING:
    from generation.run.sources.maker import Maker

SOURCES = {
    "musipainter": "generation.run.sources.checkpoint:CHECKPOINT",
    "label-prompt": "generation.run.sources.label_prompt:LABEL_PROMPT",
    "retrieval": "generation.run.sources.retrieval:RETRIEVAL",
    "shuffled": "generation.run.sources.shuffled:SHUFFLED",
    "imported": "generation.run.sources.imported:IMPORTED",
}


def find_source(name: str) -> ImageSource:
    """The source of this name; StimulusSetError lists the names there are. Loads no torch."""
    if name not in SOURCES:
        raise StimulusSetError(f'There is no image source "{name}"; there are {", ".join(SOURCES)}.')
    return resolve_name(SOURCES[name])


def open_maker(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = lambda line: None, progress: Progress = quietly
) -> "Maker":
    """What is asked for, loaded. GenerationError with one line when something for it is not there."""
    source = find_source(asked.source)
    if source.open is None:
        raise StimulusSetError(f"The images of the source {asked.source} are not made clip by clip.")
    return source.open(asked, local, say=say, progress=progress)
