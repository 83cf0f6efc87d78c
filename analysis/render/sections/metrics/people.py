"""Human answers beside the metrics of the images they were about."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import cell, interval, share
from analysis.render.drawings import picture, two_confusions
from analysis.render.parts import Heading, Paragraph, Parts, Sortable, Table
from analysis.render.sections.metrics.images import confusion_table
from analysis.render.sections.metrics.scatter import scatter_alt, scatter_figure
from analysis.render.sections.metrics.words import Block, Place, measure, measures, short_id, with_error

say = Texts("sections/people")

Found = Mapping[str, Any]
# Metrics that a scatter is drawn of, with the name on its axis.
DRAWN = {"ais": "AIS", "giils": "GIILS"}
MOST_PICTURES = 200
ALPHA = 0.05


def join_parts(block: Block, human: Found, place: Place) -> Parts:
    """Per category, per board and per picture: what people did and what the space says.

    Args:
        block: `arm_metrics` block with its `join`; human: the arm of the result document.
    """
    found, space = block["join"], block["space"]["name"]
    yield Heading(place.level + 1, "Beside people's answers")
    if found["n_left_out"]:
        words = "; ".join(f"{n} because {reason}" for reason, n in found["n_left_out"].items())
        total = found["n_boards"] + sum(found["n_left_out"].values())
        yield Paragraph(say("left out", words=words, total=total, **found), "warning")
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


def _category_table(found: Found, place: Place, space: str) -> Table:
    rows: list[list[str]] = [
        [
            row["category"], share(row["correct"], row["n"], rate=True), interval(row),
            cell(row["ais"]["value"], wording.points), cell(row["iis"]["value"], wording.points),
            with_error(row["giils"]["value"], row["giils"]["se"]), cell(row["vendi"]["value"], wording.points),
            str(row["n_images"]),
        ]
        for row in found["per_category"]
    ]  # fmt: skip
    head = ["Category", "Correct", "95% interval", "AIS", "IIS", "GIILS", "Vendi", "Images"]
    label = place.label("People and metrics", space)
    return Table(say("categories", space=space), head, rows, sortable=True, label=label)


def _interval_table(found: Found, place: Place, space: str) -> Table:
    rows: list[list[str]] = []
    for row in found["per_category"]:
        intervals = [interval(row[key], wording.points_interval) for key in ("ais", "iis", "giils")]
        top, time = row["top_confusion"], row["median_choice_ms"]
        confused = wording.NONE if top is None else f"{wording.listing(top['categories'])} ({top['n']})"
        seconds = wording.points(None if time is None else time / 1000)
        rows.append([row["category"], *intervals, confused, Sortable(seconds, time)])
    head = ["Category", "AIS", "IIS", "GIILS", "Commonest confusion", "Median, s"]
    label = place.label("Intervals by category", space)
    return Table(say("intervals", space=space), head, rows, words=(4,), dense=True, label=label)


def _scatters(found: Found, human: Found, place: Place, space: str) -> Parts:
    chances = {row["chance"] for row in human["categories"].values() if row["chance"] is not None}
    chance = chances.pop() if len(chances) == 1 else None
    rows = [row | {"category": place.texts.get(row["category"], row["category"])} for row in found["per_category"]]
    for key, short in DRAWN.items():
        both = [row for row in rows if row["rate"] is not None and row[key]["value"] is not None]
        if len(both) < 2:
            continue
        name = f"{short} in the space “{space}”"
        numbered = " Points are numbered in the order of the table above." if len(both) > 8 else ""
        yield picture(
            scatter_figure, both, key, name, chance, name=f"{place.key}-against-{key}",
            alt=scatter_alt(both, key, name), caption=say("scatter", short=short) + numbered,
        )  # fmt: skip


def _correlation_table(found: Found, place: Place, space: str) -> Table:
    relations = found["correlations"].values()
    common = {relation["reason"] for relation in relations if relation["spearman"] is not None}
    rows: list[list[str]] = []
    for relation in relations:
        start = [relation["name"], str(relation["n"])]
        if relation["spearman"] is None:
            rows.append([*start, relation["reason"]])
            continue
        values = [wording.unit(relation["spearman"]), wording.unit(relation["kendall"])]
        note = [relation["reason"]] if len(common) > 1 else []
        rows.append([*start, *values, interval(relation, wording.interval), *note])
    caption, label = say("correlations", space=space), place.label("Correlations", space)
    head = ["Metric", "Categories", "Spearman", "Kendall", "95% interval"]
    if len(common) == 1:
        return Table(f"{caption} {common.pop()}".strip(), head, rows, label=label)
    return Table(caption, [*head, "Note"], rows, words=(5,), label=label)


def _reliability_table(found: Found, place: Place, space: str) -> Table:
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
        between = interval(one, _not_negatives)
        rows.append([*start, units, _not_negative(one["value"]), between, top, _sentence(one["reason"])])
    head = ["Measure", "Categories", "From", "Reliability", "95% interval", "Ceiling", "Note"]
    label = place.label("Reliability", space)
    return Table(say("reliability", note=fit["note"]), head, rows, words=(6,), label=label)


def _not_negative(reliability: float) -> str:
    """An estimate below 0 says no more than that there is nothing; how far below is noise."""
    return "< 0" if reliability < 0 else wording.unit(reliability)


def _not_negatives(low: float | None, high: float | None) -> str:
    return wording.NONE if low is None or high is None else f"[{_not_negative(low)}, {_not_negative(high)}]"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _machine(found: Found, human: Found, block: Block, place: Place, space: str) -> Parts:
    machine, categories = found["machine"], block["categories"]
    if not machine["total"]:
        return
    between = _over_both(machine["agreement"], wording.percent_interval)
    yield Paragraph(say("machine", space=space, people=human["overall"], machine=machine, interval=between))
    matrices = (human["confusion"], machine["confusion"])
    hits = [
        f"{name}: people {people[i]} of {sum(people)}, machine {own[i]} of {sum(own)}"
        for i, (name, people, own) in enumerate(zip(categories, *matrices, strict=True))
    ]
    label = place.label("Machine on the same boards", space)
    yield picture(
        two_confusions, *matrices, [place.texts.get(name, name) for name in categories], name=f"{place.key}-machine",
        alt=f"Two confusion matrices of the same boards. Correct matches: {'; '.join(hits)}.",
        caption=say("matrices"),
        data=confusion_table(matrices[1], categories, caption=say("machine matrix", space=space), label=label),
    )  # fmt: skip


def _temperature(found: Found, space: str) -> Parts:
    fit = found["temperature"]
    name = f"Human temperature in the space “{space}”"
    sizes = f"{wording.plural(fit['n_choices'], 'choice')} of {wording.plural(fit['n_participants'], 'participant')}"
    if fit["beta"] is None:
        yield Paragraph(f"{name}: beta cannot be told ({fit['reason']}; {sizes}).")
    else:
        likelihoods = (measure(fit[key]) for key in ("beta", "log_likelihood", "log_likelihood_null"))
        words = dict(zip(("beta", "likelihood", "null"), likelihoods, strict=True))
        tail = {"method": fit["method"], "note": fit["note"], "interval": _over_both(fit, measures)}
        yield Paragraph(say("temperature", name=name, sizes=sizes, **words, **tail))
    beyond, nothing = {**fit["beyond"], "p_holm": fit["p_holm"], "n_tests": fit["n_tests"]}, fit["nothing"]
    if beyond["p_value"] is None:
        yield Paragraph(say("untested", reason=beyond["reason"]))
    else:
        verdict = "Yes" if beyond["p_holm"] <= ALPHA else "Not shown"
        yield Paragraph(say("beyond", verdict=verdict, test=beyond, over=_corrected(beyond), how=_permutations(beyond)))
    if nothing["p_value"] is None:
        yield Paragraph(say("nothing untested", reason=nothing["reason"]))
    else:
        yield Paragraph(say("nothing", test=nothing, over=_corrected(nothing), how=_permutations(nothing)))


def _over_both(fit: Found, text: Callable[..., str]) -> str:
    """The interval over people and pictures, or why there is none."""
    if fit["ci_low"] is None:
        return say("no interval", reason=fit["interval_reason"])
    return say("interval over both", ends=text(fit["ci_low"], fit["ci_high"]))


def _corrected(test: Found) -> str:
    return f", Holm over {test['n_tests']} tests" if test["n_tests"] > 1 else ""


def _permutations(test: Found) -> str:
    least = f"no p below {wording.p_exact(test['least_p'])} can arise"
    if test["method"] == "exact":
        return f"exact over {wording.plural(test['n_permutations'], 'permutation')}; {least}"
    return f"{wording.plural(test['n_permutations'], 'seeded permutation')}; {least}"


def _calibration(found: Found, place: Place, space: str) -> Parts:
    fit = found["calibration"]
    if fit["brier"] is None:
        yield Paragraph(f"Calibration of the space against people's choices: none, {fit['reason']}.")
        return
    between = _over_both(fit["brier"], lambda low, high: wording.interval(low, high, digits=3))
    yield Paragraph(say("calibration", space=space, interval=between, fit=fit))
    rows = [
        [
            f"{wording.unit(b['low'])}–{wording.unit(b['high'])}", str(b["n"]), wording.unit(b["predicted"], digits=3),
            wording.unit(b["observed"], digits=3),
        ]
        for b in fit["bins"]
    ]  # fmt: skip
    head = ["Probability", "Pairs", "Predicted", "Chosen"]
    yield Table(say("bins"), head, rows, label=place.label("Calibration", space))


def _mantel(found: Found) -> Paragraph:
    fit = found["mantel"]
    name = "Mantel test of people's confusions against the similarity of categories"
    if fit["rho"] is None:
        return Paragraph(f"{name}: none, {fit['reason']}.")
    how = "exact" if fit["method"] == "exact" else "seeded draws"
    return Paragraph(say("mantel", name=name, how=how, over=_corrected(fit), **fit))


def _pictures(found: Found, place: Place, space: str) -> Parts:
    rows = sorted(found["per_picture"], key=lambda r: (r["clip_category"], r["clip"], -r["share"], r["image"]))
    if not rows:
        return
    shown = rows[:MOST_PICTURES]
    caption = say("pictures", space=space)
    if len(rows) > len(shown):
        caption += f" The first {len(shown)} of {len(rows)} rows; all stand in tables/pictures-*.csv."
    cells = [
        [
            short_id(r["clip"]), r["clip_category"], short_id(r["image"]), r["image_category"],
            f"{r['chosen']}/{r['shown']}", cell(r["share"]), interval(r),
            Sortable(wording.unit(r["similarity"], digits=3), r["similarity"]),
        ]
        for r in shown
    ]  # fmt: skip
    head = ["Clip", "Category", "Image", "Category of image", "Chosen", "Share", "95% interval", "Cosine"]
    label = place.label("Pictures", space)
    yield Table(caption, head, cells, words=(1, 3), sortable=True, label=label, bulky=True)
