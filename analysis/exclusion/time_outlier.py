"""Who is far slower or faster than the rest."""

from analysis.exclusion.rule import Rows, Rule, Sessions


def concerns(rows: Rows, threshold: float) -> Sessions:
    """Sessions whose log median time lies more than `threshold` scaled MADs from the median of all."""
    from analysis.exclusion.measures import median_choice_seconds  # noqa: PLC0415 -- slow import
    from analysis.participants import outliers  # noqa: PLC0415 -- slow import

    medians = median_choice_seconds(rows).dropna()
    medians = medians[medians > 0]
    return medians.index[outliers(medians.to_numpy(), width=threshold)] if len(medians) else medians.index


RULE = Rule(
    words="median log time more than {threshold} scaled MADs from the others'",
    why="Far slower or faster than the rest; 3 is usual.",
    concerns=concerns,
    default=3.0,
    flagged=True,
)
