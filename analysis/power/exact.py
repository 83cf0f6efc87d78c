"""Planning: exact power, smallest effects and numbers of participants for matching studies.

Everything is computed from exact laws. Power of an exact test is a saw-tooth in the number of participants: one more
participant can lower it. `safe` numbers are those from which on power never falls below the target again.

Effects are stated as theta (share of clips truly known, `analysis.accuracy.theta`) for all matches together, and as
true share correct for a single category.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from math import comb, log

import numpy as np
from scipy import optimize, stats

from analysis.accuracy import ability_pmf
from analysis.chance import DESIGNS, convolution_power, matching_law
from analysis.errors import AnalysisError
from analysis.intervals import proportion_interval
from analysis.power.truncated_laws import TruncatedLaw, growing_laws, law_of_sum

# Largest number of participants that a search looks at.
MOST_PARTICIPANTS = 2_000
# A power that differs from 1 by less than this is 1: half the distance of 1 to the float below.
CERTAIN = 5e-17
CURVE_THETAS = tuple(round(0.025 * i, 3) for i in range(33))


@dataclass(frozen=True)
class Design:
    """What is planned: boards of k clips and `images` images (None: as many as clips), so many per participant."""

    k: int = 4
    participants: int = 12
    trials: int = 1
    design: str = "one_to_one"
    alpha: float = 0.05
    categories_tested: int = 1
    target: float = 0.8
    images: int | None = None

    @property
    def m(self) -> int:
        """Images on a board."""
        return self.k if self.images is None else self.images

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise AnalysisError(f"Unknown design '{self.design}': use one of {', '.join(DESIGNS)}.")
        for name, value, low, high in (
            ("k", self.k, 2, 18),
            ("participants", self.participants, 1, 5_000),
            ("trials", self.trials, 1, 100),
            ("categories tested", self.categories_tested, 1, 18),
            ("images", self.m, 2, 18),
        ):
            if not low <= value <= high:
                raise AnalysisError(f"{name} must lie between {low} and {high}, not {value}.")
        if self.m < self.k:
            raise AnalysisError(f"A board of {self.k} clips needs {self.k} images or more, not {self.m}.")
        for name, share in (("alpha", self.alpha), ("target power", self.target)):
            if not 0 < share < 1:
                raise AnalysisError(f"{name} must lie between 0 and 1, not {share}.")


def total_power(theta: float, plan: Design) -> float:
    """Chance that the exact test of all matches is significant when every clip is known with probability theta."""
    blocks = plan.participants * plan.trials
    critical = _critical_total(plan.k, plan.m, blocks, plan.design, plan.alpha)
    if critical > blocks * plan.k:
        return 0.0
    board = ability_pmf(theta, plan.k, plan.m, design=plan.design)
    room = blocks * float(np.arange(plan.k + 1) @ board) - critical
    # Hoeffding: P(X < critical) <= exp(-2 room^2 / (blocks k^2)) for counts between 0 and k.
    if room > 0 and 2 * room**2 > -log(CERTAIN) * blocks * plan.k**2:
        return 1.0
    return law_of_sum(board, blocks).sf(critical)


def growing_powers(theta: float, plan: Design) -> Iterator[float]:
    """Power of the test of all matches at theta with 1, 2, 3, ... participants, each from the one before."""
    steps = (law_of_sum(ability_pmf(t, plan.k, plan.m, design=plan.design), plan.trials) for t in (0.0, theta))
    null, known = (growing_laws(step) for step in steps)
    for n, (chance, truth) in enumerate(zip(null, known, strict=False), start=1):
        blocks = n * plan.trials
        critical = chance.critical(plan.alpha)
        if critical is None:
            critical = _exact_critical(plan.k, plan.m, blocks, plan.design, plan.alpha)
        yield truth.sf(critical) if critical <= blocks * plan.k else 0.0


def total_pmf(
    theta: float, k: int, blocks: int, *, design: str = "one_to_one", images: int | None = None
) -> np.ndarray:
    """Law of the total correct over blocks of k clips at theta, shape (blocks * k + 1,); `images` None: k."""
    return convolution_power(ability_pmf(theta, k, images or k, design=design), blocks)


def mde(plan: Design) -> float | None:
    """Smallest detectable effect of the test of all matches.

    Parameters
    ----------
    plan : what is planned

    Returns
    -------
    float or None : smallest theta (share of clips truly known, 0 to 1) that is seen with the target power; None when
    even theta = 1 is not.
    """
    if total_power(1.0, plan) < plan.target:
        return None
    return float(optimize.brentq(lambda theta: total_power(theta, plan) - plan.target, 0, 1, xtol=1e-12))


def total_participants(theta: float, plan: Design) -> tuple[int | None, int | None]:
    """(first, safe) number of participants with the target power at theta; None beyond 2,000."""
    return _first_and_safe(growing_powers(theta, plan), plan.target)


def category_critical(n: int, chance: float, alpha: float) -> int:
    """Smallest significant number of correct matches of n in one category; n + 1 when none is."""
    tails = stats.binom.sf(np.arange(-1, n), n, chance)
    reached = np.flatnonzero(tails <= alpha)
    return int(reached[0]) if len(reached) else n + 1


def category_power(share: float, n: int, *, chance: float, alpha: float) -> float:
    """Chance that one category's exact test is significant when this share of its clips is matched correctly."""
    return float(stats.binom.sf(category_critical(n, chance, alpha) - 1, n, share))


