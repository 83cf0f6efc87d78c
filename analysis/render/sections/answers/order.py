"""The human results of one arm as parts: what to read first comes first, every figure has its numbers beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from analysis import wording
from analysis.render import cells as arm_tables
from analysis.render.drawings import answers, fonts, study, times
from analysis.render.parts import Heading, Paragraph, Part, Picture, Table

# Participants in one table of a paged format; beyond it they stand on the page and in the CSV tables alone.
MOST_PRINTED_PARTICIPANTS = 40
SECTIONS = {
    "chance": "Against random matching",
    "categories": "Category by category",
    "confusions": "What was taken for what",
    "participants": "Participant by participant",
    "spread": "How much participants differ",
    "agreement": "Agreement is not accuracy",
    "times": "Times, places and learning",
}


def arm_parts(result: Mapping[str, Any], name: str, labels: fonts.Labels, key: str) -> Iterator[Part]:
    """Every section on the answers of one arm; `key` begins the anchors and the ids inside figures.

    Names of regions carry the arm where there are several.
    """
    suffix = f" of {name}" if len(result["arms"]) > 1 else ""
    for part in _sections(result, result["arms"][name], labels, key):
        match part:
            case Table():
                yield replace(part, label=part.label + suffix)
            case Picture(data=data) if data is not None:
                yield replace(part, data=replace(data, label=data.label + suffix))
            case _:
                yield part


def sections_of(arm: Mapping[str, Any], key: str) -> list[tuple[str, str]]:
    """(anchor, title) of the sections that an arm has, for a page's contents."""
    return [(f"{key}-{section}", title) for section, title in SECTIONS.items()] if arm["n_answers"] else []


def _sections(result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str) -> Iterator[Part]:
    if not arm["n_answers"]:
        yield Paragraph(arm["overall"]["reason"] or "No answers yet.")
        return
    sizes = result["measured_sizes"]
    names = _name_key(result["categories"]) if labels.numbered else ""
    yield _heading(key, "chance")
    yield from _chance(arm, key)
    yield _heading(key, "categories")
    yield from _categories(result, arm, labels, key, names)
    yield _heading(key, "confusions")
    yield from _confusions(result, arm, labels, key, names)
    yield _heading(key, "participants")
    yield from _participants(result, arm, labels, key, names)
    yield _heading(key, "spread")
    yield from _spread(arm, sizes)
    yield _heading(key, "agreement")
    yield arm_tables.agreement_table(arm)
    yield arm_tables.modal_table(arm, result["categories"])
    yield _heading(key, "times")
    yield from _times(result, arm, labels, key, names)
    for flag in arm["flags"]:
        if flag["n"]:
            people = wording.plural(flag["n"], "participant")
            some = wording.listing(flag["participants"][:12]) + (", ..." if flag["n"] > 12 else "")
            yield Paragraph(f"Worth a look: {flag['flag']}: {people} ({some}). Nobody is left out for this.", "small")


def _heading(key: str, section: str) -> Heading:
    return Heading(3, SECTIONS[section], anchor=f"{key}-{section}")


def _chance(arm: Mapping[str, Any], key: str) -> Iterator[Part]:
    whole = arm["overall"]
    yield Paragraph(arm["sentence"])
    yield arm_tables.overall_table(arm)
    if whole["reason"]:
        yield Paragraph(whole["reason"], "small")
    law = answers.null(arm, name=f"{key}-null")
    if law:
        caption = (
            "Exact chances of every total if all participants matched at random; dark: totals significant at .05 "
            "(one-sided); the line marks the total observed."
        )
        yield Picture(law, answers.null_alt(arm), caption, arm_tables.null_table(arm))


