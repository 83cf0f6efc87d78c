"""Tables of one arm, the same in every format. They read the result document and compute nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.parts import Sortable, Table

INTERVAL_WORDS = {
    "participant_bootstrap_exact": "participants resampled, exact percentiles",
    "participant_bootstrap": "participants resampled, percentiles of seeded draws",
    "clopper_pearson_participants": "Clopper-Pearson over participants",
    "none": "no answers",
}
MOST_NAMED_COLUMNS = 6
MOST_PAIRS = 10
AGREEMENT = (
    ("pairwise", "Pairwise agreement", "chance that two participants chose alike"),
    ("fleiss", "Fleiss' kappa", "agreement between participants, chance corrected"),
    ("krippendorff", "Krippendorff's alpha", "agreement, nominal, also for unequal numbers of participants"),
    ("randolph", "Randolph's kappa", "agreement against even use of all categories"),
    ("gwet", "Gwet's AC1", "agreement, robust to uneven use of images"),
)


def by_p(rows: Sequence[Mapping[str, Any]], *, count: str) -> list[Mapping[str, Any]]:
    """The rows worth showing: smallest p first, then most of `count`."""
    return sorted(rows, key=lambda row: (1.0 if row["p_value"] is None else row["p_value"], -row[count]))[:MOST_PAIRS]


def overall_table(arm: Mapping[str, Any]) -> Table:
    """Every number on all matches with its interval or method."""
    whole, law, found = arm["overall"], arm["overall"]["null"], arm["sensitivity"]
    rows = [
        ["Participants", f"{arm['n_participants']:,}", _boards(arm)],
        [
            "Correct matches",
            f"{whole['correct']:,} of {whole['total']:,}",
            f"{wording.percent(whole['rate'])} of clips",
        ],
        [
            "95% interval of the share",
            wording.percent_interval(whole["ci_low"], whole["ci_high"]),
            INTERVAL_WORDS[whole["ci_method"]],
        ],
    ]
    if law:
        least = law["critical"]["0.05"]
        level = f"significant at .05 from {least} on" if least <= law["max"] else "no total is significant at .05"
        rows += [
            [
                "Expected at random",
                wording.number(whole["expected"]),
                f"sd {wording.number(law['sd'])}, exact law; {level}",
            ],
            ["p, one-sided", wording.p_exact(whole["p_value"]), f"{whole['method']}: so many or more; the main test"],
            ["p, two-sided", wording.p_exact(whole["p_two_sided"]), "totals no likelier than this one"],
            ["mid-p", wording.p_exact(whole["mid_p"]), "one-sided, this total counted half; less cautious"],
            [
                "Above guessing",
                wording.percent(whole["guess_corrected"]),
                "(share − chance) / (1 − chance): 0% = guessing, 100% = all known",
            ],
        ]
    theta = whole["theta"]
    if theta["theta"] is None:
        rows.append(["Known clips, theta", wording.NONE, theta["reason"]])
    else:
        note = "share truly known if all others are guessed; profile-likelihood interval"
        value = f"{wording.unit(theta['theta'])} {wording.interval(theta['ci_low'], theta['ci_high'])}"
        rows.append(["Known clips, theta", value, f"{note}. {theta['reason']}" if theta["reason"] else note])
    task = "one-to-one boards" if found["task"] == "one_to_one" else "single choices"
    words, value = found["reason"], wording.number(found["d_prime"])
    if found["status"] == "ok":
        words = f"of an ideal observer of {task} with this share"
        if found["ci_low"] is None or found["ci_high"] is None:
            words += "; the interval of the share ends where d′ does not exist"
        else:
            value += f" [{wording.number(found['ci_low'])}, {wording.number(found['ci_high'])}]"
    rows.append(["d′", value, words])
    return Table("All matches.", ["What", "Value", "How"], rows, words=(2,), label="All matches")


def category_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Counts, interval, chance and corrected p of every category; the chance that is left beside the usual one."""
    left = {row["category"]: row for row in arm["conditional_chance"]}
    head = ["Category", "Correct", "95% interval", "Chance", *(["Chance left", "p against it"] if left else [])]
    rows = []
    for name in categories:
        row = arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, f"(0/{row['n']})", row["reason"]])
            continue
        cells: list[str] = [
            name,
            Sortable(f"({row['correct']}/{row['n']}) {wording.percent(row['rate'])}", row["rate"]),
            Sortable(wording.percent_interval(row["ci_low"], row["ci_high"]), row["ci_low"]),
            Sortable(wording.percent(row["chance"]), row["chance"]),
        ]
        if left:
            level = left.get(name)
            cells.append(
                Sortable(wording.percent(level["chance"]) if level else wording.NONE, level and level["chance"])
            )
            cells.append(_p(level and level["p_two_sided"]))
        cells += [_p(row["p_value"]), _p(row["p_holm"]), _p(row["p_joint"])]
        rows.append([*cells, _giils_cell(arm["metrics"], name)] if arm["metrics"] else cells)
    effective = any(row["ci_method"] == "wilson_effective_n" for row in arm["categories"].values())
    caption = (
        f"Correct matches per category with Wilson's 95% interval"
        f"{' (for the effective number of answers, as participants gave several)' if effective else ''} and the exact "
        f"one-sided p against chance. Holm: corrected over the categories; joint: chance that some category looks this "
        f"good at random{f' ({method})' if (method := arm['joint_method']) != 'none' else ''}."
    )
    last = ["GIILS ± SE"] if arm["metrics"] else []
    if last:
        caption += f" GIILS: in the space “{arm['metrics']['space']['name']}”."
    if left:
        known = wording.listing(arm["conditional_chance"][0]["known"])
        caption += f" Chance left: what guessing gives once {known}, which everybody matched, are known; p two-sided."
    return Table(
        caption, [*head, "p", "p (Holm)", "p (joint)", *last], rows, sortable=True, label="Categories",
    )  # fmt: skip


