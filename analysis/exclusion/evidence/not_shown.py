"""Who answered without having had the images in view."""

from analysis.exclusion.evidence.counting import more_than
from analysis.exclusion.rule import Rule

COLUMNS = ("images_failed", "images_missed")

RULE = Rule(
    words="more than {threshold} images of answered boards not shown",
    why="They failed to load, or never came into view. Not judged without script.",
    concerns=more_than(*COLUMNS),
    default=0.0,
    whole=True,
    reads_sessions=True,
    columns=COLUMNS,
)