def _categories(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    categories = result["categories"]
    yield arm_tables.category_table(arm, categories)
    if arm["conditional_chance"]:
        first = arm["conditional_chance"][0]
        usual = {row["chance"] for row in arm["categories"].values()}
        against = f", not {wording.percent(usual.pop())}" if len(usual) == 1 else ""
        yield Paragraph(
            f"The chance that is left: everybody matched {wording.listing(first['known'])}. Once these are known, a "
            f"clip of the others is right by chance in {wording.percent(first['chance'])} of cases{against}: read "
            f"their shares against that."
        )
    yield Picture(
        answers.forest(arm, labels.texts, name=f"{key}-forest"), answers.forest_alt(arm),
        f"Share of correct matches with 95% intervals; the dashed line is chance. “All clips” has the interval over "
        f"participants.{names}",
    )  # fmt: skip
    told = arm_tables.discrimination_table(arm)
    if told:
        yield told
    elif result["design"] == "one_to_one" and len(categories) > 1:
        yield Paragraph("Told apart? There is no board on which all clips but two were right.", "small")
    yield arm_tables.category_effects(arm, categories)


def _confusions(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    categories = result["categories"]
    yield arm_tables.confusion_table(arm, categories)
    yield Picture(
        answers.confusion(arm, labels.texts, name=f"{key}-confusion"), answers.confusion_alt(arm),
        f"Count and share of the row in every cell; the diagonal, framed, holds the correct matches.{names}",
    )  # fmt: skip
    undefined = {pair["reason"] for pair in arm["pairs"] if pair["status"] != "ok"}
    if undefined:
        yield Paragraph(f"Pairs of categories: {' '.join(sorted(undefined))}", "small")
    elif arm["pairs"]:
        yield arm_tables.pair_table(arm)
    cells = arm_tables.cell_table(arm)
    if cells:
        yield cells
    yield Paragraph(_symmetry_words(arm, result["measured_sizes"]), "small")
    yield Paragraph(_bias_words(arm, categories), "small")
    choice = arm_tables.choice_table(arm, categories)
    if choice:
        yield choice
    plane = study.category_plane(arm, labels.texts, name=f"{key}-plane")
    if plane:
        yield Picture(
            plane, study.plane_alt(labels.texts),
            f"Map of the categories from the similarity-choice model: those often taken for each other lie close "
            f"together; directions mean nothing.{_name_key(categories)}", arm_tables.map_table(arm, categories),
        )  # fmt: skip


def _participants(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    table = arm_tables.participant_table(arm, result["categories"])
    tiles = answers.tiles(arm, labels.texts, name=f"{key}-tiles")
    if not tiles:
        yield table
        return
    named = len(arm["participants"]) <= answers.MOST_NAMED_PARTICIPANTS
    caption = f"One row per participant, best first; the darker, the more matched correctly.{names}"
    yield Picture(tiles, answers.tiles_alt(arm, named=named), caption, table)


def _spread(arm: Mapping[str, Any], sizes: Mapping[str, str]) -> Iterator[Part]:
    table = arm_tables.dependence_table(arm)
    if table:
        yield table
    found = (arm["dependence"] or {}).get("categories")
    if found is None:
        return
    if found["status"] != "ok":
        yield Paragraph(f"Do categories differ? {found['reason']}", "small")
        return
    exact = f"exact p = {wording.p_exact(found['p_exact'])}, " if found["p_exact"] is not None else ""
    yield Paragraph(
        f"Do categories differ? Cochran's Q = {wording.number(found['q'])}, df = {found['df']}, {exact}asymptotic p = "
        f"{wording.p_exact(found['p_asymptotic'])} ({sizes['cochran']}).",
        "small",
    )


def _times(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    if arm["times"] is None:
        yield Paragraph("No response times: the answers carry none.", "small")
    else:
        yield arm_tables.times_table(arm["times"], result["categories"])
        drawn = times.times(arm, name=f"{key}-times")
        if drawn:
            caption = "Share of choices made after so many seconds, right and wrong ones apart."
            table = arm_tables.ecdf_table(arm["times"]["ecdf"])
            yield Picture(drawn, times.times_alt(arm), caption, table)
        drawn = times.category_times(arm, labels.texts, name=f"{key}-category-times")
        if drawn:
            caption = f"Share of choices made after so many seconds, by category of the clip.{names}"
            table = arm_tables.ecdf_table(arm["times"]["category_ecdf"], label="Distribution of times by category")
            yield Picture(drawn, times.category_times_alt(arm), caption, table)
    drawn = study.positions(arm, name=f"{key}-positions")
    if drawn:
        by = {"trials": "by trial", "clip_positions": "by place of the clip on the board"}
        shown = [words for key_, words in by.items() if len(arm[key_]["position"]) > 1]
        caption = f"Share of correct matches {' and '.join(shown)}; the dashed line is chance."
        yield Picture(drawn, study.positions_alt(arm), caption, arm_tables.position_table(arm))
    if arm["clip_places"]["status"] == "ok":
        yield arm_tables.places_table(arm["clip_places"], result["categories"])
    yield Paragraph(_places_words(arm["clip_places"]), "small")
    trials = _trend_words("Learning (trend over trials)", arm["trials"])
    places = _trend_words("Place of the clip on the board", arm["clip_positions"])
    yield Paragraph(f"{trials} {places} {_position_words(arm)}", "small")
    if arm["confidence"]:
        yield arm_tables.confidence_table(arm["confidence"])
        yield Paragraph(_confidence_words(arm["confidence"]), "small")


def _confidence_words(found: Mapping[str, Any]) -> str:
    if found["auc"] is None:
        return f"Confidence and being right: {found['reason']}"
    between = (
        ""
        if found["ci_low"] is None
        else (f", 95% interval over participants {wording.percent_interval(found['ci_low'], found['ci_high'])}")
    )
    words = (
        f"Confidence and being right: of a right and a wrong answer of one person the right one had more confidence in "
        f"{wording.percent(found['auc'])} of {wording.plural(found['n_pairs'], 'pair')}, ties counted half{between}; "
        f"50% = what is stated says nothing ({wording.plural(found['n_participants'], 'participant')} with both)."
    )
    if found["p_value"] is None:
        return f"{words} {found['reason']}"
    return f"{words} One-sided p = {wording.p_exact(found['p_value'])} ({found['method']})."


def _trend_words(what: str, found: Mapping[str, Any]) -> str:
    if found["status"] != "ok":
        return f"{what}: {found['reason']}"
    return (
        f"{what}: z = {wording.number(found['z'])}, two-sided p = {wording.p_exact(found['p_value'])} "
        f"({found['method']})."
    )


def _places_words(found: Mapping[str, Any]) -> str:
    """Counterbalancing: what was shown where, against the plan."""
    what = "Counterbalancing (places of the clips on the board)"
    if found["status"] != "ok":
        return f"{what}: {found['reason']}"
    least, most = (pick(map(pick, found["counts"])) for pick in (min, max))
    seen = "more uneven than random orders usually are" if found["p_value"] <= 0.05 else "no unevenness shown"
    left_out = found["n_left_out"]
    without = f"; {wording.plural(left_out, 'board')} without known places left out" if left_out else ""
    return (
        f"{what}: {seen} (each category stood at each place {least} to {most} times on "
        f"{wording.plural(found['n_boards'], 'board')}{without}; against random order chi² = "
        f"{wording.number(found['chi2'])}, p = {wording.p_exact(found['p_value'])}, {found['method']})."
    )


def _position_words(arm: Mapping[str, Any]) -> str:
    found = arm["image_positions"]
    if found["status"] != "ok":
        return f"Places of the images chosen: {found['reason']}"
    return (
        f"Places of the images chosen: {', '.join(map(str, found['chosen']))} times; against even use chi² = "
        f"{wording.number(found['chi2'])}, df = {found['df']}, p = {wording.p_exact(found['p_value'])} "
        f"({found['method']})."
    )


def _symmetry_words(arm: Mapping[str, Any], sizes: Mapping[str, str]) -> str:
    found = arm["symmetry"]
    if found["status"] != "ok":
        return f"One-sided confusions: {found['reason']}"
    seen = "one direction is commoner" if found["p_exact"] <= 0.05 else "none shown"
    return (
        f"One-sided confusions: {seen} ({found['method']} symmetry p = {wording.p_exact(found['p_exact'])}; Bowker "
        f"chi² = {wording.number(found['statistic'])}, df = {found['df']}, p = "
        f"{wording.p_exact(found['p_asymptotic'])}, {sizes['bowker']})."
    )


def _bias_words(arm: Mapping[str, Any], categories: list[str]) -> str:
    found = arm["response_bias"]
    if found["status"] != "ok":
        return f"Favourite images: {found['reason']}"
    uses = ", ".join(f"{name} {n}" for name, n in zip(categories, found["chosen"], strict=True))
    words = (
        f"Favourite images (times chosen: {uses}): against even use chi² = {wording.number(found['chi2'])}, df = "
        f"{found['df']}, p = {wording.p_exact(found['p_value'])} ({found['method']})"
    )
    if found["stuart_maxwell"] is not None:
        words += (
            f"; against the categories heard Stuart-Maxwell = {wording.number(found['stuart_maxwell'])}, df = "
            f"{found['stuart_maxwell_df']}, p = {wording.p_exact(found['stuart_maxwell_p'])} "
            f"({found['stuart_maxwell_size']})"
        )
    return f"{words}."


def _name_key(categories: list[str]) -> str:
    return " Numbers stand for: " + "; ".join(f"{i + 1} {name}" for i, name in enumerate(categories)) + "."
