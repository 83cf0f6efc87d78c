"""Model metrics of golden_metrics.npz again: the printed formulas, one pair of vectors at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import linalg

FOLDER = Path(__file__).resolve().parent
Floats = np.ndarray
with np.load(FOLDER / "golden_metrics.npz") as _stored:
    ARRAYS: dict[str, Floats] = dict(_stored)
with np.load(FOLDER / "golden_giils_boot_idx.npz") as _stored:
    LABEL0_ROWS: Floats = _stored["idx"]
G, T, LABELS = len(ARRAYS["gen"]), len(ARRAYS["audio"]), 6
PAIR, LABEL = ARRAYS["pair"].tolist(), ARRAYS["label"].tolist()
OTHERS = {"AIS": "audio", "IIS": "real"}


def cosine(a: Floats, b: Floats) -> float:
    return math.fsum(a * b) / math.sqrt(math.fsum(a * a) * math.fsum(b * b))


@cache
def cosines(first: str, second: str) -> Floats:
    """Table of cosines, each computed by itself."""
    return np.array([[cosine(a, b) for b in ARRAYS[second].astype(float)] for a in ARRAYS[first].astype(float)])


def score(x: float) -> float:
    return 100 * (1 - math.acos(x) / math.pi)


def matched() -> Iterator[tuple[str, Any]]:
    for key, name in OTHERS.items():
        table = cosines("gen", name)
        own = [table[i, PAIR[i]] for i in range(G)]
        rest = [math.fsum(table[i, j] for j in range(T) if j != PAIR[i]) for i in range(G)]
        for words, divisor in (("paper_T", T), ("unbiased_Tminus1", T - 1)):
            x = math.fsum(o - r / divisor for o, r in zip(own, rest, strict=True)) / G
            yield f"{key}.x.{words}", x
            yield f"{key}.score.{words}", score(x)
        advantages = [o - r / T for o, r in zip(own, rest, strict=True)]
        sd = math.sqrt(math.fsum((a - math.fsum(advantages) / G) ** 2 for a in advantages) / (G - 1))
        yield f"{key}.mean_matched_sim", math.fsum(own) / G
        yield f"{key}.mean_all_sim", math.fsum(table.ravel()) / (G * T)
        yield f"{key}.per_item_d_first5", advantages[:5]
        yield f"{key}.per_item_d_sd", sd
        yield f"{key}.x.se_iid", sd / math.sqrt(G)
        yield f"{key}.score.alt_mean_of_item_scores", math.fsum(map(score, advantages)) / G
        drawn = [score(float(np.mean([advantages[i] for i in rows]))) for rows in ARRAYS["boot_idx"].tolist()]
        yield f"{key}.boot200_fixed_idx.pct95_linear", [float(np.percentile(drawn, q)) for q in (2.5, 97.5)]
        yield f"{key}.boot200.se", float(np.std(drawn, ddof=1))
        yield from permuted(key, table, own)


def permuted(key: str, table: Floats, own: Sequence[float]) -> Iterator[tuple[str, Any]]:
    """Moments of the matched mean when partners are permuted, from the table of all pairs (variance: Hoeffding)."""

    def moments(rows: Sequence[int]) -> tuple[float, float]:
        part, n = np.array([[table[i, PAIR[j]] for j in rows] for i in rows]), len(rows)
        centred = part - part.mean(axis=0) - part.mean(axis=1, keepdims=True) + part.mean()
        return n * float(part.mean()), float((centred**2).sum()) / (n - 1)

    groups = [[i for i in range(G) if LABEL[i] == label] for label in range(LABELS)]
    for words, parts, observed_key in (
        ("perm", [range(G)], "perm.z"),
        ("perm_within_label", groups, "perm_within_label.z"),
    ):
        found = [moments(part) for part in parts]
        mean, sd = sum(f[0] for f in found) / G, math.sqrt(sum(f[1] for f in found)) / G
        names = "perm.mean_matched" if words == "perm" else words
        yield f"{key}.{names}.null_mean", mean
        yield f"{key}.{names}.null_sd", sd
        yield f"{key}.{observed_key}", (math.fsum(own) / G - mean) / sd
    same = (
        math.fsum(np.mean([table[i, PAIR[j]] for j in range(G) if j != i and LABEL[j] == LABEL[i]]) for i in range(G))
        / G
    )
    other = math.fsum(np.mean([table[i, PAIR[j]] for j in range(G) if LABEL[j] != LABEL[i]]) for i in range(G)) / G
    yield f"{key}.decomp.matched_minus_samelabel", math.fsum(own) / G - same
    yield f"{key}.decomp.samelabel_minus_otherlabel", same - other


def giils_x(
    table: Floats, labels: Sequence[int], label: int, *, self_pairs: bool, other: bool, unbiased: bool
) -> float:
    """Eq. 8 in each of its readings."""
    n, own = len(labels), [i for i in range(len(labels)) if labels[i] == label]
    terms = []
    for i in own:
        background = [j for j in range(n) if (labels[j] != label if other else j != i)]
        away = math.fsum(table[i, j] for j in background) / (len(background) if unbiased else n)
        terms += [table[i, j] - away for j in own if self_pairs or j != i]
    return math.fsum(terms) / len(terms)


def labelled() -> Iterator[tuple[str, Any]]:
    table = cosines("gen", "gen")
    for self_pairs in (False, True):
        for other in (False, True):
            for unbiased in (False, True):
                words = {"self_pairs": self_pairs, "other": other, "unbiased": unbiased}
                x = [giils_x(table, LABEL, label, **words) for label in range(LABELS)]
                bg, den = "other" if other else "all", "unbiased" if unbiased else "paper_G"
                key = f"GIILS.selfpairs={self_pairs}.bg={bg}.den={den}"
                yield f"{key}.x", x
                yield f"{key}.score", [score(v) for v in x]
                if not (self_pairs or other or unbiased):
                    yield "GIILS.macro_mean", math.fsum(map(score, x)) / LABELS
                    yield "creative_tendency=100-GIILS", [100 - score(v) for v in x]
    zero = [i for i in range(G) if LABEL[i] == 0]
    away = [math.fsum(table[i, j] for j in range(G) if j != i) / G for i in range(G)]
    both = [table[i, j] - (away[i] + away[j]) / 2 for i, j in combinations(zero, 2)]
    yield "GIILS.label0.unordered_pairs_symmetrised.x", math.fsum(both) / len(both)
    first = [table[i, j] - away[i] for i, j in combinations(zero, 2)]
    yield "GIILS.label0.unordered_pairs_lower_index_background_only.x", math.fsum(first) / len(first)
    copied = [0, 0, *range(2, G)]  # Image 1 gives way to a copy of image 0.
    words = {"self_pairs": False, "other": False, "unbiased": False}
    x = giils_x(table[np.ix_(copied, copied)], LABEL, 0, **words)
    yield "GIILS.label0.with_one_duplicate.x", x
    yield "GIILS.label0.with_one_duplicate.score", score(x)
    apart, together = [], []
    for rows in LABEL0_ROWS.tolist():
        drawn = [(zero[a], zero[b]) for a, b in permutations(rows, 2)]
        together.append(math.fsum(table[i, j] for i, j in drawn) / len(drawn))
        different = [table[i, j] for i, j in drawn if i != j]
        apart.append(math.fsum(different) / len(different))
    yield "GIILS.label0.boot100.mean_excl_identity", math.fsum(apart) / len(apart)
    yield "GIILS.label0.boot100.mean_incl_duplicates(BIASED)", math.fsum(together) / len(together)


def within(table: Floats, rows: Sequence[int]) -> float:
    return math.fsum(table[i, j] for i, j in permutations(rows, 2)) / (len(rows) * (len(rows) - 1))


def subset_moments(table: Floats, size: int) -> tuple[float, float]:
    """Mean and SD of the mean similarity inside a random subset: pairs of pairs by how many rows they share."""
    n = len(table)
    off = table - np.diag(np.diag(table))
    total, squares, rows = off.sum(), float((off**2).sum()), off.sum(axis=1)
    share_two = squares / (n * (n - 1))
    share_one = (float((rows**2).sum()) - squares) / (n * (n - 1) * (n - 2))
    share_none = (total**2 - 4 * float((rows**2).sum()) + 2 * squares) / (n * (n - 1) * (n - 2) * (n - 3))
    pairs = size * (size - 1)
    second = (2 * share_two + 4 * (size - 2) * share_one + (size - 2) * (size - 3) * share_none) / pairs
    mean = total / (n * (n - 1))
    return mean, math.sqrt(second - mean**2)


def label_nulls() -> Iterator[tuple[str, Any]]:
    table = cosines("gen", "gen")
    groups = [[i for i in range(G) if LABEL[i] == label] for label in range(LABELS)]
    means = [within(table, group) for group in groups]
    yield "GIILS.label0.within_mean", means[0]
    errors = []
    for group in groups:
        left = [within(table, [i for i in group if i != out]) for out in group]
        errors.append(math.sqrt((len(left) - 1) / len(left) * float(((np.array(left) - np.mean(left)) ** 2).sum())))
    yield "GIILS.within_mean.jackknife_se", errors
    yield "GIILS.within_mean.jackknife_se_in_points(approx)", [100 / math.pi * error for error in errors]
    mean, sd = subset_moments(table, 10)
    yield "GIILS.label_null.within_mean", mean
    yield "GIILS.label_null.within_sd", sd
    yield "GIILS.label_null.z_per_label", [(value - mean) / sd for value in means]
    yield "GIILS.label_null.bias_x=m/G", mean / G
    yield "GIILS.label_null.expected_score_paper_form", score(mean / G)
    every = [within(table, subset) for subset in combinations(range(0, G, 5), 4)]
    yield "GIILS.null.check_G12_n4", [float(np.mean(every)), float(np.std(every))]


def distances() -> Iterator[tuple[str, Any]]:
    x, y = ARRAYS["feat_x"].astype(float), ARRAYS["feat_y"].astype(float)
    root = linalg.sqrtm(np.cov(x.T) @ np.cov(y.T)).real
    step = x.mean(axis=0) - y.mean(axis=0)
    yield "FID.ddof1", float(step @ step + np.trace(np.cov(x.T)) + np.trace(np.cov(y.T)) - 2 * np.trace(root))

    def discrepancy(a: Floats, b: Floats, kernel: Any) -> tuple[float, float]:
        """(unbiased, biased) squared MMD."""
        tables = [np.array([[kernel(p, q) for q in right] for p in left]) for left, right in ((a, a), (b, b), (a, b))]
        biased = tables[0].mean() + tables[1].mean() - 2 * tables[2].mean()
        inside = [(t.sum() - np.trace(t)) / (len(t) * (len(t) - 1)) for t in tables[:2]]
        return float(sum(inside) - 2 * tables[2].mean()), float(biased)

    d = x.shape[1]
    yield "KID.unbiased_full(not subset averaged)", discrepancy(x, y, lambda p, q: (math.fsum(p * q) / d + 1) ** 3)[0]
    gen, real = ([row / math.sqrt(math.fsum(row * row)) for row in ARRAYS[k].astype(float)] for k in ("gen", "real"))
    gaussian = discrepancy(gen, real, lambda p, q: math.exp(-math.fsum((p - q) ** 2) / 200))
    yield "CMMD.unbiased_U_normalised(gen,real)", 1000 * gaussian[0]
    yield "CMMD.biased_V(google)_normalised(gen,real)", 1000 * gaussian[1]
    table = cosines("gen", "gen")
    yield "Vendi.cosine.all", effective_number(table)
    groups = [[i for i in range(G) if LABEL[i] == label] for label in range(LABELS)]
    yield "Vendi.cosine.per_label", [effective_number(table[np.ix_(group, group)]) for group in groups]
    yield "mean_pairwise_cosine_distance.per_label", [1 - within(table, group) for group in groups]
    key = "PRDC.k5.real=real_normalised.fake=gen_normalised[precision,recall,density,coverage]"
    yield key, neighbours(real, gen, 5)


def effective_number(table: Floats) -> float:
    spectrum = [v for v in np.linalg.svd(table / len(table), compute_uv=False) if v > 1e-14]
    return math.exp(-math.fsum(v * math.log(v) for v in spectrum))


def neighbours(real: list[Floats], fake: list[Floats], k: int) -> list[float]:
    """Precision, recall, density and coverage by looking at every pair."""

    def radius(rows: list[Floats]) -> list[float]:
        return [sorted(math.dist(a, b) for j, b in enumerate(rows) if j != i)[k - 1] for i, a in enumerate(rows)]

    around_real, around_fake = radius(real), radius(fake)
    apart = [[math.dist(r, f) for f in fake] for r in real]
    n, m = len(real), len(fake)
    return [
        sum(any(apart[i][j] < around_real[i] for i in range(n)) for j in range(m)) / m,
        sum(any(apart[i][j] < around_fake[j] for j in range(m)) for i in range(n)) / n,
        sum(apart[i][j] < around_real[i] for i in range(n) for j in range(m)) / (k * m),
        sum(min(apart[i]) < around_real[i] for i in range(n)) / n,
    ]


def retrieval() -> Iterator[tuple[str, Any]]:
    table = cosines("gen", "audio")
    ranks = [1 + sum(table[j, PAIR[i]] > table[i, PAIR[i]] for j in range(G)) for i in range(G)]
    yield "retrieval.ranks", [int(r) for r in ranks]
    for k in (1, 5, 10):
        yield f"retrieval.R@{k}", sum(r <= k for r in ranks) / G
        yield f"retrieval.R@{k}.chance", k / G
    yield "retrieval.MRR", math.fsum(1 / r for r in ranks) / G
    yield "retrieval.MRR.chance", math.fsum(1 / r for r in range(1, G + 1)) / G
    yield "retrieval.median_rank", float(np.median(ranks))
    yield "retrieval.mean_percentile_rank(AUC)", math.fsum(1 - (r - 1) / (G - 1) for r in ranks) / G
    precisions, top = [], 0
    for i in range(G):
        order = sorted(range(G), key=lambda j: -table[j, PAIR[i]])
        right = [LABEL[j] == LABEL[i] for j in order]
        top += right[0]
        precisions.append(np.mean([sum(right[: place + 1]) / (place + 1) for place in range(G) if right[place]]))
    yield "retrieval.label_mAP", math.fsum(precisions) / G
    yield "retrieval.label_P@1", top / G
    rows = [LABEL.index(label) for label in range(4)]
    best = max(permutations(range(4)), key=lambda way: sum(table[rows[j], PAIR[rows[i]]] for i, j in enumerate(way)))
    yield "retrieval.assignment_trial_first_of_labels_0_3", list(best)


FAST = (matched, labelled, label_nulls, distances, retrieval)
SLOW: tuple[Any, ...] = ()
