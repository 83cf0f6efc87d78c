"""Section: times, places and learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render.drawings import fonts, study, times
from analysis.render.parts import Paragraph, Part, Picture, Table


def time_parts(
    result: Mapping[str, Any], arm: Mapping[str, Any], labels: fonts.Labels, key: str, names: str
) -> Iterator[Part]:
    if arm["times"] is None:
        yield Paragraph("No response times: the answers carry none.", "small")
    else:
        yield times_table(arm["times"], result["categories"])
        drawn = times.times(arm, name=f"{key}-times")
        if drawn:
            caption = "Share of choices made after so many seconds, right and wrong ones apart."
            table = ecdf_table(arm["times"]["ecdf"])
            yield Picture(drawn, times.times_alt(arm), caption, table)
        drawn = times.category_times(arm, labels.texts, name=f"{key}-category-times")
        if drawn:
            caption = f"Share of choices made after so many seconds, by category of the clip.{names}"
            table = ecdf_table(arm["times"]["category_ecdf"], label="Distribution of times by category")
            yield Picture(drawn, times.category_times_alt(arm), caption, table)
    drawn = study.positions(arm, name=f"{key}-positions")
    if drawn:
        by = {"trials": "by trial", "clip_positions": "by place of the clip on the board"}
        shown = [words for key_, words in by.items() if len(arm[key_]["position"]) > 1]
        caption = f"Share of correct matches {' and '.join(shown)}; the dashed line is chance."
        yield Picture(drawn, study.positions_alt(arm), caption, position_table(arm))
    if arm["clip_places"]["status"] == "ok":
        yield places_table(arm["clip_places"], result["categories"])
    yield Paragraph(_places_words(arm["clip_places"]), "small")
    trials = _trend_words("Learning (trend over trials)", arm["trials"])
    places = _trend_words("Place of the clip on the board", arm["clip_positions"])
    yield Paragraph(f"{trials} {places} {_position_words(arm)}", "small")
    if arm["confidence"]:
        yield confidence_table(arm["confidence"])
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
