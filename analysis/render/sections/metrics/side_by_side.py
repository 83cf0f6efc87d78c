"""Arms or sets side by side, where their metrics are of one space and one definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.metrics import require_comparable
from analysis.render.drawings import metrics
from analysis.render.parts import Heading, Paragraph, Parts, Picture, Table
from analysis.render.sections.metrics.words import with_error


def side_by_side_parts(
    groups: Sequence[Mapping[str, Any]],
    blocks: Mapping[str, Sequence[Mapping[str, Any]]],
    texts: Mapping[str, str],
    *,
    level: int = 2,
    anchor: str = "side-by-side",
) -> Parts:
    """Ranking, scores and paired differences of every group of `analysis.metrics.comparable.side_by_side`.

    Args:
        blocks: the metric blocks by owner, in which the groups' blocks are found by their hash and space.
    """
    if not groups:
        return
    yield Heading(level, "Model metrics side by side", anchor)
    for place, group in enumerate(groups):
        chosen = {owner: _find(blocks[owner], group, owner) for owner in group["owners"]}
        require_comparable(chosen)
        space = group["space"]
        yield Heading(level + 1, f"In the space “{space}”")
        yield from _ranking(chosen, texts, f"side-{place}")
        yield _scores(chosen, space)
        yield _labels(chosen, space)
        yield from (Paragraph(_pair_words(pair), "small") for pair in group["pairs"])


def _find(blocks: Sequence[Mapping[str, Any]], group: Mapping[str, Any], owner: str) -> Mapping[str, Any]:
    return next(b for b in blocks if b["sha256"] == group["sha256"][owner] and b["space"]["name"] == group["space"])


def _ranking(chosen: Mapping[str, Mapping[str, Any]], texts: Mapping[str, str], name: str) -> Parts:
    if not 1 < len(chosen) <= len(metrics.MARKS):
        return
    if not any(row["score"] is not None for block in chosen.values() for row in block["giils"].values()):
        return
    alt = metrics.giils_ranking_alt(chosen)
    yield Picture(
        metrics.as_svg(lambda: metrics.giils_ranking(chosen, texts), name=f"{name}-giils", alt=alt),
        alt,
        "GIILS by category, by the first one's order; thick: 95% interval of the category, thin: intervals that hold "
        "for all categories of one set at once; dashed: 50, no label structure.",
    )


def _scores(chosen: Mapping[str, Mapping[str, Any]], space: str) -> Table:
    rows = [
        [name, *(with_error(block[key]["score"], block[key]["se_score"]) for block in chosen.values())]
        for name, key in (("AIS", "ais"), ("IIS", "iis"))
    ]
    rows.append(
        [
            "GIILS, mean of the categories",
            *(with_error(b["giils_summary"]["macro_mean"], b["giils_summary"]["macro_se"]) for b in chosen.values()),
        ]
    )
    rows.append(["Images", *(str(block["n_images"]) for block in chosen.values())])
    rows.append(["Clips compared with (T)", *(str(block["n_clips"]) for block in chosen.values())])
    caption = f"Scores ± SE in the space “{space}”; 50 = no advantage."
    return Table(caption, ["Score", *chosen], rows, label=f"Scores side by side, {space}")


def _labels(chosen: Mapping[str, Mapping[str, Any]], space: str) -> Table:
    names = list(dict.fromkeys(name for block in chosen.values() for name in block["categories"]))
    rows: list[list[str]] = []
    for name in names:
        cells = [block["giils"].get(name) for block in chosen.values()]
        rows.append([name, *(with_error(c["score"], c["se_score"]) if c else wording.NONE for c in cells)])
    caption = f"GIILS ± SE by category in the space “{space}”; 50 = no label structure."
    return Table(caption, ["Category", *chosen], rows, sortable=True, label=f"GIILS side by side, {space}")


def _pair_words(pair: Mapping[str, Any]) -> str:
    words = (
        f"GIILS of {pair['a']} less that of {pair['b']}: mean difference {wording.points(pair['mean_difference'])} "
        f"points over {wording.plural(pair['n'], 'category', 'categories')}, higher in the first for "
        f"{pair['lower_in_second']}"
    )
    if pair["status"] != "ok":
        return f"{words}. No p: {pair['reason']}."
    return (
        f"{words}; Wilcoxon {wording.p_value(pair['wilcoxon_p'])}, sign test {wording.p_value(pair['sign_p'])} "
        "(categories taken as the unit)."
    )
