"""Who answered although clips could not be played."""

from analysis.exclusion.evidence.counting import more_than
from analysis.exclusion.rule import Rule

COLUMNS = ("clips_failed",)

RULE = Rule(
    words="more than {threshold} clips of answered boards that could not be played",
    why="Nobody is held back by a clip that fails, whatever the listening rule.",
    concerns=more_than(*COLUMNS),
    default=0.0,
    whole=True,
    reads_sessions=True,
    columns=COLUMNS,
)