def category_mde(n: int, *, chance: float, alpha: float, target: float = 0.8) -> float | None:
    """Smallest true share correct seen with the target power; None when even 1 is not."""
    if category_power(1.0, n, chance=chance, alpha=alpha) < target:
        return None
    return float(
        optimize.brentq(
            lambda share: category_power(share, n, chance=chance, alpha=alpha) - target, chance, 1.0, xtol=1e-13
        )
    )


def category_n(share: float, *, chance: float, alpha: float, target: float = 0.8) -> tuple[int | None, int | None]:
    """(first, safe) number of answers per category with the target power; None beyond 2,000."""
    powers = (category_power(share, n, chance=chance, alpha=alpha) for n in range(1, MOST_PARTICIPANTS + 1))
    return _first_and_safe(powers, target)


def two_groups_power(share_a: float, share_b: float, n: int, *, alpha: float = 0.05) -> float:
    """Power of Fisher's two-sided test of one category between two groups of n participants."""
    a, b = (stats.binom.pmf(np.arange(n + 1), n, share) for share in (share_a, share_b))
    return float(np.where(_fisher_table(n) <= alpha * (1 + 1e-12), np.outer(a, b), 0.0).sum())


def half_width(share: float, n: int) -> float:
    """Half the width of Wilson's 95 % interval at this share of n answers."""
    low, high = proportion_interval(share * n, n)
    return (high - low) / 2


def trial_level_size(theta: float, plan: Design, *, test: str = "fisher") -> float:
    """How often a test on single answers calls two groups with the same theta different: its true size.

    `test` is fisher or chi_squared (without continuity correction). Shown to warn, never to be used.
    """
    blocks = plan.participants * plan.trials
    n = blocks * plan.k
    pmf = total_pmf(theta, plan.k, blocks, design=plan.design, images=plan.m)
    if test == "fisher":
        p = _fisher_table(n)
    else:
        x, y = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        pooled = (x + y) / (2 * n)
        spread = np.where((pooled > 0) & (pooled < 1), pooled * (1 - pooled) * 2 / n, np.inf)
        p = stats.chi2.sf(((x - y) / n) ** 2 / spread, 1)
    return float(np.where(p <= plan.alpha, np.outer(pmf, pmf), 0.0).sum())


def power_curve(plan: Design, thetas: Sequence[float] = CURVE_THETAS) -> list[tuple[float, float]]:
    """Power of the test of all matches at several thetas.

    Parameters
    ----------
    plan : what is planned
    thetas : shares of clips truly known, 0 to 1

    Returns
    -------
    list of (theta, power), power from 0 to 1, exact.

    Raises
    ------
    AnalysisError
        a theta outside [0, 1].
    """
    return [(float(theta), total_power(theta, plan)) for theta in thetas]


def participants_curve(theta: float, plan: Design, *, most: int = 60) -> list[tuple[int, float]]:
    """(participants, power) at theta for 1..most participants."""
    return list(enumerate(islice(growing_powers(theta, plan), most), start=1))


