"""The paper's own tables, read again with exact statistics: nine findings in plain sentences with their numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis import wording
from analysis.accuracy import (
    ability,
    ability_pmf,
    bayes_factor,
    conditional_chance,
    overall,
    per_category,
    westfall_young,
)
from analysis.chance import convolve, matching_sf
from analysis.compare import compare_arms, compare_categories, probability_higher
from analysis.confusion import pair_tests, unconditional_pair_counts
from analysis.documents import plain
from analysis.errors import AnalysisError
from analysis.intervals import newcombe_interval
from analysis.paper.tables import consistent_with_one_to_one, decompose, paper, responses_from_table
from analysis.power import Design, trial_level_size, two_groups_power
from analysis.ranks import PairedScores, paired_scores, rank_relation, spearman_p
from analysis.reading import Answers, answers_from
from analysis.similarity import to_advantage

# Spread of per-item similarity advantages in CLIP-like spaces, from which the error of a mean over G images follows.
ITEM_SD = (0.05, 0.10)


@dataclass(frozen=True)
class PaperFinding:
    """One statement about the printed tables, with the numbers behind it."""

    number: int
    title: str
    sentences: list[str]
    values: dict[str, Any]


def all_findings() -> list[PaperFinding]:
    """All nine, in order."""
    data = paper()
    frames = {key: responses_from_table(data[key], arm=key) for key in ("table_2", "table_3", "table_4")}
    answers = {key: answers_from(frame, data[key]["categories"]) for key, frame in frames.items()}
    return [
        _participants(data),
        _above_chance(answers),
        _discrimination(answers["table_4"]),
        _swapped_pair(answers["table_4"]),
        _model_1_against_2(frames, answers),
        _model_2_against_baseline(data),
        _giils(data),
        _noise_of_ais(data),
        _human_against_giils(data, answers["table_4"]),
    ]


def write_findings(out_dir: Path) -> tuple[list[PaperFinding], list[Path]]:
    """Write findings.json and findings.md; returns the findings and the files."""
    found = all_findings()
    contents = {
        "findings.json": json.dumps(plain([asdict(f) for f in found]), ensure_ascii=False, indent=1) + "\n",
        "findings.md": markdown(found),
    }
    paths = []
    for name, text in contents.items():
        path = Path(out_dir) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be written ({error.strerror}).") from None
        paths.append(path)
    return found, paths


def markdown(found: Sequence[PaperFinding]) -> str:
    """The findings as a page."""
    parts = ["# The paper's tables read again\n", f"{paper()['source']}\n"]
    parts += [f"## {f.number}. {f.title}\n\n" + " ".join(f.sentences) + "\n" for f in found]
    return "\n".join(parts)


def _participants(data: dict[str, Any]) -> PaperFinding:
    two, three, four = (data[key] for key in ("table_2", "table_3", "table_4"))
    answers = {key: decompose(data[key]["counts"], 12) for key in ("table_3", "table_4")}
    assert all(found.unique for found in answers.values())
    swapped = next(times for p, times in answers["table_4"].answers.items() if p != (0, 1, 2, 3))
    perfect = answers["table_4"].answers[(0, 1, 2, 3)]
    names = [four["categories"][i] for i in (1, 2)]
    totals = np.array(two["counts"]).sum(axis=0).tolist()
    free = not consistent_with_one_to_one(two["counts"], two["participants"])
    return PaperFinding(
        1,
        "Tables 3 and 4 tell every participant's answer",
        [
            "Rows and columns of Tables 3 and 4 all sum to 12, which is consistent with one-to-one matching: necessary "
            "for it, not proof of it, as Table 3 would arise from free matching too. The design is taken as declared.",
            f"Then only one set of answers adds up to Table 4: {perfect} participants matched everything correctly and "
            f"{swapped} swapped {names[0]} and {names[1]} (scores {perfect} x 4 and {swapped} x 2); in Table 3 all "
            f"{three['participants']} matched everything.",
            f"Table 2's columns sum to {wording.listing([str(t) for t in totals])}, so its images were used "
            f"again: a free task, whose participants cannot be recovered.",
        ],
        {"table_4_perfect": perfect, "table_4_swapped": swapped, "table_2_columns": totals, "table_2_free": free},
    )


def _above_chance(answers: dict[str, Answers]) -> PaperFinding:
    two, three, four = (overall(answers[key]) for key in ("table_2", "table_3", "table_4"))
    blocks = [(4, 4)] * 12
    wrong = matching_sf(four.correct, blocks, design="free")
    bound = matching_sf(two.correct, blocks)
    return PaperFinding(
        2,
        "All three tables lie above chance; a binomial test would overstate Tables 3 and 4",
        [
            f"Table 4: {four.correct} of {four.total}, exact p = {four.p_value:.6e} by the matching law; the binomial "
            f"law would give {wrong:.1e}, about {float(f'{(four.p_value or 0) / wrong:.2g}'):,.0f} times too small.",
            f"Table 3: {three.correct} of {three.total}, p = 24^-12 = {three.p_value:.6e}.",
            f"Table 2 is a free task, where the binomial law is right: {two.correct} of {two.total}, p = "
            f"{two.p_value:.6e}. If its participants avoided using an image twice of their own accord, the matching "
            f"law gives the conservative {bound:.3e}.",
        ],
        {
            "table_4_p": four.p_value,
            "table_4_binomial_p": wrong,
            "table_3_p": three.p_value,
            "table_2_p": two.p_value,
            "table_2_conservative_p": bound,
        },
    )


def _discrimination(answers: Answers) -> PaperFinding:
    row = next(r for r in per_category(answers) if r.category == "Electronic music")
    joint = westfall_young(answers).p_values[1]
    level = next(r for r in conditional_chance(answers) if r.category == "Electronic music")
    evidence = bayes_factor(level.correct, level.n, level.chance)
    return PaperFinding(
        3,
        "58.3% on Electronic music and Heavy metal is no evidence of telling them apart",
        [
            f"Taken alone, {row.correct} of {row.n} lies above the chance of 1/4: p = {_p(row.p_value, 5)} (Holm over "
            f"the four categories {_p(row.p_holm, 4)}, Westfall-Young {_p(joint, 4)}).",
            f"But everybody matched the other two categories, and then chance is "
            f"{wording.unit(level.chance, digits=1)}: {level.correct} of {level.n} against it gives p = "
            f"{_p(level.p_two_sided, 3)} (two-sided), 95% CI "
            f"{wording.interval(level.ci_low, level.ci_high, digits=3)}, Bayes factor {_p(evidence, 3)} for an "
            f"unknown share against {wording.unit(level.chance, digits=1)}: if anything, for guessing.",
        ],
        {
            "p_marginal": row.p_value,
            "p_holm": row.p_holm,
            "p_westfall_young": joint,
            "conditional_chance": level.chance,
            "p_conditional": level.p_two_sided,
            "ci": [level.ci_low, level.ci_high],
            "bf10": evidence,
        },
    )


def _swapped_pair(answers: Answers) -> PaperFinding:
    pair = max(pair_tests(answers), key=lambda p: p.errors)
    plain_p = convolve([(unconditional_pair_counts(4), 12)]).sf(pair.errors)
    return PaperFinding(
        4,
        "All ten errors of Table 4 are one swapped pair",
        [
            f"All {pair.errors} errors lie between {pair.a} and {pair.b}. Given how many errors each participant made, "
            f"p = {_p(pair.p_value, 6)} for this pair and {_p(pair.p_holm, 6)} for some pair.",
            f"Without that condition ({pair.errors} or more of 24 answers) the pair's p is only {_p(plain_p, 4)}: the "
            f"question is which errors were made, not "
            f"whether.",
        ],
        {"errors": pair.errors, "p_pair": pair.p_value, "p_any_pair": pair.p_holm, "p_unconditional": plain_p},
    )


def _model_1_against_2(frames: dict[str, pd.DataFrame], answers: dict[str, Answers]) -> PaperFinding:
    one, two = frames["table_3"], frames["table_4"]
    strangers = compare_arms(pd.concat([one, two]), "table_3", "table_4", same_participants=False)
    # The same twelve people: the recovered answers are paired in any order, as table 3 has only one score.
    renamed = one.assign(participant=one["participant"].str.replace("table_3", "table_4"))
    same = compare_arms(pd.concat([renamed, two]), "table_3", "table_4", same_participants=True)
    x, y = answers["table_3"].total_correct, answers["table_4"].total_correct
    naive = float(stats.fisher_exact([[x, 48 - x], [y, 48 - y]]).pvalue)
    category = next(c for c in compare_categories(answers["table_3"], answers["table_4"]) if c.p_value < 1)
    higher = probability_higher(category.correct_a, category.n_a, category.correct_b, category.n_b)
    theta = ability(answers["table_4"]).theta or 0.0
    spread = _spread_over_binomial(theta)
    sizes = [trial_level_size(theta, Design(), test=test) for test in ("fisher", "chi_squared")]
    return PaperFinding(
        5,
        "Model 1 against model 2 depends on who took part",
        [
            f"If 24 different people answered, the exact permutation of participants gives p = "
            f"{_p(strangers.p_value, 4)} (one-sided {_p(strangers.p_one_sided, 4)}); if the same 12 people did, p = "
            f"{_p(same.p_value, 4)}. The paper does not say which.",
            f"Fisher's test on {x} against {y} single answers gives {_p(naive, 5)} and is not valid: one participant's "
            f"matches hang together, so that scores vary {wording.number(spread)} times as much as a binomial law "
            f"says. "
            f"With two identical one-to-one groups of this accuracy it calls a difference at "
            f"alpha = .05 in {100 * sizes[0]:.1f}% of studies, and chi-squared in {100 * sizes[1]:.1f}%.",
            f"Category by category (Fisher over participants), after Holm: p = {_p(category.p_holm, 3)}.",
        ],
        {
            "p_different_people": strangers.p_value,
            "p_one_sided": strangers.p_one_sided,
            "p_same_people": same.p_value,
            "p_trial_level_invalid": naive,
            "trial_level_size": sizes,
            "variance_over_binomial": spread,
            "p_category_holm": category.p_holm,
            "cliffs_delta": strangers.cliffs_delta,
            "posterior_category_higher": higher,
        },
    )


def _model_2_against_baseline(data: dict[str, Any]) -> PaperFinding:
    x, y = (int(np.trace(np.array(data[key]["counts"]))) for key in ("table_4", "table_2"))
    p = float(stats.fisher_exact([[x, 48 - x], [y, 48 - y]]).pvalue)
    low, high = newcombe_interval(x, 48, y, 48)
    power = two_groups_power(0.79, 0.75, 12)
    return PaperFinding(
        6,
        "Model 2 against Qiu and Kataoka: no evidence either way",
        [
            f"{x} of 48 against {y} of 48: p = {_p(p, 2)} by Fisher's test on single answers (too bold rather than too "
            f"cautious, but Table 2's participants cannot be recovered), difference "
            f"{wording.unit((x - y) / 48, digits=3)}, 95% CI {wording.interval(low, high, digits=3)}.",
            f"The two designs differ (one-to-one and free), and so do the chance laws; with 12 participants the power "
            f"to see .79 against .75 is {100 * power:.1f}%.",
        ],
        {"p": p, "ci": [low, high], "power": power, "designs": [data["table_4"]["design"], data["table_2"]["design"]]},
    )


def _giils(data: dict[str, Any]) -> PaperFinding:
    found, relation, relation_p = _giils_comparison(data)
    a, b = _giils_columns(data)
    kendall = stats.kendalltau(a, b, method="exact")
    return PaperFinding(
        7,
        "GIILS of model 2 is lower, not negligibly",
        [
            f"{found.lower_in_second} of {found.n} labels are lower in Table 6 (sign test p = {_p(found.sign_p, 3)}); "
            f"Wilcoxon p = {_p(found.wilcoxon_p, 4)}, t({found.n - 1}) = {found.t:.2f}, p = {_p(found.t_p, 4)}, d_z = "
            f"{_p(found.d_z, 3)}. The paper calls the differences negligible.",
            f"Labels keep their order only in part: Spearman {_p(relation, 3)} (p = {_p(relation_p, 6)} by the t "
            f"approximation), Kendall {_p(float(kendall.statistic), 3)} (exact p = {_p(float(kendall.pvalue), 6)}). "
            f"That Table 6 is lower rank by rank, as the paper says, is "
            f"{'true' if found.rankwise_all_lower else 'false'} for all {found.n} ranks.",
            "With 10 images per label the noise of one value is as large as most gaps between labels, so a ranking of "
            "labels needs intervals.",
        ],
        {
            **asdict(found),
            "spearman": relation,
            "spearman_p_t": relation_p,
            "kendall": float(kendall.statistic),
            "kendall_p": float(kendall.pvalue),
        },
    )


def _giils_columns(data: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    labels = list(data["table_5"]["giils"])
    return tuple(np.array([data[key]["giils"][label] for label in labels]) for key in ("table_5", "table_6"))  # type: ignore[return-value]


def _giils_comparison(data: dict[str, Any]) -> tuple[PairedScores, float, float]:
    """Paired tests, Spearman's rho and its p by the t approximation."""
    a, b = _giils_columns(data)
    rho = stats.spearmanr(a, b)
    return paired_scores(a.tolist(), b.tolist()), float(rho.statistic), float(rho.pvalue)


def _noise_of_ais(data: dict[str, Any]) -> PaperFinding:
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


def _human_against_giils(data: dict[str, Any], answers: Answers) -> PaperFinding:
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
            f"{_p(least, 4)} ({_p(tied, 3)} with ties of two and two), so no correlation can ever be significant: n is "
            f"too small, and no p-value is given.",
        ],
        {"spearman": relation.spearman, "status": relation.status, "least_p": least, "least_p_with_ties": tied},
    )


def _p(value: float | None, digits: int) -> str:
    """A value below 1 in APA style, with as many digits as the finding needs."""
    return wording.unit(value, digits=digits)


def _spread_over_binomial(theta: float, k: int = 4) -> float:
    """Variance of one participant's score at ability theta, over that of k independent answers as often right."""
    pmf = ability_pmf(theta, k, k)
    mean = float(pmf @ np.arange(k + 1))
    variance = float(pmf @ np.arange(k + 1) ** 2) - mean**2
    return variance / (mean * (1 - mean / k))
