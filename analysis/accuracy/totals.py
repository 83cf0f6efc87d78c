"""How many matches were right, against the exact law of random matching.

Overall: the total over all blocks has the law of `analysis.chance`; its interval is Student's over *participants*,
because one participant's answers hang together. Per category: one participant's hits in one category are independent
between participants, so the count is exactly binomial when everybody answers one clip of it.
"""

from dataclasses import dataclass, replace

import pandas as pd

from analysis.accuracy.resampling import Interval, share_interval
from analysis.intervals import guess_corrected
from analysis.reading import Answers, answers_from


@dataclass(frozen=True)
class Overall:
    """All matches of an arm together."""

    correct: int
    total: int
    rate: float | None
    expected: float | None
    null_sd: float | None
    max_total: int
    p_value: float | None
    mid_p: float | None
    p_two_sided: float | None
    guess_corrected: float | None
    interval: Interval
    test: str
    status: str
    reason: str


def overall(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> Overall:
    """Total correct with its exact one-sided p-value and an interval over participants.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Overall : counts in clips, shares from 0 to 1; status degenerate where everybody has the same share, too_small
    without answers, not_applicable where every possible answer is equally right.

    Raises
    ------
    ResponsesError
        the frame does not hold what it must.
    """
    answers = answers_from(responses)
    test = "exact matching test" if answers.design == "one_to_one" else "exact binomial test"
    interval = share_interval(answers.hits_by_participant, answers.answers_by_participant, confidence=confidence)
    if answers.n_answers == 0:
        nothing = "No answers yet, so there is nothing to test."
        return Overall(
            correct=0, total=0, rate=None, expected=None, null_sd=None, max_total=0, p_value=None, mid_p=None,
            p_two_sided=None, guess_corrected=None, interval=interval, test=test, status="too_small", reason=nothing,
        )  # fmt: skip
    law = answers.null_law
    correct, total = answers.total_correct, answers.n_answers
    chance = law.mean / total
    found = Overall(
        correct=correct, total=total, rate=correct / total, expected=law.mean, null_sd=law.var**0.5, max_total=law.n,
        p_value=law.sf(correct), mid_p=law.mid_p(correct), p_two_sided=law.two_sided(correct), guess_corrected=None,
        interval=interval, test=test, status=interval.status, reason=interval.reason,
    )  # fmt: skip
    if law.var > 0:
        return replace(found, guess_corrected=guess_corrected(correct / total, chance))
    reason = "Every possible answer is equally right, so chance and skill cannot be told apart."
    return replace(found, p_value=None, mid_p=None, p_two_sided=None, status="not_applicable", reason=reason)
