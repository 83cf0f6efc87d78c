"""Who clicked through: a short median time per choice."""

from analysis.exclusion.rule import Rows, Rule, Sessions


def concerns(rows: Rows, threshold: float) -> Sessions:
    """Sessions whose median choice took less than `threshold` seconds."""
    from analysis.exclusion.measures import median_choice_seconds  # noqa: PLC0415 -- slow import

    medians = median_choice_seconds(rows)
    return medians.index[medians < threshold]


RULE = Rule(
    words="median time per choice below {threshold} s",
    why="Clicked through. Not judged without script.",
    concerns=concerns,
    default=0.3,
    flagged=True,
)
