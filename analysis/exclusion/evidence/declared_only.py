"""Who only declared to have listened."""

from collections.abc import Iterator

from analysis.exclusion.evidence.counting import more_than
from analysis.exclusion.rule import Doubt, Rule, Setting

COLUMNS = ("clips_declared",)


def judge(clips: float, setting: Setting) -> Iterator[Doubt]:
    """Where script is required nobody can."""
    if setting.script_required:
        yield Doubt("leaves out nobody: the study requires JavaScript.", "Leave it out.", fatal=False)


RULE = Rule(
    words="more than {threshold} clips whose listening was only declared",
    why="Without script there is no log of listening, only the person's word.",
    concerns=more_than(*COLUMNS),
    default=0.0,
    whole=True,
    reads_sessions=True,
    columns=COLUMNS,
    judge=judge,
)
