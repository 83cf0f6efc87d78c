"""Image sources by name."""

from collections.abc import Callable

from generation.media import LocalFiles
from generation.models import StimulusSet
from generation.progress import Progress, quietly
from generation.run.opening import ignore
from generation.run.sources.checkpoint import open_checkpoint
from generation.run.sources.label_prompt import open_label_prompt
from generation.run.sources.maker import Maker
from generation.run.sources.retrieval import open_retrieval
from generation.stimuli import Asked

OPENERS: dict[str, Callable[..., Maker]] = {
    StimulusSet.Source.MUSIPAINTER: open_checkpoint,
    StimulusSet.Source.LABEL_PROMPT: open_label_prompt,
    StimulusSet.Source.RETRIEVAL: open_retrieval,
}


def open_maker(
    asked: Asked, local: LocalFiles, *, say: Callable[[str], None] = ignore, progress: Progress = quietly
) -> Maker:
    """What is asked for, loaded. GenerationError with one line when something for it is not there."""
    return OPENERS[asked.source](asked, local, say=say, progress=progress)
