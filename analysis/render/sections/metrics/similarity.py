"""The model metrics of one arm or set in one space, as parts that every format writes alike."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval, matrix_heads, p_cell
from analysis.render.drawings import giils_ranking, giils_ranking_alt, picture, similarity_map
from analysis.render.parts import Heading, Paragraph, Parts, Sortable, Table
from analysis.render.sections.metrics.further import further_parts
from analysis.render.sections.metrics.images import distance_parts, duplicate_parts, machine_parts, retrieval_parts
from analysis.render.sections.metrics.people import join_parts
from analysis.render.sections.metrics.words import (
    Block,
    Place,
    missing_intervals,
    ranking_caption,
    weights_lines,
    with_error,
)

say = Texts("sections/metrics")


def metric_parts(block: Block, place: Place, *, human: Mapping[str, Any] | None = None, ranked: bool = True) -> Parts:
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
    references = " " + say("references", n=block["n_references"]) if block["n_references"] else ""
    yield Paragraph(say("sizes", references=references, **block), "small")
    if block.get("recordings"):
        yield Paragraph(block["recordings"]["words"], "small")
        if block["recordings"]["too_few"]:
            yield Paragraph(say("too few", reason=block["recordings"]["too_few"]), "warning")
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
    inside = block["distribution"]
    yield from distance_parts(inside, place, title=f"Variety and distances in the space “{space}”")
    yield from duplicate_parts(
        block["duplicates"], place, name=f"the space “{space}”", space=space, dimensions=inside["dimensions"]
    )
    yield from further_parts(block, place, space)
    yield _facts(block, place, space)


def _similarity_parts(block: Block, place: Place, space: str) -> Parts:
    scores = {"AIS": block["ais"], "IIS": block["iis"]}
    caption = say("scores", space=space, **block["options"])
    head = ["Score", "Value", "SE", "95% interval", "Null", "p", "Images", "Clips", "Recordings"]
    rows = [_score_row(name, score) for name, score in scores.items()]
    yield Table(caption, head, rows, label=place.label("Similarity scores", space))
    for name, score in scores.items():
        if score["score"] is not None:
            reason = f" {score['reason']}." if score["reason"] else ""
            yield Paragraph(f"{name}: {score['note']}{reason}", "small")
    rows = [_alignment_row(name, score["decomposition"]) for name, score in scores.items() if score["decomposition"]]
    if rows:
        head = ["Score", "Matched", "Same category", "Other categories", "Instance", "p, instance", "Category"]
        yield Table(say("alignment"), head, rows, label=place.label("Alignment", space))
    rates = block["win_rates"]
    rows = [_win_row(name, rates[name]) for name in ("AIS_win", "IIS_win") if rates.get(name) is not None]
    if rows:
        head = ["Win rate", "Value, %", "SE", "95% interval", "Chance", "Images", "Clips", "Ties"]
        yield Table(rates["note"], head, rows, label=place.label("Win rates", space))


def _score_row(name: str, score: Mapping[str, Any]) -> list[str]:
    if score["score"] is None:
        return [name, score["reason"]]
    return [
        name, wording.points(score["score"]), wording.points(score["se_score"]),
        _between(score), wording.points(score["null_score"]),
        wording.p_exact(score["p_value"]), str(score["n"]), str(score.get("n_clips", score["n_units"])),
        _recordings(score),
    ]  # fmt: skip


def _between(score: Mapping[str, Any]) -> str:
    """The interval, or that there are too few recordings for one."""
    if score["ci_low"] is None and score["reason"].startswith("too few"):
        return "too few"
    return interval(score, wording.points_interval)


def _recordings(row: Mapping[str, Any]) -> str:
    found = row.get("n_recordings")
    return "not known" if found is None else str(found)


def _alignment_row(name: str, found: Mapping[str, Any]) -> list[str]:
    keys = ("matched", "same_label", "other_label", "instance", "category")
    *cosines, category = (wording.unit(found[key], digits=3) for key in keys)
    return [name, *cosines, wording.p_exact(found["instance_test"]["p_value"]), category]


def _win_row(name: str, rate: Mapping[str, Any]) -> list[str]:
    between = interval(rate, wording.points_interval)
    sizes = [str(rate[key]) for key in ("n", "n_units", "n_tied")]
    return [name, wording.points(rate["value"]), wording.points(rate["se"]), between, "50", *sizes]


def _giils_parts(block: Block, place: Place, space: str, ranked: bool) -> Parts:
    giils, summary = block["giils"], block["giils_summary"]
    scored = [name for name in block["categories"] if giils[name]["score"] is not None]
    if scored and ranked:
        blocks = {place.owner or block["set"] or "images": block}
        yield picture(
            giils_ranking, blocks, place.texts, name=f"{place.key}-giils", alt=giils_ranking_alt(blocks),
            caption=ranking_caption(blocks),
        )  # fmt: skip
    head = ["Category", "GIILS", "SE", "95% interval", "Null", "p (Holm)", "Images", "Clips", "Recordings", "All ± SE"]
    rows = [_giils_row(name, giils[name]) for name in block["categories"]]
    if summary["macro_mean"] is not None and summary["n_labels"] > 1:
        rows.append(_macro_row(summary))
    caption = say("giils", space=space, rule=summary["rule"])
    yield Table(caption, head, rows, sortable=True, label=place.label("GIILS", space))
    size = block["options"]["sample_per_label"]
    few = [f"{n} ({giils[n]['n_available']})" for n in scored if giils[n]["n_available"] < size]
    if few:
        yield Paragraph(f"Fewer than the {size} images that the paper draws, so rough values: {', '.join(few)}.")
    yield from _without_interval("GIILS", giils, "score")
    if summary.get("pairs"):
        yield Paragraph(summary["pairs"])
        yield from _same_recording(block, place, space)
    yield Paragraph(f"{summary['note']} {summary['creative_tendency']['note']}", "small")
    yield _variety_table(block, place, space)
    yield from _without_interval("Vendi score", {n: row["vendi"] for n, row in block["by_category"].items()}, "value")


def _same_recording(block: Block, place: Place, space: str) -> Parts:
    """GIILS with and without pairs of one recording."""
    rows = []
    for name in block["categories"]:
        row = block["giils"][name]
        other = row.get("same_recording")
        if other is not None and other["score"] is not None:
            values = [with_error(one["score"], one["se_score"]) if one["score"] is not None else one["reason"]
                      for one in (row, other)]  # fmt: skip
            rows.append([name, *values, wording.points(other["null_score"]), p_cell(other["p_value"])])
    if rows:
        head = ["Category", "Different recordings only ± SE", "All pairs ± SE", "Null of all pairs", "p of all pairs"]
        yield Table(say("same recording", space=space), head, rows, label=place.label("Pairs of one recording", space))


def _without_interval(what: str, found: Mapping[str, Mapping[str, Any]], value: str) -> Parts:
    if words := missing_intervals(found, value=value, all_of="any category"):
        yield Paragraph(f"{what}: {words[:1].lower()}{words[1:]}")


def _giils_row(name: str, score: Mapping[str, Any]) -> list[str]:
    if score["score"] is None:
        return [name, score["reason"]]
    every = score["all_images"]
    return [
        name, wording.points(score["score"]), wording.points(score["se_score"]),
        _between(score), wording.points(score["null_score"]),
        p_cell(score["p_holm"]), f"{score['n']}/{score['n_available']}", str(score.get("n_clips", score["n_units"])),
        _recordings(score), with_error(every["score"], every["se_score"]),
    ]  # fmt: skip


def _macro_row(summary: Mapping[str, Any]) -> list[str]:
    mean, error, null = (wording.points(summary[f"macro_{key}"]) for key in ("mean", "se", "null"))
    between = wording.points_interval(summary["macro_low"], summary["macro_high"])
    return ["Mean of the categories", mean, error, between, null, *[wording.NONE] * 5]


def _variety_table(block: Block, place: Place, space: str) -> Table:
    """What GIILS cannot say: variety; and what it says of all categories together: ranks."""
    rows: list[list[str]] = []
    for name in block["categories"]:
        score, vendi = block["giils"][name], block["by_category"][name]["vendi"]
        if score["score"] is None:
            rows.append([name, score["reason"]])
            continue
        rows.append(
            [
                name,
                *_joint_cells(score["joint"]),
                with_error(score["within_similarity"], score["within_se"], wording.unit),
                wording.unit(score["diversity"]),
                Sortable(_vendi_words(vendi), vendi["value"]),
                wording.points(score["creative_tendency"]),
            ]
        )
    head = ["Category", "Ranks", "Joint 95%", "Inside ± SE", "Diversity", "Vendi", "Creative"]
    return Table(say("variety", space=space), head, rows, sortable=True, label=place.label("Variety", space))


def _joint_cells(joint: Mapping[str, Any] | None) -> list[str]:
    if joint is None:
        return [wording.NONE] * 2
    low, high = joint["rank_low"], joint["rank_high"]
    return [str(low) if low == high else f"{low}–{high}", interval(joint, wording.points_interval)]


def _vendi_words(vendi: Mapping[str, Any]) -> str:
    between = interval(vendi, wording.points_interval)
    return wording.points(vendi["value"]) + (f" {between}" if between != wording.NONE else "")


def _heat_map(block: Block, place: Place, space: str) -> Parts:
    table, categories = block["category_similarity"], block["categories"]
    if not any(value is not None for row in table for value in row):
        return
    heads, names, key = matrix_heads(categories)
    own = [f"{name} {table[i][i]:.2f}" for i, name in enumerate(categories) if table[i][i] is not None]
    yield picture(
        similarity_map,
        table,
        [place.texts.get(name, name) for name in categories],
        "music",
        "images",
        name=f"{place.key}-similarity",
        alt=say("similarity alt", own="; ".join(own)),
        caption=say("similarity"),
        data=Table(
            f"Mean cosine of clips (rows) and images (columns) by category, space “{space}”.",
            ["music", *heads],
            [[name, *map(wording.unit, row)] for name, row in zip(names, table, strict=True)],
            dense=bool(key),
            names=key,
            diagonal=True,
            label=place.label("Similarity of categories", space),
            bulky=True,
        ),
    )


def _facts(block: Block, place: Place, space: str) -> Table:
    """Everything that the block's numbers depend on."""
    options = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in block["options"].items())
    rows = [["Space", space], ["Embeddings (sha256)", block["sha256"]], *weights_lines(block["space"])]
    label = place.label("Provenance of metrics", space)
    return Table(say("facts", space=space), ["What", "Value"], [*rows, ["Metrics", options]], words=(1,), label=label)
