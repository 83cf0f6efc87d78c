"""Section: arms or sets side by side, where their metrics are of one space and one definition."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.metrics import require_comparable
from analysis.prose import Texts
from analysis.render.drawings import MARKS, giils_ranking, giils_ranking_alt, picture
from analysis.render.parts import Heading, Paragraph, Parts, Table
from analysis.render.sections.metrics.words import Block, metric_blocks, ranking_caption, with_error
from analysis.render.sections.section import Scope, Section

say = Texts("sections/metrics")


def _parts(scope: Scope) -> Parts:
    drawn = dict(zip(scope.categories, scope.labels.texts, strict=True))
    blocks = {name: metric_blocks(arm) for name, arm in scope.result["arms"].items()}
    yield from side_by_side_parts(scope.result["side_by_side"], blocks, drawn)


def side_by_side_parts(
    groups: Sequence[Mapping[str, Any]], blocks: Mapping[str, Sequence[Block]], texts: Mapping[str, str]
) -> Parts:
    """Ranking, scores and paired differences of every group of `analysis.metrics.comparable.side_by_side`.

    Args:
        blocks: the metric blocks by owner, in which the groups' blocks are found by their hash and space.
    """
    for place, group in enumerate(groups):
        chosen = {owner: _find(blocks[owner], group, owner) for owner in group["owners"]}
        require_comparable(chosen)
        space = group["space"]
        yield Heading(3, f"In the space “{space}”")
        yield from _ranking(chosen, texts, f"side-{place}")
        yield _scores(chosen, space)
        yield _labels(chosen, space)
        yield from (Paragraph(_pair_words(pair), "small") for pair in group["pairs"])


def _find(blocks: Sequence[Block], group: Mapping[str, Any], owner: str) -> Block:
    return next(b for b in blocks if b["sha256"] == group["sha256"][owner] and b["space"]["name"] == group["space"])


def _ranking(chosen: Mapping[str, Block], texts: Mapping[str, str], name: str) -> Parts:
    scored = any(row["score"] is not None for block in chosen.values() for row in block["giils"].values())
    if 1 < len(chosen) <= len(MARKS) and scored:
        alt = giils_ranking_alt(chosen)
        yield picture(giils_ranking, chosen, texts, name=f"{name}-giils", alt=alt, caption=ranking_caption(chosen))


def _scores(chosen: Mapping[str, Block], space: str) -> Table:
    blocks = chosen.values()
    summaries = [block["giils_summary"] for block in blocks]
    rows: list[list[str]] = [
        ["AIS", *(with_error(block["ais"]["score"], block["ais"]["se_score"]) for block in blocks)],
        ["IIS", *(with_error(block["iis"]["score"], block["iis"]["se_score"]) for block in blocks)],
        ["GIILS, mean of the categories", *(with_error(one["macro_mean"], one["macro_se"]) for one in summaries)],
        ["Images", *(str(block["n_images"]) for block in blocks)],
        ["Clips compared with (T)", *(str(block["n_clips"]) for block in blocks)],
    ]
    caption = f"Scores ± SE in the space “{space}”; 50 = no advantage."
    return Table(caption, ["Score", *chosen], rows, label=f"Scores side by side, {space}")


def _labels(chosen: Mapping[str, Block], space: str) -> Table:
    names = list(dict.fromkeys(name for block in chosen.values() for name in block["categories"]))
    rows: list[list[str]] = []
    for name in names:
        cells = [block["giils"].get(name) for block in chosen.values()]
        rows.append([name, *(with_error(c["score"], c["se_score"]) if c else wording.NONE for c in cells)])
    caption = f"GIILS ± SE by category in the space “{space}”; 50 = no label structure."
    return Table(caption, ["Category", *chosen], rows, sortable=True, label=f"GIILS side by side, {space}")


def _pair_words(pair: Mapping[str, Any]) -> str:
    words = say("pair", **pair)
    return f"{words}. No p: {pair['reason']}." if pair["status"] != "ok" else f"{words}; {say('pair tests', **pair)}"


SECTION = Section(
    _parts,
    "Model metrics side by side",
    contents="Metrics side by side",
    chapter="B",
    shown=lambda scope: bool(scope.result["side_by_side"]),
    latex="side-by-side",
)