def category_effects(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Further intervals and effect sizes of every category."""
    rows = []
    for name in categories:
        row = arm["categories"][name]
        if row["rate"] is None:
            rows.append([name, str(row["n"]), row["reason"]])
            continue
        rows.append(
            [
                name,
                str(row["n"]),
                wording.percent_interval(*(row["ci_clopper_pearson"] or (None, None))),
                wording.percent_interval(*(row["ci_jeffreys"] or (None, None))),
                Sortable(wording.percent(row["guess_corrected"]), row["guess_corrected"]),
                Sortable(wording.unit(row["cohen_h"]), row["cohen_h"]),
            ]
        )
    return Table(
        "Exact (Clopper-Pearson) and Jeffreys 95% intervals, which take answers as independent; share above guessing, "
        "(share − chance) / (1 − chance); Cohen's h against chance.",
        ["Category", "n", "Exact interval", "Jeffreys", "Above guessing", "Cohen's h"],
        rows, sortable=True, label="Effect sizes of categories",
    )  # fmt: skip


def discrimination_table(arm: Mapping[str, Any]) -> Table | None:
    """Boards on which only a pair was left open: is it told apart? None where no board is of that kind."""
    seen = [row for row in arm["discriminations"] if row["n"]]
    if not seen:
        return None
    shown = sorted(seen, key=lambda row: (-(row["n"] - row["right"]), row["p_two_sided"]))[:MOST_PAIRS]
    rows = [
        [
            f"{row['a']} – {row['b']}",
            Sortable(f"({row['right']}/{row['n']})", row["right"] / row["n"]),
            wording.percent_interval(row["ci_low"], row["ci_high"]),
            _p(row["p_two_sided"]),
            Sortable(bayes(row["bayes_factor"]), row["bayes_factor"]),
        ]
        for row in shown
    ]
    caption = (
        "Told apart? Boards on which all other clips were right: two images are left for two clips, so chance is 50%. "
        "Clopper-Pearson interval, exact two-sided p, Bayes factor for an unknown share against 50% (above 1: for "
        "telling apart)."
    )
    if several_boards(arm):
        caption += " Boards count as independent, which those of one person may not be."
    if len(shown) < len(seen):
        caption += f" The {len(shown)} of {len(seen)} pairs with most errors."
    head = ["Pair", "Right", "95% interval", "p", "Bayes factor"]
    return Table(caption, head, rows, sortable=True, label="Pairs told apart")


def several_boards(arm: Mapping[str, Any]) -> bool:
    """Whether some participant answered more than one board."""
    return (arm["blocks_per_participant"]["max"] or 0) > 1


def bayes(factor: float | None) -> str:
    """A Bayes factor for reading: ".40", "5.2", "6.1 × 10⁴"."""
    if factor is None:
        return wording.NONE
    if 0.001 <= factor < 1000:
        return wording.unit(factor) if factor < 1 else wording.number(factor, digits=1)
    mantissa, exponent = f"{factor:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(wording.SUPERSCRIPT)}"


def confusion_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Columns carry numbers where names would not fit; cells of a big matrix leave out the row's total."""
    numbered = len(categories) > MOST_NAMED_COLUMNS
    head = [str(i + 1) for i in range(len(categories))] if numbered else list(categories)
    rows = []
    for i, category in enumerate(categories):
        total = arm["row_totals"][i]
        cells = [str(n) if numbered else f"({n}/{total})" for n in arm["confusion"][i]]
        rows.append([f"{i + 1} {category}" if numbered else category, *cells, *([str(total)] if numbered else [])])
    caption = "Confusion matrix: rows are the category heard, columns the category of the image chosen; "
    caption += "a cell is the number of times chosen." if numbered else "a cell is (times chosen / clips answered)."
    return Table(
        caption, ["heard", *head, *(["total"] if numbered else [])], rows, label="Confusion matrix", diagonal=True,
        dense=numbered, names=tuple(categories) if numbered else (),
    )  # fmt: skip


def pair_table(arm: Mapping[str, Any]) -> Table:
    pairs = by_p(arm["pairs"], count="errors")
    rows = [
        [
            f"{p['a']} – {p['b']}", str(p["errors"]), wording.number(p["expected"]), _p(p["p_value"]), _p(p["p_holm"]),
        ]
        for p in pairs
    ]  # fmt: skip
    permuted = any(p["method"].startswith("seeded") for p in arm["pairs"])
    caption = (
        f"Pairs taken for each other, in both directions together. p: chance of so many or more errors on this pair, "
        f"given how many errors were made ({'permutation' if permuted else 'exact'}, one-sided); Holm: corrected over "
        f"all {wording.plural(len(arm['pairs']), 'pair')}."
    )
    if permuted:
        caption += " As people answered several boards, p permutes the names of the categories within each participant."
    elif several_boards(arm) and any(p["p_value"] is not None for p in arm["pairs"]):
        caption += (
            " People answered several boards that do not all show every category, so boards count as independent here: "
            "where people have pairs of their own, p is too small."
        )
    if len(pairs) < len(arm["pairs"]):
        caption += f" The {len(pairs)} with the smallest p are shown; all stand in tables/pairs.csv."
    return Table(caption, ["Pair", "Errors", "Expected", "p", "p (Holm)"], rows, sortable=True, label="Confused pairs")


def cell_table(arm: Mapping[str, Any]) -> Table | None:
    """Single cells off the diagonal that hold errors; None where none was tested."""
    shown = by_p([cell for cell in arm["cells"] if cell["n"]], count="n")
    if not shown:
        return None
    rows = [
        [
            f"{c['heard']} → {c['chosen']}", str(c["n"]), wording.number(c["expected"]), _p(c["p_value"]),
            _p(c["p_holm"]), _p(c["p_bh"]),
        ]
        for c in shown
    ]  # fmt: skip
    caption = (
        f"Single confusions, heard → chosen, given the errors made (exact, one-sided). Holm and Benjamini-Hochberg: "
        f"corrected over all {len(arm['cells'])} cells. They see less than the pairs above."
    )
    if len(shown) < sum(cell["n"] > 0 for cell in arm["cells"]):
        caption += f" The {len(shown)} with the smallest p are shown; all stand in tables/cells.csv."
    head = ["Confusion", "Times", "Expected", "p", "p (Holm)", "p (BH)"]
    return Table(caption, head, rows, sortable=True, label="Single confusions")


def choice_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table | None:
    """Bias and nearest neighbour of every category in the similarity-choice model; None where it is not fitted."""
    model = arm["choice_model"]
    if model is None:
        return None
    if arm["overall"]["correct"] == arm["overall"]["total"]:
        return None
    rows: list[list[str]] = []
    for i, name in enumerate(categories):
        others = [j for j in range(len(categories)) if j != i]
        if not any(arm["confusion"][i][j] + arm["confusion"][j][i] for j in others):
            rows.append([name, "never confused", wording.NONE, wording.percent(model["bias"][i])])
            continue
        nearest = max(others, key=lambda j: float(model["eta"][i][j]))
        similarity = model["eta"][i][nearest]
        cells = [name, categories[nearest], Sortable(wording.unit(similarity), similarity)]
        rows.append([*cells, wording.percent(model["bias"][i])])
    caption = (
        f"Similarity-choice model (0.5 added to every cell): the category each is most easily taken for, with its "
        f"similarity (0 = never, 1 = cannot be told apart), and the pull of its image whatever is heard. Lack of fit "
        f"G² = {wording.number(model['g2'])}, df = {model['df']}."
    )
    head = ["Category", "Most like", "Similarity", "Pull"]
    return Table(caption, head, rows, words=(1,), label="Similarity of categories")


def map_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table | None:
    """Coordinates of the map of categories."""
    model = arm["choice_model"]
    if model is None or model["map"] is None:
        return None
    rows = [
        [f"{i + 1} {name}", *(wording.number(v, digits=3) for v in place)]
        for i, (name, place) in enumerate(zip(categories, model["map"], strict=True))
    ]
    head = ["Category", *(f"Dimension {d + 1}" for d in range(len(model["map"][0])))]
    return Table("Places on the map.", head, rows, label="Map of categories", bulky=True)


def null_table(arm: Mapping[str, Any]) -> Table:
    """The law of the total as it is drawn."""
    whole, law = arm["overall"], arm["overall"]["null"]
    rows = [
        [f"{total}{' (observed)' if total == whole['correct'] else ''}", f"{p:.4g}"]
        for total, p in enumerate(law["pmf"], start=law["first"])
    ]
    caption = "Chance of every total under random matching; totals far from these have next to none."
    return Table(caption, ["Correct matches", "Probability"], rows, label="Law of the total", bulky=True)


def participant_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    rows = [
        [
            p["participant"],
            Sortable(f"{p['correct']}/{p['total']}", p["correct"] / p["total"] if p["total"] else None),
            *(f"{c}/{n}" for c, n in zip(p["correct_by_category"], p["total_by_category"], strict=True)),
        ]
        for p in arm["participants"]
    ]
    caption = "Correct matches of every participant, in all and per category."
    return Table(
        caption, ["Participant", "Correct", *categories], rows, sortable=True, label="Every participant", bulky=True
    )


def information_row(arm: Mapping[str, Any]) -> list[str] | None:
    found = arm["information"]
    if found is None:
        return None
    return [
        "Information, bits",
        wording.points(found["bits_above_null"]),
        f"mutual information of clip and choice ({wording.points(found['bits'])}) above its mean under random matching "
        f"({wording.points(found['null_mean'])}; 95% of {found['null_draws']:,} random studies stay below "
        f"{wording.points(found['null_q95'])}); the most possible is {wording.number(found['most'])}",
    ]


def agreement_table(arm: Mapping[str, Any]) -> Table:
    """Accuracy and agreement in the same form, side by side."""
    found = arm["agreement"]
    kappa = wording.unit(found["cohen_truth"])
    if found["cohen_truth_low"] is not None:
        kappa += f" {wording.interval(found['cohen_truth_low'], found['cohen_truth_high'])}"
    people = f"{found['n_units']} units, N = {arm['n_participants']:,}"
    rows = [
        ["Cohen's kappa", kappa, "accuracy: choice against category heard; asymptotic interval, answers independent"]
    ]
    for key, name, says in AGREEMENT:
        show = wording.percent_interval if key == "pairwise" else wording.interval
        value = wording.percent(found[key]) if key == "pairwise" else wording.unit(found[key])
        interval = found["intervals"][key]
        if interval["ci_low"] is not None:
            value += f" {show(interval['ci_low'], interval['ci_high'])}"
        rows.append([name, value, found["reason"] or says + (f"; {interval['reason']}" if interval["reason"] else "")])
    rows += [row] if (row := information_row(arm)) else []
    caption = (
        f"Accuracy and agreement, 1 = perfect ({people}). People may agree on the wrong image, so both stand here. 95% "
        f"intervals of agreement: participants left out one by one (jackknife)."
    )
    return Table(caption, ["Coefficient", "Value", "What it says"], rows, words=(2,), label="Agreement")


def modal_table(arm: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Per category: how many were right, and how many chose the same whatever it was."""
    rows = []
    for i, name in enumerate(categories):
        if not arm["row_totals"][i]:
            rows.append([name, "no answers"])
            continue
        counts, total = arm["confusion"][i], arm["row_totals"][i]
        most = max(range(len(categories)), key=lambda j: (counts[j], j == i))
        right, chosen = (f"({counts[j]}/{total}) {wording.percent(arm['row_rates'][i][j])}" for j in (i, most))
        rows.append([name, right, categories[most], chosen])
    head = ["Category heard", "Right", "Chosen most", "By"]
    return Table("Accuracy and agreement side by side.", head, rows, words=(2,), label="Accuracy beside agreement")


def dependence_table(arm: Mapping[str, Any]) -> Table | None:
    """Shares with the participant as the unit; a model that cannot be fitted says why."""
    found, whole, crossed = arm["dependence"], arm["overall"], arm["crossed"]
    if found is None:
        return None
    rows = [
        [
            "Participants resampled", wording.percent(whole["rate"]), wording.percent(whole["ci_se"]),
            wording.percent_interval(whole["ci_low"], whole["ci_high"]), INTERVAL_WORDS[whole["ci_method"]],
        ],
        _means_row(found["participants"]), _gee_row(found), _mixed_row(found["random_intercept"], "Random intercept"),
    ]  # fmt: skip
    if found["random_intercept_guessing"]:
        rows.append(_mixed_row(found["random_intercept_guessing"], "Random intercept above guessing"))
    if crossed is None:
        why = "needs named clips, and several in some category: nothing can be said beyond the clips used"
        rows.append(["Participants and clips resampled", why])
    elif crossed["low"] is None:
        rows.append(["Participants and clips resampled", crossed["reason"]])
    else:
        note = f"speaks of other clips too; {wording.plural(crossed['n_clips'], 'clip')}"
        rows.append(
            [
                "Participants and clips resampled", wording.percent(whole["rate"]), wording.percent(crossed["se"]),
                wording.percent_interval(crossed["low"], crossed["high"]),
                f"{note}. {crossed['reason']}" if crossed["reason"] else note,
            ]
        )  # fmt: skip
    caption = (
        f"Share correct with the participant as the unit (N = {arm['n_participants']:,}). They describe how people "
        f"differ; the exact test does not depend on any of them."
    )
    head = ["Estimate", "Share", "SE", "95% interval", "Note"]
    return Table(caption, head, rows, words=(4,), label="Estimates over participants")


def _means_row(found: Mapping[str, Any]) -> list[str]:
    name = "Mean of participants"
    if found["se"] is None:
        return [name, wording.percent(found["mean"]), wording.NONE, wording.NONE, found["reason"]]
    parts = ["t interval"]
    if found["design_effect"] is not None:
        parts.append(f"design effect {wording.number(found['design_effect'])}")
    if found["icc"] is not None:
        parts.append(f"intraclass correlation {wording.unit(found['icc'])}")
    if found["t"] is not None:
        t = f"against chance t = {wording.number(found['t'])}, two-sided {wording.p_value(found['t_p_two_sided'])}"
        parts.append(f"{t} ({found['t_size']})")
    if found["wilcoxon_p"] is not None:
        ranks = f"signed ranks, one-sided {wording.p_value(found['wilcoxon_p'])}"
        parts.append(f"{ranks} ({found['wilcoxon_size']})")
    return [
        name, wording.percent(found["mean"]), wording.percent(found["se"]),
        wording.percent_interval(found["ci_low"], found["ci_high"]), "; ".join(parts),
    ]  # fmt: skip


def _gee_row(found: Mapping[str, Any]) -> list[str]:
    gee, name = found["gee"], "Marginal logit (GEE)"
    if gee is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if gee["status"] != "ok":
        return [name, gee["reason"]]
    note = (
        f"exchangeable correlation {_correlation(gee['correlation'])}, {gee['covariance'].replace('_', ' ')} errors; "
        f"SE of the logit {wording.number(gee['se'][0])}"
    )
    interval = wording.percent_interval(gee["share_low"], gee["share_high"])
    return [name, wording.percent(found["gee_share"]), wording.NONE, interval, note]


def _correlation(value: float) -> str:
    """The moment estimate, which few participants can push beyond 1."""
    return (
        wording.unit(value) if abs(value) <= 1 else f"{wording.unit(value)} (estimated beyond 1: too few participants)"
    )


def _mixed_row(found: Mapping[str, Any] | None, name: str) -> list[str]:
    if found is None:
        return [name, "left out: too many participants to fit in reasonable time"]
    if found["share"] is None:
        return [name, found["reason"]]
    spread = wording.number(found["sigma"])
    note = f"logit intercept {wording.number(found['intercept'])}, sd between participants {spread}"
    if found["guess"]:
        note += f", guess rate {wording.percent(found['guess'])}"
    if found["reason"]:
        note += f". {found['reason']}"
    return [name, wording.percent(found["share"]), wording.NONE, wording.NONE, note]


def times_table(times: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """Summaries of response times in all, right and wrong, and per category."""
    by_category = times["categories"]
    groups = [("All", times["all"]), ("Correct", times["correct"]), ("Wrong", times["wrong"])]
    groups += [(name, by_category.get(name)) for name in categories]
    rows = []
    for label, found in groups:
        if not found:
            rows.append([label, "0", "no times"])
            continue
        rows.append(
            [
                label, f"{found['n']:,}", wording.points(found["median"]),
                f"{wording.points(found['q25'])}–{wording.points(found['q75'])}", wording.points(found["mad_normal"]),
                wording.points(found["geometric_mean"]), wording.points(found["trimmed_mean"]),
            ]
        )  # fmt: skip
    forced, missing = times["n_forced_left_out"], times["n_without_time"]
    caption = "Seconds from all media ready to the last assignment of a clip, over answers."
    if forced:
        caption += f" {wording.plural(forced, 'last choice')} of a board without an alternative left out."
    if missing:
        caption += f" {wording.plural(missing, 'answer')} without a time."
    head = ["Choices", "n", "Median", "Quartiles", "MAD (scaled)", "Geometric mean", "20% trimmed mean"]
    return Table(caption, head, rows, label="Response times")


def ecdf_table(curves: Mapping[str, Any], *, label: str = "Distribution of times") -> Table:
    """Shares of choices made by then, for every kind of choices."""
    rows = [
        [wording.number(seconds, digits=3), key, wording.percent(share)]
        for key, points in curves.items()
        for seconds, share in points
    ]
    caption = "Share of choices made by then."
    return Table(caption, ["Seconds", "Choices", "Share"], rows, words=(1,), label=label, bulky=True)


def confidence_table(found: Mapping[str, Any]) -> Table:
    """Right of all answers by stated confidence."""
    rows = [
        [str(level), f"({correct}/{n})", wording.percent(rate)]
        for level, correct, n, rate in zip(*(found[key] for key in ("position", "correct", "n", "rate")), strict=True)
    ]
    means = [
        f"{what} {wording.number(found[key])}"
        for what, key in (("right answers", "mean_correct"), ("wrong answers", "mean_wrong"))
        if found[key] is not None
    ]
    caption = f"Right answers by stated confidence, 1 (unsure) to 7 (sure). Mean confidence: {', '.join(means)}."
    return Table(caption, ["Confidence", "Right", "Share"], rows, label="Confidence and being right")


def position_table(arm: Mapping[str, Any]) -> Table:
    """Correct of all answers by trial and by place of the clip, one row per position that occurs in either."""
    trials, places = (
        {p: f"{c}/{n}" for p, c, n in zip(arm[key]["position"], arm[key]["correct"], arm[key]["n"], strict=True)}
        for key in ("trials", "clip_positions")
    )
    both = sorted(trials.keys() | places.keys())
    rows = [[str(place), trials.get(place, wording.NONE), places.get(place, wording.NONE)] for place in both]
    caption = "Correct of all answers by number of the trial and by place of the clip on the board."
    return Table(caption, ["Position", "By trial", "By place"], rows, label="Accuracy by position")


def places_table(found: Mapping[str, Any], categories: Sequence[str]) -> Table:
    """How often each category's clip stood at each place of the board, and how often random orders put it there."""
    rows = [
        [name, *(f"{n} ({wording.number(mean)})" for n, mean in zip(counts, expected, strict=True))]
        for name, counts, expected in zip(categories, found["counts"], found["expected"], strict=True)
    ]
    caption = "Times that a category's clip stood at each place of the board (in brackets: expected of random orders)."
    head = ["Clips of", *(str(place) for place in range(1, len(found["counts"][0]) + 1))]
    return Table(caption, head, rows, label="Places of the clips", dense=len(head) > 7, bulky=True)


def _giils_cell(metrics: Mapping[str, Any], category: str) -> str:
    score = (metrics.get("giils") or {}).get(category)
    if not score or score["score"] is None:
        return wording.NONE
    error = f" ± {wording.points(score['se_score'])}" if score["se_score"] is not None else ""
    return wording.points(score["score"]) + error


def _boards(arm: Mapping[str, Any]) -> str:
    span = arm["blocks_per_participant"]
    each = "" if span["min"] is None else f", {span['min']} each" if span["min"] == span["max"] else (
        f", {span['min']} to {span['max']} each"
    )  # fmt: skip
    words = f"{wording.plural(arm['n_blocks'], 'board')}{each}, {wording.plural(arm['n_answers'], 'answer')}"
    return words + (f", {wording.plural(arm['n_clips'], 'different clip')}" if arm["n_clips"] else "")


def _p(p: float | None) -> Sortable:
    return Sortable(wording.p_exact(p), p)
