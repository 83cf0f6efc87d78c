"""The model metrics of one arm or set in one space, as parts that every format writes alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.drawings import metrics
from analysis.render.parts import Heading, Paragraph, Parts, Picture, Sortable, Table
from analysis.render.sections.metrics.further import further_parts
from analysis.render.sections.metrics.images import distance_parts, duplicate_parts, machine_parts, retrieval_parts
from analysis.render.sections.metrics.people import join_parts
from analysis.render.sections.metrics.words import Place, missing_intervals, p_cell, weights_lines, with_error

SCORE_HEAD = ["Score", "Value", "SE", "95% interval", "Null", "p", "Images", "Clips"]


def metric_parts(
    block: Mapping[str, Any], place: Place, *, human: Mapping[str, Any] | None = None, ranked: bool = True
) -> Parts:
    """Everything that one block of `arm_metrics` says.

    Args:
        human: the arm of the result document whose people saw these images; None where nobody was asked.
        ranked: whether to draw the ranking of GIILS; False where another one shows it already.
    """
    space = block["space"]["name"]
    yield Heading(place.level, f"Model metrics in the space “{space}”")
    if block["status"] != "ok":
        yield Paragraph(f"No metrics: {block['reason']}.")
        return
    yield Paragraph(_sizes(block), "small")
    for note in block["notes"]:
        yield Paragraph(note, "warning")
    yield from _similarity_parts(block, place, space)
    yield from _giils_parts(block, place, space, ranked)
    if block.get("join") and human is not None:
        yield from join_parts(block, human, place)
    yield from _heat_map(block, place, space)
    yield from retrieval_parts(block, place)
    if block.get("machine"):
        yield from machine_parts(block, place)
    yield from distance_parts(block["distribution"], place, title=f"Variety and distances in the space “{space}”")
    yield from duplicate_parts(
        block["duplicates"],
        place,
        name=f"the space “{space}”",
        space=space,
        dimensions=block["distribution"]["dimensions"],
    )
    yield from further_parts(block, place, space)
    yield _facts(block, place, space)


def _sizes(block: Mapping[str, Any]) -> str:
    words = (
        f"{wording.plural(block['n_images'], 'image')} of {wording.plural(block['n_clips_used'], 'clip')}, compared "
        f"with all {wording.plural(block['n_clips'], 'clip')} of these categories (T = {block['n_clips']})"
    )
    if block["n_references"]:
        words += f" and their {wording.plural(block['n_references'], 'reference artwork')}"
    return f"{words}. 50 is the score of no advantage."


def _similarity_parts(block: Mapping[str, Any], place: Place, space: str) -> Parts:
    scores = [("AIS", block["ais"]), ("IIS", block["iis"])]
    caption = (
        f"Similarity of images to their own clip (AIS) and reference artwork (IIS), space “{space}”, denominator "
        f"“{block['options']['denominator']}”. SE in points, by clips; null: score expected when clips are matched at "
        "random; p: one-sided, permutation of clips."
    )
    rows = [_score_row(name, score) for name, score in scores]
    yield Table(caption, SCORE_HEAD, rows, label=place.label("Similarity scores", space))
    for name, score in scores:
        if score["score"] is not None:
            reason = f" {score['reason']}." if score["reason"] else ""
            yield Paragraph(f"{name}: {score['note']}{reason}", "small")
    parts = [(name, score["decomposition"]) for name, score in scores if score["decomposition"]]
    if parts:
        caption = (
            "What the scores are made of, as differences of mean cosines: instance alignment is the own item less "
            "other items of its category (p: permutation inside categories), category alignment the same category "
            "less other categories."
        )
        head = ["Score", "Matched", "Same category", "Other categories", "Instance", "p, instance", "Category"]
        yield Table(caption, head, [_alignment_row(*part) for part in parts], label=place.label("Alignment", space))
    rates = [(name, block["win_rates"].get(name)) for name in ("AIS_win", "IIS_win")]
    known = [(name, rate) for name, rate in rates if rate is not None]
    if known:
        yield Table(
            block["win_rates"]["note"],
            ["Win rate", "Value, %", "SE", "95% interval", "Chance", "Images", "Clips", "Ties"],
            [_win_row(name, rate) for name, rate in known],
            label=place.label("Win rates", space),
        )


def _score_row(name: str, score: Mapping[str, Any]) -> list[str]:
    if score["score"] is None:
        return [name, score["reason"]]
    return [
        name, wording.points(score["score"]), wording.points(score["se_score"]),
        wording.points_interval(score["ci_low"], score["ci_high"]), wording.points(score["null_score"]),
        wording.p_exact(score["p_value"]), str(score["n"]), str(score["n_units"]),
    ]  # fmt: skip


def _alignment_row(name: str, found: Mapping[str, Any]) -> list[str]:
    def cosine(key: str) -> str:
        return wording.unit(found[key], digits=3)

    inside = wording.p_exact(found["instance_test"]["p_value"])
    return [name, *map(cosine, ("matched", "same_label", "other_label", "instance")), inside, cosine("category")]


def _win_row(name: str, rate: Mapping[str, Any]) -> list[str]:
    interval = wording.points_interval(rate["ci_low"], rate["ci_high"])
    sizes = [str(rate[key]) for key in ("n", "n_units", "n_tied")]
    return [name, wording.points(rate["value"]), wording.points(rate["se"]), interval, "50", *sizes]


def _giils_parts(block: Mapping[str, Any], place: Place, space: str, ranked: bool) -> Parts:
    giils, summary = block["giils"], block["giils_summary"]
    scored = [name for name in block["categories"] if giils[name]["score"] is not None]
    if scored and ranked:
        blocks = {place.owner or block["set"] or "images": block}
        yield Picture(
            metrics.as_svg(
                lambda: metrics.giils_ranking(blocks, place.texts),
                name=f"{place.key}-giils",
                alt=metrics.giils_ranking_alt(blocks),
            ),
            metrics.giils_ranking_alt(blocks),
            "GIILS by category, highest first; thick: 95% interval of the category, thin: intervals that hold for all "
            "categories at once; dashed: 50, no label structure.",
        )
    caption = (
        f"Similarity of a category's images to each other (GIILS), space “{space}”. {summary['rule']} SE in points; "
        "null and p: categories dealt out at random; Holm: over the categories. “All” is the value over all images "
        "of the category."
    )
    head = ["Category", "GIILS", "SE", "95% interval", "Null", "p (Holm)", "Images", "All ± SE"]
    rows = [_giils_row(name, giils[name]) for name in block["categories"]]
    if summary["macro_mean"] is not None and summary["n_labels"] > 1:
        rows.append(_macro_row(summary))
    yield Table(caption, head, rows, sortable=True, label=place.label("GIILS", space))
    few = [f"{name} ({giils[name]['n_available']})" for name in scored if _is_small(block, name)]
    if few:
        size = block["options"]["sample_per_label"]
        yield Paragraph(f"Fewer than the {size} images that the paper draws, so rough values: {', '.join(few)}.")
    without = missing_intervals(giils, value="score", all_of="any category")
    if without:
        yield Paragraph(f"GIILS: {without[:1].lower()}{without[1:]}")
    yield Paragraph(f"{summary['note']} {summary['creative_tendency']['note']}", "small")
    yield _variety_table(block, place, space)
    vendi = {name: row["vendi"] for name, row in block["by_category"].items()}
    without = missing_intervals(vendi, value="value", all_of="any category")
    if without:
        yield Paragraph(f"Vendi score: {without[:1].lower()}{without[1:]}")


def _is_small(block: Mapping[str, Any], name: str) -> bool:
    return bool(block["giils"][name]["n_available"] < block["options"]["sample_per_label"])


def _giils_row(name: str, score: Mapping[str, Any]) -> list[str]:
    if score["score"] is None:
        return [name, score["reason"]]
    every = score["all_images"]
    return [
        name, wording.points(score["score"]), wording.points(score["se_score"]),
        wording.points_interval(score["ci_low"], score["ci_high"]), wording.points(score["null_score"]),
        p_cell(score["p_holm"]), f"{score['n']}/{score['n_available']}", with_error(every["score"], every["se_score"]),
    ]  # fmt: skip


def _macro_row(summary: Mapping[str, Any]) -> list[str]:
    interval = wording.points_interval(summary["macro_low"], summary["macro_high"])
    return [
        "Mean of the categories", wording.points(summary["macro_mean"]), wording.points(summary["macro_se"]), interval,
        wording.points(summary["macro_null"]), wording.NONE, wording.NONE, wording.NONE,
    ]  # fmt: skip


def _variety_table(block: Mapping[str, Any], place: Place, space: str) -> Table:
    """What GIILS cannot say: variety; and what it says of all categories together: ranks."""
    rows: list[list[str]] = []
    for name in block["categories"]:
        score, vendi = block["giils"][name], block["by_category"][name]["vendi"]
        joint = score["joint"]
        if score["score"] is None:
            rows.append([name, score["reason"]])
            continue
        rows.append(
            [
                name,
                wording.NONE if joint is None else _ranks(joint),
                wording.NONE if joint is None else wording.points_interval(joint["ci_low"], joint["ci_high"]),
                with_error(score["within_similarity"], score["within_se"], wording.unit),
                wording.unit(score["diversity"]),
                Sortable(_vendi_words(vendi), vendi["value"]),
                wording.points(score["creative_tendency"]),
            ]
        )
    caption = (
        "Ranks that no significant difference rules out and intervals that hold for all categories at once; similarity "
        "inside the category (mean cosine of its pairs), its complement, the Vendi score (effective number of "
        f"different images) with its 95% interval, and the paper's creative tendency, 100 − GIILS. Space “{space}”."
    )
    head = ["Category", "Ranks", "Joint 95%", "Inside ± SE", "Diversity", "Vendi", "Creative"]
    return Table(caption, head, rows, sortable=True, label=place.label("Variety", space))


def _ranks(joint: Mapping[str, Any]) -> str:
    low, high = joint["rank_low"], joint["rank_high"]
    return str(low) if low == high else f"{low}–{high}"


def _vendi_words(vendi: Mapping[str, Any]) -> str:
    if vendi["value"] is None:
        return wording.NONE
    interval = wording.points_interval(vendi["ci_low"], vendi["ci_high"])
    return wording.points(vendi["value"]) + (f" {interval}" if interval != wording.NONE else "")


def _heat_map(block: Mapping[str, Any], place: Place, space: str) -> Parts:
    table, categories = block["category_similarity"], block["categories"]
    if not any(value is not None for row in table for value in row):
        return
    texts = [place.texts.get(name, name) for name in categories]
    alt = metrics.category_similarity_alt(table, categories)
    yield Picture(
        metrics.as_svg(
            lambda: metrics.category_similarity(table, texts, rows="music", columns="images"),
            name=f"{place.key}-similarity",
            alt=alt,
        ),
        alt,
        "Mean cosine of the clips of a category (rows) with the images of a category (columns); framed: the same "
        "category.",
        _similarity_table(table, categories, place, space),
    )


def _similarity_table(table: Sequence[Any], categories: Sequence[str], place: Place, space: str) -> Table:
    heads = [str(i + 1) for i in range(len(categories))] if len(categories) > 6 else list(categories)
    names = [f"{i + 1} {name}" for i, name in enumerate(categories)] if len(categories) > 6 else list(categories)
    rows = [[name, *(wording.unit(v) for v in row)] for name, row in zip(names, table, strict=True)]
    return Table(
        f"Mean cosine of clips (rows) and images (columns) by category, space “{space}”.",
        ["music", *heads],
        rows,
        dense=len(categories) > 6,
        names=tuple(categories) if len(categories) > 6 else (),
        diagonal=True,
        label=place.label("Similarity of categories", space),
        bulky=True,
    )


def _facts(block: Mapping[str, Any], place: Place, space: str) -> Table:
    """Everything that the block's numbers depend on."""
    options = block["options"]
    rows = [
        ["Space", space],
        ["Embeddings (sha256)", block["sha256"]],
        *weights_lines(block["space"]),
        ["Metrics", "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in options.items())],
    ]
    caption = (
        f"What the numbers in the space “{space}” depend on. Values of another space, other weights or "
        "other options stand apart."
    )
    return Table(caption, ["What", "Value"], rows, words=(1,), label=place.label("Provenance of metrics", space))
