"""Do two models differ, or only these pictures of theirs? Pictures are a sample as people are.

Two draws of pictures from one and the same model are called different in 20 to 63 % of studies by a test that takes
these very pictures as all there are. Here both are drawn anew: the variance of the difference has a part from pictures
and a part from people, who cross each other (two-way clusters). Answers stand for thetas (`knowledge`), as hits of
pictures that share a board hang together. Where arms share clips, what is drawn is a clip with its pictures of both.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.compare.knowledge import answer_thetas
from analysis.reading import Answers
from analysis.wording import plural

# Fewer pictures of a category in an arm do not tell how much pictures differ.
FEWEST = 3
# Variances below this are sums of rounding errors.
NOTHING = 1e-20
METHOD = "t of two-way clusters (pictures and participants), Satterthwaite"

Unit = Literal["clip", "picture", "none"]


@dataclass(frozen=True)
class PictureComparison:
    """Theta of arm a minus that of arm b for pictures drawn anew, mean over the categories of both.

    `unit` is what is drawn: clips with their pictures, or pictures of the same few clips. `n_a`, `n_b` count them, of
    which `n_shared` are the same clips; `fewest` is the smallest number in a category and arm. Thetas are unbiased
    values, which may lie a little outside 0 to 1.
    """

    unit: Unit
    n_a: int
    n_b: int
    n_shared: int
    fewest: int
    theta_a: float | None
    theta_b: float | None
    difference: float | None
    se: float | None
    df: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str
    status: str
    reason: str


@dataclass(frozen=True)
class Sample:
    """The answers of one arm that count: theta that each stands for, and numbers that name what it hangs on.

    Numbers of units (what is drawn) and of people mean the same in both arms.
    """

    value: np.ndarray
    category: np.ndarray
    unit: np.ndarray
    person: np.ndarray

    def of(self, rows: np.ndarray) -> "Sample":
        return Sample(self.value[rows], self.category[rows], self.unit[rows], self.person[rows])


def compare_pictures(
    a: str, first: tuple[pd.DataFrame, Answers], b: str, second: tuple[pd.DataFrame, Answers], *,
    confidence: float = 0.95,
) -> PictureComparison:  # fmt: skip
    """Compare two arms for pictures drawn anew from their models.

    Parameters
    ----------
    a, b : names of the arms
    first, second : tidy rows of each arm (validated) and the same rows as arrays; excluded ones are already left out
    confidence : of the interval, between 0 and 1

    Returns
    -------
    PictureComparison : difference of thetas (-1 to 1), t interval and two-sided p; None with status and reason where
    there are fewer than 3 pictures of a category in an arm, or nothing tells pictures apart.

    References
    ----------
    Clark (1973), the language-as-fixed-effect fallacy; Cameron, Gelbach and Miller (2011), multiway clustering.
    """
    known = [answer_thetas(answers) for _, answers in (first, second)]
    if reason := next((found.reason for found in known if found.reason), ""):
        return _unanswered("not_applicable", reason)
    unit, units = _choose_unit(first[0], second[0])
    if unit == "none":
        return _unanswered("not_applicable", "The answers name neither the clips nor all pictures that were shown.")
    drawn, people = _numbers(units), _numbers([rows["participant"] for rows, _ in (first, second)])
    samples = [
        Sample(found.theta, answers.heard, drawn[arm], people[arm]).of(~np.isnan(found.theta))
        for arm, (found, (_, answers)) in enumerate(zip(known, (first, second), strict=True))
    ]
    found = compare_samples(samples[0], samples[1], unit=unit, confidence=confidence)
    if found.status == "too_small" and 0 < found.fewest < FEWEST:
        place, category = _place_of_fewest(samples)
        named = f"{(a, b)[place]} showed {plural(found.fewest, 'picture')} of {first[1].categories[category]}"
        return replace(found, reason=f"{named}; {FEWEST} of each category are needed to tell how much pictures differ.")
    return found


def compare_samples(
    first: Sample, second: Sample, *, unit: Unit = "clip", confidence: float = 0.95
) -> PictureComparison:
    """`compare_pictures` from the thetas of single answers, over the categories that both arms answered."""
    shared = np.intersect1d(first.category, second.category)
    first, second = (arm.of(np.isin(arm.category, shared)) for arm in (first, second))
    if not len(shared):
        return _unanswered("too_small", "The arms have no answered category in common.")
    n_a, n_b = (len(np.unique(arm.unit)) for arm in (first, second))
    fewest = min(_units_by_category(arm).min() for arm in (first, second))
    empty = _unanswered("too_small", f"Fewer than {FEWEST} pictures of a category.")
    both = len(np.intersect1d(first.unit, second.unit))
    found = replace(empty, unit=unit, n_a=n_a, n_b=n_b, n_shared=both, fewest=int(fewest))
    if fewest < FEWEST:
        return found
    if min(len(np.unique(arm.person)) for arm in (first, second)) < 2:
        return replace(found, reason="One of the arms has a single participant.")
    thetas = [float(_means(arm)[shared].mean()) for arm in (first, second)]
    difference = thetas[0] - thetas[1]
    found = replace(found, theta_a=thetas[0], theta_b=thetas[1], difference=difference)
    variance, df = _variance(first, second)
    if variance <= NOTHING:
        return replace(found, reason="All answers are alike, so neither pictures nor people differ.")
    se = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.5 + confidence / 2, df)) * se
    return replace(
        found, se=se, df=df, ci_low=max(-1.0, difference - half), ci_high=min(1.0, difference + half),
        p_value=float(2 * stats.t.sf(abs(difference) / se, df)), method=METHOD, status="ok", reason="",
    )  # fmt: skip


def _variance(first: Sample, second: Sample) -> tuple[float, float]:
    """(variance, degrees of freedom) of the difference when pictures and people are both drawn anew.

    People's clusters hold what people add and all noise of their boards; pictures' clusters hold what pictures add and
    the noise of single answers, which is taken off once. What pictures add cannot be less than nothing.
    """
    errors = [sign * _errors(arm) for sign, arm in ((1, first), (-1, second))]
    nothing = [np.zeros(len(arm.value), dtype=int) for arm in (first, second)]
    people, people_df = _clusters(errors, nothing, [first.person, second.person])
    pictures, pictures_df = _clusters(errors, [first.category, second.category], [first.unit, second.unit])
    most = 1 + max(arm.person.max() for arm in (first, second))
    meetings = np.concatenate([arm.unit * most + arm.person for arm in (first, second)])
    met = np.bincount(np.unique(meetings, return_inverse=True)[1], weights=np.concatenate(errors))
    added = float(pictures.sum() - met @ met)
    squares = float((people**2 / people_df).sum()) + (float((pictures**2 / pictures_df).sum()) if added > 0 else 0.0)
    variance = float(people.sum()) + max(0.0, added)
    return variance, max(1.0, variance**2 / squares) if squares > 0 else 1.0


def _clusters(
    errors: list[np.ndarray], strata: list[np.ndarray], clusters: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squares of clusters and their degrees of freedom: of each arm, or of both where clusters lie in both.

    Within an arm and stratum the sum is that of n clusters around their mean, so it is enlarged by n / (n - 1).
    """
    most = 1 + max(named.max() for named in clusters)
    keys = [within * most + named for within, named in zip(strata, clusters, strict=True)]
    size = 1 + max(key.max() for key in keys)
    stratum = np.arange(size) // most
    sums, there = np.zeros((2, size)), np.zeros((2, size), dtype=bool)
    for arm, (error, key) in enumerate(zip(errors, keys, strict=True)):
        there[arm, key] = True
        n = np.bincount(stratum[there[arm]], minlength=stratum[-1] + 1)[stratum]
        sums[arm] = np.bincount(key, weights=error, minlength=size) * np.sqrt(n / np.maximum(1, n - 1))
    one, other = ([len(np.unique(stratum[rows])), int(rows.sum())] for rows in there)
    both = there.all(axis=0)
    if both.any():
        every = there.any(axis=0)
        means = one[0] if both.sum() == every.sum() else one[0] + other[0]
        return (sums.sum(axis=0) ** 2).sum(keepdims=True), np.array([max(1, int(every.sum()) - means)])
    return (sums**2).sum(axis=1), np.array([max(1, n - means) for means, n in (one, other)])


