"""What several rules measure."""

import pandas as pd

from analysis.exclusion.rule import SESSION
from analysis.reading import free_choices


def median_choice_seconds(rows: pd.DataFrame) -> pd.Series:
    """Seconds of the median choice that was not forced, by session."""
    chosen = free_choices(rows)
    return (chosen["choice_ms"] / 1000).groupby([chosen[key] for key in SESSION]).median()
