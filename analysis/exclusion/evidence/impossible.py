"""Who answered in times that nobody can have: a sign of a program."""

from collections.abc import Iterator

from analysis.exclusion.evidence.counting import more_than
from analysis.exclusion.rule import Doubt, Rule, Setting

COLUMNS = ("boards_impossible",)


def judge(boards: float, setting: Setting) -> Iterator[Doubt]:
    """As many boards as there are."""
    if boards >= setting.trials:
        yield Doubt(f"leaves out nobody: there are {setting.trials}.", "Ask for fewer boards; 0 is usual.")


RULE = Rule(
    words="more than {threshold} boards answered in impossible time",
    why="By the server's clock: before the listening that was declared, or faster than hands are.",
    concerns=more_than(*COLUMNS),
    default=0.0,
    whole=True,
    reads_sessions=True,
    columns=COLUMNS,
    judge=judge,
)
