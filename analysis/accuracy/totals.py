"""How many matches were right, against the same choices under other names of the clips.

The p-value is that of `analysis.renaming`: each participant's heard categories are renamed over all of that person's
boards, the choices are kept, and participants add up. With one board of different categories each it is the law of
random matching of `analysis.chance`. The interval is Student's over *participants*, because one participant's answers
hang together.
"""

from dataclasses import dataclass, replace

import pandas as pd

from analysis.accuracy.resampling import Interval, share_interval
from analysis.chance import Law
from analysis.intervals import guess_corrected
from analysis.permutation import count_draws
from analysis.reading import Answers, answers_from
from analysis.renaming import Tables, drawn_total_p, tables_of, total_law, total_moments

EXACT = "exact renaming test"
DRAWN = "renaming test, {:,} seeded draws"
ALL_RIGHT = "Every possible answer is equally right, so chance and skill cannot be told apart."
NO_NAMES = "Nobody heard two categories on the same boards, so knowledge cannot be told from liking some images."


@dataclass(frozen=True)
class Overall:
    """All matches of an arm together.

    expected, null_sd, p_value, mid_p, p_two_sided, law : under renaming; mid-p, two-sided p and law exist where every
        renaming was counted
    p_random : one-sided p if every answer is random and no image is a favourite, where nobody answered two boards
    floor : the smallest p that seeded draws can give, where renamings are drawn
    partly : somebody heard categories that cannot be exchanged with each other
    """

    correct: int
    total: int
    rate: float | None
    expected: float | None
    null_sd: float | None
    max_total: int
    p_value: float | None
    mid_p: float | None
    p_two_sided: float | None
    p_random: float | None
    guess_corrected: float | None
    interval: Interval
    test: str
    status: str
    reason: str
    floor: float | None = None
    partly: bool = False
    law: Law | None = None


def overall(responses: pd.DataFrame | Answers, *, confidence: float = 0.95) -> Overall:
    """Total correct with its one-sided p-value by renaming and an interval over participants.

    Parameters
    ----------
    responses : tidy frame of one arm, or `Answers`
    confidence : of the interval, between 0 and 1

    Returns
    -------
    Overall : counts in clips, shares from 0 to 1; status degenerate where everybody has the same share, too_small
    without answers, not_applicable where every possible answer is equally right or no names can be exchanged.

    Raises
    ------
    ResponsesError
        the frame does not hold what it must.
    """
    answers = answers_from(responses)
    interval = share_interval(answers.hits_by_participant, answers.answers_by_participant, confidence=confidence)
    if answers.n_answers == 0:
        nothing = "No answers yet, so there is nothing to test."
        return Overall(
            correct=0, total=0, rate=None, expected=None, null_sd=None, max_total=0, p_value=None, mid_p=None,
            p_two_sided=None, p_random=None, guess_corrected=None, interval=interval, test=EXACT, status="too_small",
            reason=nothing,
        )  # fmt: skip
    tables, random = tables_of(answers), answers.null_law
    correct, total = answers.total_correct, answers.n_answers
    chance, moments = random.mean / total, total_moments(tables)
    found = Overall(
        correct=correct, total=total, rate=correct / total, expected=moments.mean, null_sd=moments.var**0.5,
        max_total=total, p_value=None, mid_p=None, p_two_sided=None,
        p_random=None if answers.has_several_boards or random.var == 0 else random.sf(correct),
        guess_corrected=guess_corrected(correct / total, chance) if random.var > 0 else None,
        interval=interval, test=EXACT, status=interval.status, reason=interval.reason,
    )  # fmt: skip
    if random.var == 0 or tables.largest < 2:
        return replace(found, status="not_applicable", reason=ALL_RIGHT if random.var == 0 else NO_NAMES)
    return _tested(found, tables, correct)


def _tested(found: Overall, tables: Tables, correct: int) -> Overall:
    law = total_law(tables)
    found = replace(found, partly=any(len(classes) > 1 for classes in tables.classes))
    if law is None:
        draws = count_draws(sum(names.size for _, names in tables.parts.values()))
        p_value = drawn_total_p(tables, correct)
        return replace(found, p_value=p_value, floor=1 / (draws + 1), test=DRAWN.format(draws))
    return replace(
        found, p_value=law.sf(correct), mid_p=law.mid_p(correct), p_two_sided=law.two_sided(correct), law=law
    )