def plan(design: Design, *, theta: float | None = None, share: float | None = None) -> dict[str, object]:
    """Everything a planner shows, as plain values.

    Parameters
    ----------
    design : what is planned
    theta : effect on all matches for which numbers of participants are wanted, in (0, 1]
    share : true share correct of one category for which they are wanted, in (0, 1]

    Returns
    -------
    dict : `design`, `total` (all matches), `category` (one of them) and `notes`; numbers of participants and answers
    are whole, powers and shares from 0 to 1, None where none is enough.

    Raises
    ------
    AnalysisError
        theta or share outside (0, 1].
    """
    for name, value in (("theta", theta), ("share", share)):
        if value is not None and not 0 < value <= 1:
            raise AnalysisError(f"{name} must lie between 0 and 1, not {value}.")
    blocks = design.participants * design.trials
    chance, answers = 1 / design.m, blocks
    corrected = design.alpha / design.categories_tested
    count = category_critical(answers, chance, corrected)
    critical = _critical_total(design.k, design.m, blocks, design.design, design.alpha)
    total: dict[str, object] = {
        "answers": blocks * design.k,
        "expected_by_chance": blocks if design.m == design.k else blocks * design.k / design.m,
        "critical_total": critical if critical <= blocks * design.k else None,
        "true_size": _null(design.k, design.m, blocks, design.design).sf(critical),
        "smallest_theta": mde(design),
        "power_curve": power_curve(design),
    }
    if theta is not None:
        first, safe = total_participants(theta, design)
        total |= {
            "theta": theta,
            "power": total_power(theta, design),
            "first_participants": first,
            "safe_participants": safe,
            "participants_curve": participants_curve(theta, design, most=max(30, min(120, 2 * design.participants))),
        }
    category: dict[str, object] = {
        "answers": answers,
        "chance": chance,
        "alpha": corrected,
        "critical_count": count if count <= answers else None,
        "smallest_share": category_mde(answers, chance=chance, alpha=corrected, target=design.target),
        "half_width_at_three_quarters": half_width(0.75, answers),
    }
    if share is not None:
        first, safe = category_n(share, chance=chance, alpha=corrected, target=design.target)
        category |= {
            "share": share,
            "power": category_power(share, answers, chance=chance, alpha=corrected),
            "first_answers": first,
            "safe_answers": safe,
            "first_participants": _participants_for(first, design.trials),
            "safe_participants": _participants_for(safe, design.trials),
        }
    return {
        "design": {
            "k": design.k, "images": design.m, "participants": design.participants, "trials": design.trials,
            "design": design.design, "alpha": design.alpha, "categories_tested": design.categories_tested,
            "target_power": design.target,
        },
        "total": total,
        "category": category,
        "notes": [
            "The report renames the categories heard by each participant over all boards. Power is worked out as if "
            "boards were drawn anew, which with several boards each, or in the free design, is within some 3 points of "
            "it; the critical total then depends on how alike a participant's boards are answered.",
            "More images per board raise power more than more participants do.",
        ],
    }  # fmt: skip


@cache
def _critical_total(k: int, m: int, blocks: int, design: str, alpha: float) -> int:
    critical = _null(k, m, blocks, design).critical(alpha)
    return _exact_critical(k, m, blocks, design, alpha) if critical is None else critical


def _exact_critical(k: int, m: int, blocks: int, design: str, alpha: float) -> int:
    return matching_law([(k, m)] * blocks, design=design).critical(alpha)


@lru_cache(maxsize=16)
def _null(k: int, m: int, blocks: int, design: str) -> TruncatedLaw:
    return law_of_sum(ability_pmf(0.0, k, m, design=design), blocks)


def _first_and_safe(powers: Iterable[float], target: float) -> tuple[int | None, int | None]:
    """Smallest n that reaches the target, and smallest n from which on no n falls below it; `powers` of n = 1, 2, ...

    A saw-tooth rises on the whole: once every n of a stretch as long as n itself has reached the target, and the power
    has come close to one, it does not fall back.
    """
    first: int | None = None
    below = 0
    for n, value in enumerate(islice(powers, MOST_PARTICIPANTS), start=1):
        if value >= target:
            first = first or n
        else:
            below = n
        if first and n >= below + max(20, below // 2) and value > (1 + target) / 2:
            return first, below + 1
    return first, None


def _participants_for(answers: int | None, trials: int) -> int | None:
    return None if answers is None else -(-answers // trials)


@cache
def _fisher_table(n: int) -> np.ndarray:
    """Two-sided Fisher p of x of n against y of n, shape (n + 1, n + 1), by the probabilities of each margin."""
    table = np.ones((n + 1, n + 1))
    for total in range(2 * n + 1):
        low, high = max(0, total - n), min(n, total)
        x = np.arange(low, high + 1)
        weights = np.array([comb(n, int(i)) * comb(n, total - int(i)) for i in x], dtype=object)
        whole = sum(weights)
        # Outcomes as likely as the observed one up to 1e-7 count as equally likely, as is usual.
        shares = np.array([int(w) / whole for w in weights])
        p = np.array([shares[shares <= s * (1 + 1e-7)].sum() for s in shares])
        table[x, total - x] = np.minimum(1.0, p)
    return table
