"""Two arms whose pictures are draws of two models: sizes, coverage and power for pictures drawn anew.

Pictures' ease is drawn from a Beta law for every study, people's skill from a normal law on the logit scale, and a clip
is known with the probability that both give. Boards show one clip and its picture of each of four categories, dealt out
evenly as the platform deals them. Within participants the same people answer both arms; where arms share clips, each
clip adds an ease of its own to both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.compare import Sample, answer_thetas, compare_samples, compare_scores
from benchmarks.simulations.people import K, as_answers, match
from benchmarks.simulations.row import Row, rate_row

LEVEL = 0.05
# Two arms take several milliseconds to draw and compare, so there are fewer of them than of other settings.
SHARE = 2
WRONG = {
    "these": "two arms, with these pictures, asked of pictures drawn anew (wrong question)",
    "hits": "two arms, t over pictures' hit rates (hits of a board hang together)",
}


@dataclass(frozen=True)
class Setting:
    """`pictures` of each category and arm, whose ease is beta(1.5, 1.5) where the arms' mean thetas are .5 (no gap)."""

    pictures: int
    people: int
    within: bool = False
    shared: bool = False
    gap: float = 0.0
    boards: int = 3
    skill: float = 0.8

    @property
    def words(self) -> str:
        who = "the same people" if self.within else "other people"
        clips = " and clips" if self.shared else ""
        arms = f"{K * self.pictures} pictures an arm, N = {self.people}, {self.boards} boards, {who}{clips}"
        return f"{arms}, ease beta(1.5, 1.5)" if not self.gap else f"{arms}, theta {self.gap:.2f} apart"


GRID = [
    Setting(pictures, people, within)
    for within in (False, True)
    for pictures in (3, 10, 30)
    for people in (12, 30, 100)
]
PAIRED = [Setting(3, 12, True, True), Setting(10, 30, True, True), Setting(10, 30, False, True)]
APART = [Setting(10, 30, within, gap=0.2) for within in (False, True)]


@dataclass
class Study:
    """One drawn study: (2, people, boards, 4) images chosen and pictures shown, and the theta that is true."""

    picks: np.ndarray
    shown: np.ndarray


def draw_study(setting: Setting, rng: np.random.Generator) -> Study:
    skill = rng.normal(0, setting.skill, (1 if setting.within else 2, setting.people, 1, 1))
    shape = (K, setting.pictures)
    clips = rng.normal(0, 1, shape) if setting.shared else np.zeros(shape)
    means = 0.5 + np.array([0.5, -0.5]) * setting.gap
    ease = np.array([rng.beta(3 * mean, 3 * (1 - mean), shape) for mean in means]).clip(1e-9, 1 - 1e-9)
    shown = np.array([_deal(setting, rng) for _ in means])
    levels = (np.log(ease / (1 - ease)) + clips)[np.arange(2)[:, None, None, None], np.arange(K), shown]
    return Study(np.array([match(1 / (1 + np.exp(-level)), rng) for level in levels + skill]), shown)


