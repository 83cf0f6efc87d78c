"""Choices that were free: the last clip of a one-to-one board gets what is left."""

import pandas as pd


def free_choices(rows: pd.DataFrame) -> pd.DataFrame:
    """Answered rows whose choice was not forced: on one-to-one boards without spare images all but the last."""
    answered = rows[rows["answered"]]
    if not len(answered) or answered["design"].iloc[0] != "one_to_one":
        return answered
    forced = (
        answered["choice_order"].notna()
        & (answered["choice_order"] == answered["n_clips"])
        & (answered["n_options"] == answered["n_clips"])
        & (answered["n_clips"] > 1)
    )
    return answered[~forced]
