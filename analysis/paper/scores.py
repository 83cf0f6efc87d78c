"""What the printed similarity scores say: Tables 1, 5 and 6."""

from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import stats

from analysis import wording
from analysis.paper.finding import PaperFinding, apa
from analysis.ranks import PairedScores, paired_scores, rank_relation, spearman_p
from analysis.reading import Answers
from analysis.similarity import to_advantage

# Spread of per-item similarity advantages in CLIP-like spaces, from which the error of a mean over G images follows.
ITEM_SD = (0.05, 0.10)


def giils_of_models(data: dict[str, Any]) -> PaperFinding:
    found, relation, relation_p = _giils_comparison(data)
    a, b = _giils_columns(data)
    kendall = stats.kendalltau(a, b, method="exact")
    return PaperFinding(
        7,
        "GIILS of model 2 is lower, not negligibly",
        [
            f"{found.lower_in_second} of {found.n} labels are lower in Table 6 (sign test p = {apa(found.sign_p, 3)}); "
            f"Wilcoxon p = {apa(found.wilcoxon_p, 4)}, t({found.n - 1}) = {found.t:.2f}, p = {apa(found.t_p, 4)}, "
            f"d_z = {apa(found.d_z, 3)}. The paper calls the differences negligible.",
            f"Labels keep their order only in part: Spearman {apa(relation, 3)} (p = {apa(relation_p, 6)} by the t "
            f"approximation), Kendall {apa(float(kendall.statistic), 3)} (exact p = {apa(float(kendall.pvalue), 6)}). "
            f"That Table 6 is lower rank by rank, as the paper says, is "
            f"{'true' if found.rankwise_all_lower else 'false'} for all {found.n} ranks.",
            "With 10 images per label the noise of one value is as large as most gaps between labels, so a ranking of "
            "labels needs intervals.",
        ],
        {
            **asdict(found), "spearman": relation, "spearman_p_t": relation_p,
            "kendall": float(kendall.statistic), "kendall_p": float(kendall.pvalue),
        },
    )  # fmt: skip


def _giils_columns(data: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    labels = list(data["table_5"]["giils"])
    return tuple(np.array([data[key]["giils"][label] for label in labels]) for key in ("table_5", "table_6"))  # type: ignore[return-value]


def _giils_comparison(data: dict[str, Any]) -> tuple[PairedScores, float, float]:
    """Paired tests, Spearman's rho and its p by the t approximation."""
    a, b = _giils_columns(data)
    rho = stats.spearmanr(a, b)
    return paired_scores(a.tolist(), b.tolist()), float(rho.statistic), float(rho.pvalue)


def noise_of_ais(data: dict[str, Any]) -> PaperFinding:
    rows = data["table_1"]["rows"][:2]
    n = data["table_1"]["images_per_model"]
    xs = [to_advantage(row["ais"]) for row in rows]
    errors = [100 / np.pi * sd / np.sqrt(n) for sd in ITEM_SD]
    most = max(abs(row["ais"] - 50) for row in rows) / errors[0]
    return PaperFinding(
        8,
        "AIS of 50.15 and 49.91 cannot be told from 50",
        [
            f"They stand for mean similarity advantages x of {xs[0]:+.5f} and {xs[1]:+.5f}. With {n} images and a "
            f"spread of {ITEM_SD[0]:.2f} to {ITEM_SD[1]:.2f} per image (assumed; the paper gives none) the "
            f"standard error is {errors[0]:.2f} to {errors[1]:.2f} points, so neither lies more than {most:.1f} "
            f"standard errors from 50.",
            "A similarity score without an interval cannot be read.",
        ],
        {"x": xs, "se_points": errors, "most_standard_errors": most},
    )


def human_against_giils(data: dict[str, Any], answers: Answers) -> PaperFinding:
    labels = data["table_4"]["categories"]
    hits = answers.hits_by_category.sum(axis=0).tolist()
    giils = [data["table_6"]["giils"][label] for label in labels]
    relation = rank_relation([float(h) for h in hits], giils)
    least = spearman_p(np.arange(4), np.arange(4))
    tied = spearman_p(np.array([1, 1, 2, 2]), np.arange(4))
    return PaperFinding(
        9,
        "Human accuracy against GIILS over four categories: too few to say",
        [
            f"Spearman = {wording.number(relation.spearman)}. With n = 4 the smallest possible two-sided p is "
            f"{apa(least, 4)} ({apa(tied, 3)} with ties of two and two), so no correlation can ever be significant: n "
            f"is too small, and no p-value is given."
        ],
        {"spearman": relation.spearman, "status": relation.status, "least_p": least, "least_p_with_ties": tied},
    )
