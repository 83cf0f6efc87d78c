"""Human answers beside the metrics of the images they were about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.drawings import metrics as metric_figures
from analysis.render.parts import Heading, Paragraph, Parts, Picture, Sortable, Table
from analysis.render.sections.metrics.images import confusion_table
from analysis.render.sections.metrics.words import Place, measure, short_id, with_error

# Metrics that a scatter is drawn of, with the name on its axis.
DRAWN = {"ais": "AIS", "giils": "GIILS"}
MOST_PICTURES = 200


def join_parts(block: Mapping[str, Any], human: Mapping[str, Any], place: Place) -> Parts:
    """Per category, per board and per picture: what people did and what the space says.

    Args:
        block: `arm_metrics` block with its `join`; human: the arm of the result document.
    """
    found, space = block["join"], block["space"]["name"]
    yield Heading(place.level + 1, "Beside people's answers")
    if found["n_left_out"]:
        words = "; ".join(f"{n} because {reason}" for reason, n in found["n_left_out"].items())
        total = found["n_boards"] + sum(found["n_left_out"].values())
        yield Paragraph(
            f"{found['n_boards']} of {wording.plural(total, 'board')} could be set beside the space; left out: "
            f"{words}.",
            "warning",
        )
    yield _category_table(found, place, space)
    yield _interval_table(found, place, space)
    yield from _scatters(found, human, place, space)
    yield _correlation_table(found, place, space)
    yield _reliability_table(found, place, space)
    yield from _machine(found, human, block, place, space)
    yield from _temperature(found, space)
    yield from _calibration(found, place, space)
    yield _mantel(found)
    yield from _pictures(found, place, space)


def _category_table(found: Mapping[str, Any], place: Place, space: str) -> Table:
    rows: list[list[str]] = []
    for row in found["per_category"]:
        metrics = [Sortable(wording.points(row[key]["value"]), row[key]["value"]) for key in ("ais", "iis")]
        metrics.append(with_error(row["giils"]["value"], row["giils"]["se"]))
        share = f" {wording.percent(row['rate'])}" if row["n"] else ""
        rows.append(
            [
                row["category"],
                Sortable(f"({row['correct']}/{row['n']}){share}", row["rate"]),
                wording.percent_interval(row["ci_low"], row["ci_high"]),
                *metrics,
                Sortable(wording.points(row["vendi"]["value"]), row["vendi"]["value"]),
                str(row["n_images"]),
            ]
        )
    caption = (
        f"People and the space “{space}” by category: correct matches with their 95% interval, then AIS, IIS, GIILS "
        "± SE (50 = no advantage) and the Vendi score of the category's images."
    )
    head = ["Category", "Correct", "95% interval", "AIS", "IIS", "GIILS", "Vendi", "Images"]
    return Table(caption, head, rows, sortable=True, label=place.label("People and metrics", space))


def _interval_table(found: Mapping[str, Any], place: Place, space: str) -> Table:
    rows: list[list[str]] = []
    for row in found["per_category"]:
        intervals = [
            wording.points_interval(row[key]["ci_low"], row[key]["ci_high"]) for key in ("ais", "iis", "giils")
        ]
        top = row["top_confusion"]
        confused = wording.NONE if top is None else f"{wording.listing(top['categories'])} ({top['n']})"
        time = row["median_choice_ms"]
        seconds = wording.NONE if time is None else f"{time / 1000:.1f}"
        rows.append([row["category"], *intervals, confused, Sortable(seconds, time)])
    caption = (
        f"95% intervals of the metrics in the space “{space}”, the category chosen wrongly most often, and the median "
        "time of a choice in seconds."
    )
    head = ["Category", "AIS", "IIS", "GIILS", "Commonest confusion", "Median, s"]
    return Table(caption, head, rows, words=(4,), dense=True, label=place.label("Intervals by category", space))


def _scatters(found: Mapping[str, Any], human: Mapping[str, Any], place: Place, space: str) -> Parts:
    chances = {row["chance"] for row in human["categories"].values() if row["chance"] is not None}
    chance = chances.pop() if len(chances) == 1 else None
    rows = [row | {"category": place.texts.get(row["category"], row["category"])} for row in found["per_category"]]
    for key, short in DRAWN.items():
        both = [row for row in rows if row["rate"] is not None and row[key]["value"] is not None]
        if len(both) < 2:
            continue
        name = f"{short} in the space “{space}”"
        alt = metric_figures.human_against_metric_alt(rows, metric=key, name=name)
        yield Picture(
            metric_figures.as_svg(
                lambda key=key, name=name: metric_figures.human_against_metric(  # type: ignore[misc]
                    rows, metric=key, name=name, chance=chance
                ),
                name=f"{place.key}-against-{key}",
                alt=alt,
            ),
            alt,
            f"People against {short}, one point per category, lines: 95% intervals of both."
            + (" Points are numbered in the order of the table above." if len(both) > 8 else ""),
        )


def _correlation_table(found: Mapping[str, Any], place: Place, space: str) -> Table:
    relations = found["correlations"].values()
    common = {relation["reason"] for relation in relations if relation["spearman"] is not None}
    rows: list[list[str]] = []
    for relation in relations:
        start = [relation["name"], str(relation["n"])]
        if relation["spearman"] is None:
            rows.append([*start, relation["reason"]])
            continue
        values = [wording.unit(relation["spearman"]), wording.unit(relation["kendall"])]
        interval = wording.interval(relation["ci_low"], relation["ci_high"])
        note = [relation["reason"]] if len(common) > 1 else []
        rows.append([*start, *values, interval, wording.p_exact(relation["p_value"]), *note])
    caption = (
        f"Correlation of the share correct with each metric over the categories that have both, space “{space}”. p: "
        "two-sided, permutation of categories."
    )
    head = ["Metric", "Categories", "Spearman", "Kendall", "95% interval", "p"]
    if len(common) == 1:
        return Table(f"{caption} {common.pop()}".strip(), head, rows, label=place.label("Correlations", space))
    return Table(caption, [*head, "Note"], rows, words=(6,), label=place.label("Correlations", space))


def _reliability_table(found: Mapping[str, Any], place: Place, space: str) -> Table:
    fit, names = found["reliability"], found["correlations"]
    people = {"split_half": "Share correct, halves of the participants", "icc": "Share correct, ICC(C,k)"}
    lines = [(words, fit[key], True) for key, words in people.items()]
    lines += [(names[key]["name"], one, False) for key, one in fit["metrics"].items()]
    rows: list[list[str]] = []
    for name, one, counted in lines:
        start = [name, str(one["n_categories"])]
        if one["value"] is None:
            rows.append([*start, _sentence(one["reason"])])
            continue
        units = wording.plural(one["n_units"], "participant") if counted else f"df {one['n_units']:.0f}"
        top = wording.NONE if counted else wording.unit(one["ceiling"])
        low, high = one["ci_low"], one["ci_high"]
        interval = wording.NONE if low is None else f"[{_not_negative(low)}, {_not_negative(high)}]"
        rows.append([*start, units, _not_negative(one["value"]), interval, top, _sentence(one["reason"])])
    caption = (
        "Reliability of both sides of these correlations: the share of the variance over categories that is not noise "
        "(halves of the participants: Spearman-Brown; metrics: from their standard errors, with the degrees of freedom "
        "of these; 95% intervals by the F law, categories taken as drawn from many). Ceiling: the root of the product "
        f"with the halves' reliability. {fit['note']}"
    )
    head = ["Measure", "Categories", "From", "Reliability", "95% interval", "Ceiling", "Note"]
    return Table(caption, head, rows, words=(6,), label=place.label("Reliability", space))


def _not_negative(reliability: float) -> str:
    """An estimate below 0 says no more than that there is nothing; how far below is noise."""
    return "< 0" if reliability < 0 else wording.unit(reliability)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _machine(
    found: Mapping[str, Any], human: Mapping[str, Any], block: Mapping[str, Any], place: Place, space: str
) -> Parts:
    machine, categories = found["machine"], block["categories"]
    if not machine["total"]:
        return
    people = f"{human['overall']['correct']} of {human['overall']['total']}"
    agreement = machine["agreement"]
    interval = wording.percent_interval(agreement["ci_low"], agreement["ci_high"])
    yield Paragraph(
        f"The machine plays the same boards: matching by the space “{space}” alone has {machine['correct']} of "
        f"{machine['total']} right (expected at random {wording.number(machine['expected'])}; "
        f"{wording.plural(machine['n_distinct_boards'], 'different board')}); people had {people}. Its choice is "
        f"theirs in {wording.percent(agreement['value'])} of answers (95% interval {interval} over participants, "
        f"chance {wording.percent(agreement['chance'])}). {machine['note']}"
    )
    texts = [place.texts.get(name, name) for name in categories]
    alt = metric_figures.two_confusions_alt(human["confusion"], machine["confusion"], categories)
    yield Picture(
        metric_figures.as_svg(
            lambda: metric_figures.two_confusions(human["confusion"], machine["confusion"], texts),
            name=f"{place.key}-machine",
            alt=alt,
        ),
        alt,
        "Confusion matrices of people and of the machine on the same boards: rows are the category heard, columns the "
        "category chosen, numbered in the order of the tables; the diagonal, framed, holds the correct matches.",
        confusion_table(
            machine["confusion"],
            categories,
            caption=f"Machine confusion matrix on the boards that people answered, space “{space}”: rows are the "
            "category heard, columns the category chosen.",
            label=place.label("Machine on the same boards", space),
        ),
    )


def _temperature(found: Mapping[str, Any], space: str) -> Parts:
    fit = found["temperature"]
    name = f"Human temperature in the space “{space}”"
    sizes = f"{wording.plural(fit['n_choices'], 'choice')} of {wording.plural(fit['n_participants'], 'participant')}"
    if fit["beta"] is None:
        bound = ""
        if fit["ci_low"] is not None:
            bound = f" 95% profile interval: at least {measure(fit['ci_low'])}."
        elif fit["ci_high"] is not None:
            bound = f" 95% profile interval: at most {measure(fit['ci_high'])}."
        yield Paragraph(f"{name}: beta cannot be told ({fit['reason']}; {sizes}).{bound}")
        return
    interval = f"[{_end(fit['ci_low'])}, {_end(fit['ci_high'])}]"
    error = "" if fit["se"] is None else f", robust SE {measure(fit['se'])}, {wording.p_value(fit['p_value'])}"
    reason = f" {_sentence(fit['reason'])}." if fit["reason"] else ""
    yield Paragraph(
        f"{name}: beta = {measure(fit['beta'])}, 95% profile interval {interval}{error}; log likelihood "
        f"{measure(fit['log_likelihood'])}, {measure(fit['log_likelihood_null'])} at beta = 0; {sizes} "
        f"({fit['method']}).{reason} {fit['note']}"
    )


def _end(value: float | None) -> str:
    return "unbounded" if value is None else measure(value)


def _calibration(found: Mapping[str, Any], place: Place, space: str) -> Parts:
    fit = found["calibration"]
    if fit["brier"] is None:
        yield Paragraph(f"Calibration of the space against people's choices: none, {fit['reason']}.")
        return
    brier = fit["brier"]
    yield Paragraph(
        f"Calibration of the space “{space}” against people's choices: Brier score "
        + wording.unit(brier["value"], digits=3)
        + (
            f", 95% interval {wording.interval(brier['ci_low'], brier['ci_high'], digits=3)} over participants"
            if brier["ci_low"] is not None
            else ""
        )
        + f"; {wording.unit(brier['null'], digits=3)} if every image of a board were as likely; expected calibration "
        f"error {wording.unit(fit['ece'], digits=3)} (its value where the probabilities hold exactly: "
        f"{wording.unit(fit['ece_null'], digits=3)}). {wording.plural(fit['n_answers'], 'answer')} of "
        f"{wording.plural(fit['n_participants'], 'participant')}. {fit['note']}"
    )
    rows = [
        [
            f"{wording.unit(b['low'])}–{wording.unit(b['high'])}", str(b["n"]), wording.unit(b["predicted"], digits=3),
            wording.unit(b["observed"], digits=3), wording.interval(b["ci_low"], b["ci_high"], digits=3),
        ]
        for b in fit["bins"]
    ]  # fmt: skip
    yield Table(
        "How often pictures that the space makes so likely were chosen: bins of equally many pairs of clip and picture "
        "(Wilson's 95% interval, pairs taken as independent).",
        ["Probability", "Pairs", "Predicted", "Chosen", "95% interval"],
        rows,
        label=place.label("Calibration", space),
    )


def _mantel(found: Mapping[str, Any]) -> Paragraph:
    fit = found["mantel"]
    name = "Mantel test of people's confusions against the similarity of categories"
    if fit["rho"] is None:
        return Paragraph(f"{name}: none, {fit['reason']}.")
    return Paragraph(
        f"{name}: rho = {wording.unit(fit['rho'])} over {fit['n_pairs']} pairs of {fit['n_categories']} categories, "
        f"one-sided {wording.p_value(fit['p_value'])} ({fit['method'].replace('_', ' ')})."
    )


def _pictures(found: Mapping[str, Any], place: Place, space: str) -> Parts:
    rows = sorted(found["per_picture"], key=lambda r: (r["clip_category"], r["clip"], -r["share"], r["image"]))
    if not rows:
        return
    shown = rows[:MOST_PICTURES]
    caption = (
        "Every clip and image that stood on one board: how often the image was chosen for the clip (Wilson's 95% "
        f"interval, answers taken as independent) and their cosine in the space “{space}”."
    )
    if len(rows) > len(shown):
        caption += f" The first {len(shown)} of {len(rows)} rows; all stand in tables/pictures-*.csv."
    yield Table(
        caption,
        ["Clip", "Category", "Image", "Category of image", "Chosen", "Share", "95% interval", "Cosine"],
        [
            [
                short_id(r["clip"]), r["clip_category"], short_id(r["image"]), r["image_category"],
                f"{r['chosen']}/{r['shown']}", Sortable(wording.percent(r["share"]), r["share"]),
                wording.percent_interval(r["ci_low"], r["ci_high"]),
                Sortable(wording.unit(r["similarity"], digits=3), r["similarity"]),
            ]
            for r in shown
        ],
        words=(1, 3),
        sortable=True,
        label=place.label("Pictures", space),
        bulky=True,
    )  # fmt: skip
