"""Section: arms or sets side by side, where their metrics are of one space and one definition."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.metrics import require_comparable
from analysis.prose import Texts
from analysis.render.drawings import MARKS, giils_ranking, giils_ranking_alt, picture
from analysis.render.parts import Heading, Paragraph, Parts, Table
from analysis.render.sections.metrics.words import (
    Block,
    measure,
    measures,
    metric_blocks,
    ranking_caption,
    with_error,
)
from analysis.render.sections.section import Scope, Section

say = Texts("sections/metrics")

# What is measured in points; distances have no fixed scale.
SCORES = ("AIS", "IIS", "GIILS")


def _parts(scope: Scope) -> Parts:
    drawn = dict(zip(scope.categories, scope.labels.texts, strict=True))
    blocks = {name: metric_blocks(arm) for name, arm in scope.result["arms"].items()}
    yield from side_by_side_parts(scope.result["side_by_side"], blocks, drawn)
    yield from distance_difference_parts(scope.result.get("distances_side_by_side") or [])


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
        yield from _difference_parts(group)
        yield _labels(chosen, space)
        yield from (Paragraph(_pair_words(pair), "small") for pair in group["pairs"])


def distance_difference_parts(groups: Sequence[Mapping[str, Any]]) -> Parts:
    """Differences of distances on features, of every group of `analysis.metrics.distances_side_by_side`."""
    for group in groups:
        yield Heading(3, f"Distances compared: {group['space']}")
        yield from _difference_parts(group)


def _difference_parts(group: Mapping[str, Any]) -> Parts:
    """Difference, interval and p of every two owners in each measure, with what they rest on."""
    for pair in group["pairs"]:
        tests = pair.get("tests") or []
        if not tests:
            continue
        head = ["Measure", pair["a"], pair["b"], "Difference", "95% interval", "p", "Draws", "Clips", "Recordings"]
        rows = [_difference_row(test) for test in tests]
        caption = say("differences", space=group["space"], **pair)
        label = f"Differences of {pair['a']} and {pair['b']}, {group['space']}"
        yield Table(caption, head, rows, label=label)
        scope = next((test["scope"] for test in tests if test.get("scope")), "")
        if scope:
            yield Paragraph(say("difference scope", scope=scope), "small")
        reasons = dict.fromkeys(
            f"{test['measure']}: {test['reason']}"
            for test in tests
            if test["reason"] and test["difference"] is not None
        )
        if reasons:
            yield Paragraph(f"No interval for {'; '.join(reasons)}.")


def _difference_row(test: Mapping[str, Any]) -> list[str]:
    if test["difference"] is None:
        return [test["measure"], f"Not compared: {test['reason']}."]
    score = test["measure"] in SCORES
    show, between = (wording.points, wording.points_interval) if score else (measure, measures)
    few = test["ci_low"] is None
    known = test["n_recordings"]
    return [
        test["measure"], show(test["value_a"]), show(test["value_b"]), show(test["difference"]),
        "too few" if few else between(test["ci_low"], test["ci_high"]), wording.p_exact(test["p_value"]),
        f"{test['draws']:,}" if test["method"] == "monte_carlo" else test["method"], str(test["n_clips"]),
        "not known" if known is None else str(known),
    ]  # fmt: skip


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
    shown=lambda scope: bool(scope.result["side_by_side"] or scope.result.get("distances_side_by_side")),
    latex="side-by-side",
)