def _means(arm: Sample) -> np.ndarray:
    """(categories,) mean theta; 0 where a category has no answer."""
    n = np.bincount(arm.category)
    return np.asarray(np.bincount(arm.category, weights=arm.value) / np.maximum(1, n))


def _errors(arm: Sample) -> np.ndarray:
    """What every answer adds to the mean over categories beside the mean of its own."""
    n = np.bincount(arm.category)
    return np.asarray((arm.value - _means(arm)[arm.category]) / (n[arm.category] * np.count_nonzero(n)))


def _units_by_category(arm: Sample) -> np.ndarray:
    """(categories answered,) number of units of each."""
    most = 1 + arm.unit.max()
    return np.unique(np.unique(arm.category * most + arm.unit) // most, return_counts=True)[1]


def _place_of_fewest(samples: list[Sample]) -> tuple[int, int]:
    """Arm and category with the fewest units, among the categories that both answered."""
    shared = np.intersect1d(samples[0].category, samples[1].category)
    kept = [arm.of(np.isin(arm.category, shared)) for arm in samples]
    counts = np.array([_units_by_category(arm) for arm in kept])
    arm, place = np.unravel_index(counts.argmin(), counts.shape)
    return int(arm), int(shared[place])


def _numbers(names: list[pd.Series]) -> list[np.ndarray]:
    """The same numbers for the same names in both arms."""
    found = np.asarray(pd.factorize(pd.concat(names, ignore_index=True))[0])
    return [found[: len(names[0])], found[len(names[0]) :]]


def _choose_unit(first: pd.DataFrame, second: pd.DataFrame) -> tuple[Unit, list[pd.Series]]:
    """Clips where every category has three of them in both arms, else pictures; names of each row's unit."""
    frames = [first, second]
    clips = [frame["clip"] for frame in frames]
    by_clip = _fewest(frames, clips)
    if by_clip >= FEWEST:
        return "clip", clips
    pictures = [_pictures_of(frame) for frame in frames]
    by_picture = _fewest(frames, pictures)
    if by_clip and by_clip >= by_picture:
        return "clip", clips
    return ("picture", pictures) if by_picture else ("none", [])


def _fewest(frames: list[pd.DataFrame], units: list[pd.Series]) -> int:
    """Units in the category and arm with fewest; 0 where an answered row has no name."""
    told = [frame["answered"].to_numpy(dtype=bool) for frame in frames]
    if any(not rows.any() or (unit[rows] == "").any() for unit, rows in zip(units, told, strict=True)):
        return 0
    return min(
        int(unit[rows].groupby(frame.loc[rows, "clip_category"]).nunique().min())
        for unit, rows, frame in zip(units, told, frames, strict=True)
    )


def _pictures_of(frame: pd.DataFrame) -> pd.Series:
    """Name of the picture of each row's clip on its board, "" where it cannot be told.

    It is the one that was chosen for some clip of the board and has the category heard; where it was chosen for none,
    the only one that was ever seen with this clip.
    """
    board = frame["participant"] + "\x1f" + frame["session"] + "\x1f" + frame["block"] + "\x1f"
    named = frame["answered"] & (frame["chosen_stimulus"] != "")
    names = (board + frame["chosen_category"])[named]
    chosen = pd.Series(frame["chosen_stimulus"][named].to_numpy(), names, dtype=object)
    chosen = chosen[~chosen.index.duplicated()]
    found = (board + frame["clip_category"]).map(chosen).astype(object).fillna("")
    seen = frame.assign(picture=found)[(found != "") & (frame["clip"] != "")].groupby("clip")["picture"]
    only = seen.first()[seen.nunique() == 1].astype(object)
    return found.where(found != "", frame["clip"].map(only).astype(object).fillna(""))


def _unanswered(status: str, reason: str) -> PictureComparison:
    none = (None,) * 8
    return PictureComparison("none", 0, 0, 0, 0, *none, method="none", status=status, reason=reason)
