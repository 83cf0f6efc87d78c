"""What the printed confusion matrices say: Tables 2 to 4, people's answers."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis import accuracy, wording
from analysis.chance import convolve, matching_sf
from analysis.compare import compare_arms, compare_categories, probability_higher
from analysis.confusion import pair_tests, unconditional_pair_counts
from analysis.intervals import newcombe_interval
from analysis.paper.finding import PaperFinding, apa
from analysis.paper.tables import consistent_with_one_to_one, decompose
from analysis.power import Design, trial_level_size, two_groups_power
from analysis.reading import Answers


def told_answers(data: dict[str, Any]) -> PaperFinding:
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


def above_chance(answers: dict[str, Answers]) -> PaperFinding:
    two, three, four = (accuracy.overall(answers[key]) for key in ("table_2", "table_3", "table_4"))
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
            f"{two.p_random:.6e}. If its participants avoided using an image twice of their own accord, the matching "
            f"law gives the conservative {bound:.3e}.",
        ],
        {
            "table_4_p": four.p_value, "table_4_binomial_p": wrong, "table_3_p": three.p_value,
            "table_2_p": two.p_random, "table_2_conservative_p": bound,
        },
    )  # fmt: skip


def telling_apart(answers: Answers) -> PaperFinding:
    row = next(r for r in accuracy.per_category(answers) if r.category == "Electronic music")
    joint = accuracy.westfall_young(answers).p_values[1]
    level = next(r for r in accuracy.conditional_chance(answers) if r.category == "Electronic music")
    evidence = accuracy.bayes_factor(level.correct, level.n, level.chance)
    return PaperFinding(
        3,
        "58.3% on Electronic music and Heavy metal is no evidence of telling them apart",
        [
            f"Taken alone, {row.correct} of {row.n} lies above the chance of 1/4: p = {apa(row.p_value, 5)} (Holm over "
            f"the four categories {apa(row.p_holm, 4)}, Westfall-Young {apa(joint, 4)}).",
            f"But everybody matched the other two categories, and then chance is "
            f"{wording.unit(level.chance, digits=1)}: {level.correct} of {level.n} against it gives p = "
            f"{apa(level.p_two_sided, 3)} (two-sided), 95% CI "
            f"{wording.interval(level.ci_low, level.ci_high, digits=3)}, Bayes factor {apa(evidence, 3)} for an "
            f"unknown share against {wording.unit(level.chance, digits=1)}: if anything, for guessing.",
        ],
        {
            "p_marginal": row.p_value, "p_holm": row.p_holm, "p_westfall_young": joint,
            "conditional_chance": level.chance, "p_conditional": level.p_two_sided,
            "ci": [level.ci_low, level.ci_high], "bf10": evidence,
        },
    )  # fmt: skip


def swapped_pair(answers: Answers) -> PaperFinding:
    pair = max(pair_tests(answers), key=lambda p: p.errors)
    plain_p = convolve([(unconditional_pair_counts(4), 12)]).sf(pair.errors)
    return PaperFinding(
        4,
        "All ten errors of Table 4 are one swapped pair",
        [
            f"All {pair.errors} errors lie between {pair.a} and {pair.b}. Given how many errors each participant made, "
            f"p = {apa(pair.p_value, 6)} for this pair and {apa(pair.p_holm, 6)} for some pair.",
            f"Without that condition ({pair.errors} or more of 24 answers) the pair's p is only {apa(plain_p, 4)}: the "
            f"question is which errors were made, not "
            f"whether.",
        ],
        {"errors": pair.errors, "p_pair": pair.p_value, "p_any_pair": pair.p_holm, "p_unconditional": plain_p},
    )


def model_1_against_2(frames: dict[str, pd.DataFrame], answers: dict[str, Answers]) -> PaperFinding:
    one, two = frames["table_3"], frames["table_4"]
    strangers = compare_arms(pd.concat([one, two]), "table_3", "table_4", same_participants=False)
    # The same twelve people: the recovered answers are paired in any order, as table 3 has only one score.
    renamed = one.assign(participant=one["participant"].str.replace("table_3", "table_4"))
    same = compare_arms(pd.concat([renamed, two]), "table_3", "table_4", same_participants=True)
    x, y = answers["table_3"].total_correct, answers["table_4"].total_correct
    naive = float(stats.fisher_exact([[x, 48 - x], [y, 48 - y]]).pvalue)
    category = next(c for c in compare_categories(answers["table_3"], answers["table_4"]) if c.p_value < 1)
    higher = probability_higher(category.correct_a, category.n_a, category.correct_b, category.n_b)
    theta = accuracy.ability(answers["table_4"]).theta or 0.0
    spread = _spread_over_binomial(theta)
    sizes = [trial_level_size(theta, Design(), test=test) for test in ("fisher", "chi_squared")]
    return PaperFinding(
        5,
        "Model 1 against model 2 depends on who took part",
        [
            f"If 24 different people answered, the exact permutation of participants gives p = "
            f"{apa(strangers.p_value, 4)} (one-sided {apa(strangers.p_one_sided, 4)}); if the same 12 people did, p = "
            f"{apa(same.p_value, 4)}. The paper does not say which.",
            f"Fisher's test on {x} against {y} single answers gives {apa(naive, 5)} and is not valid: one "
            f"participant's matches hang together, so that scores vary {wording.number(spread)} times as much as a "
            f"binomial law says. "
            f"With two identical one-to-one groups of this accuracy it calls a difference at "
            f"alpha = .05 in {100 * sizes[0]:.1f}% of studies, and chi-squared in {100 * sizes[1]:.1f}%.",
            f"Category by category (Fisher over participants), after Holm: p = {apa(category.p_holm, 3)}.",
        ],
        {
            "p_different_people": strangers.p_value, "p_one_sided": strangers.p_one_sided,
            "p_same_people": same.p_value, "p_trial_level_invalid": naive, "trial_level_size": sizes,
            "variance_over_binomial": spread, "p_category_holm": category.p_holm,
            "cliffs_delta": strangers.cliffs_delta, "posterior_category_higher": higher,
        },
    )  # fmt: skip


def model_2_against_baseline(data: dict[str, Any]) -> PaperFinding:
    x, y = (int(np.trace(np.array(data[key]["counts"]))) for key in ("table_4", "table_2"))
    p = float(stats.fisher_exact([[x, 48 - x], [y, 48 - y]]).pvalue)
    low, high = newcombe_interval(x, 48, y, 48)
    power = two_groups_power(0.79, 0.75, 12)
    return PaperFinding(
        6,
        "Model 2 against Qiu and Kataoka: no evidence either way",
        [
            f"{x} of 48 against {y} of 48: p = {apa(p, 2)} by Fisher's test on single answers (too bold rather than "
            f"too cautious, but Table 2's participants cannot be recovered), difference "
            f"{wording.unit((x - y) / 48, digits=3)}, 95% CI {wording.interval(low, high, digits=3)}.",
            f"The two designs differ (one-to-one and free), and so do the chance laws; with 12 participants the power "
            f"to see .79 against .75 is {100 * power:.1f}%.",
        ],
        {"p": p, "ci": [low, high], "power": power, "designs": [data["table_4"]["design"], data["table_2"]["design"]]},
    )


def _spread_over_binomial(theta: float, k: int = 4) -> float:
    """Variance of one participant's score at ability theta, over that of k independent answers as often right."""
    pmf = accuracy.ability_pmf(theta, k, k)
    mean = float(pmf @ np.arange(k + 1))
    variance = float(pmf @ np.arange(k + 1) ** 2) - mean**2
    return variance / (mean * (1 - mean / k))