def _deal(setting: Setting, rng: np.random.Generator) -> np.ndarray:
    """(people, boards, 4) pictures, each category's dealt out round by round, each round in another order."""
    cards = setting.people * setting.boards
    order = rng.random((K, -(-cards // setting.pictures), setting.pictures)).argsort(axis=2).reshape(K, -1)[:, :cards]
    return np.asarray(order.reshape(K, setting.people, setting.boards).transpose(1, 2, 0))


def samples_of(setting: Setting, study: Study) -> list[Sample]:
    """Both arms' answers as thetas, with numbers of pictures and people."""
    found = []
    for arm, (picks, shown) in enumerate(zip(study.picks, study.shown, strict=True)):
        answers = as_answers(picks)
        unit = (shown * K + np.arange(K)).ravel() + (0 if setting.shared else arm * K * setting.pictures)
        person = answers.participant + (0 if setting.within else arm * setting.people)
        found.append(Sample(answer_thetas(answers).theta, answers.heard, unit, person))
    return found


def p_of_hits(setting: Setting, study: Study) -> float:
    """t over the hit rates of pictures as if they were independent, which the hits of one board are not."""
    rates = []
    for picks, shown in zip(study.picks, study.shown, strict=True):
        unit = (shown * K + np.arange(K)).ravel()
        seen = np.bincount(unit, minlength=K * setting.pictures)
        hits = np.bincount(unit, weights=(picks == np.arange(K)).ravel(), minlength=len(seen))
        rates.append(np.where(seen > 0, hits / np.maximum(1, seen), np.nan))
    test = stats.ttest_rel if setting.shared else stats.ttest_ind
    return float(test(*rates, nan_policy="omit").pvalue)


def measure(setting: Setting, draws: int) -> dict[str, list[float]]:
    """p for pictures drawn anew, with these pictures, and of hits; difference of thetas and half its interval."""
    rng = np.random.default_rng(1_000 * setting.people + 10 * setting.pictures + setting.within)
    found: dict[str, list[float]] = {name: [] for name in ("anew", "these", "hits", "difference", "half")}
    n = np.full(setting.people, setting.boards * K)
    for _ in range(draws):
        study = draw_study(setting, rng)
        anew = compare_samples(*samples_of(setting, study))
        x, y = (study.picks == np.arange(K)).sum(axis=(2, 3))
        found["these"].append(compare_scores("a", "b", x, n, y, n, same_participants=setting.within).p_value or 0.0)
        found["hits"].append(p_of_hits(setting, study))
        found["anew"].append(1.0 if anew.p_value is None else anew.p_value)
        found["difference"].append(anew.difference or 0.0)
        found["half"].append(0.0 if anew.ci_high is None else anew.se * float(stats.t.ppf(0.975, anew.df)))
    return found


def true_difference(setting: Setting) -> float:
    """Difference of mean thetas over pictures and people, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    quantiles = (np.arange(2_000) + 0.5) / 2_000
    ends = []
    for mean in (0.5 + setting.gap / 2, 0.5 - setting.gap / 2):
        ease = stats.beta(3 * mean, 3 * (1 - mean)).ppf(quantiles)
        theta = 1 / (1 + (1 - ease[:, None]) / ease[:, None] * np.exp(-setting.skill * nodes))
        ends.append(float((theta @ weights).mean() / weights.sum()))
    return ends[0] - ends[1]


def measure_arms(draws: int) -> Iterator[Row]:
    """Two draws of one model, and two models a known difference apart."""
    for setting in GRID + PAIRED:
        found = measure(setting, -(-draws // SHARE))
        yield _size(setting, found["anew"])
        for name, words in WRONG.items():
            yield rate_row("size", words, setting.words, LEVEL, found[name], headline=False, warn=True)
        yield _coverage(setting, found)
    for setting in APART:
        found = measure(setting, -(-draws // SHARE))
        yield _coverage(setting, found)
        yield _power(setting, found)


def _size(setting: Setting, p: list[float]) -> Row:
    row = rate_row("size", "two arms, pictures drawn anew", setting.words, LEVEL, p, headline=True)
    return replace(row, rule="at most 7.5 % + 2 SE", kept=row.found <= 0.075 + 2 * row.se)


def _coverage(setting: Setting, found: dict[str, list[float]]) -> Row:
    away = np.abs(np.array(found["difference"]) - true_difference(setting))
    inside = away <= np.array(found["half"])
    share, se = float(inside.mean()), (0.95 * 0.05 / len(inside)) ** 0.5
    kept = 0.93 - 2 * se <= share <= 0.97 + 2 * se
    words = "difference of two arms, pictures drawn anew"
    return Row("coverage", words, setting.words, 0.95, share, se, "93-97 % +- 2 SE", kept)


def _power(setting: Setting, found: dict[str, list[float]]) -> Row:
    anew, these = (float(np.mean(np.array(found[name]) <= LEVEL)) for name in ("anew", "these"))
    se = (anew * (1 - anew) / len(found["anew"])) ** 0.5
    rule = "at least half of the test with these pictures, as nominal"
    return Row("power", "two arms, pictures drawn anew", setting.words, these, anew, se, rule, anew >= these / 2)
