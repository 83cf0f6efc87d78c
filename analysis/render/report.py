"""The report as a plain sequence of headings, paragraphs, tables and figures, for formats without a page layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from analysis import wording
from analysis.errors import AnalysisError
from analysis.kinds import find_kind
from analysis.render.drawings import fonts
from analysis.render.formats import (
    PACKAGES,
    compile_pdf,
    escape,
    font_face,
    latex_cell,
    latex_of,
    latex_table,
    make_environment,
    markdown_of,
    page_policy,
    part_latex,
    pdf_available,
    template_text,
    text_of,
    typst_document,
)
from analysis.render.parts import Heading, Paragraph, Part, Table, figure_files
from analysis.render.sections.answers import INTERVAL_WORDS, arm_parts, discrimination_table, pair_table, sections_of
from analysis.render.sections.metrics import Pictures, arm_metric_parts, metric_comparison_parts
from analysis.render.sections.study import (
    DESIGN_WORDS,
    arm_words,
    comparison_parts,
    comparison_table,
    limits_html,
    limits_lines,
    participant_parts,
    provenance_rows,
    reading_parts,
    summary_parts,
)


def report_blocks(result: Mapping[str, Any], pictures: Pictures | None = None) -> Iterator[Part]:
    """Every part of the report that is more than a reading aid, in the order of the page."""
    labels = fonts.figure_labels(result["categories"])
    several = len(result["arms"]) > 1
    yield Heading(1, result["study"]["title"])
    as_of = f" Answers up to {wording.moment(result['as_of'])}." if result["as_of"] else ""
    yield Paragraph(DESIGN_WORDS[result["design"]] + as_of)
    for banner in result["banners"]:
        yield Paragraph(f"{banner['title']}. {banner['text']}", "banner")
    yield from summary_parts(result)
    if labels.warning:
        yield Paragraph(labels.warning, "warning")
    for i, name in enumerate(result["arms"], start=1):
        yield Heading(2, f"Arm “{name}”" if several else "Results")
        yield from _arm_blocks(result, name, labels, f"arm-{i}")
        yield from arm_metric_parts(result, name, labels.texts, pictures)
    yield from comparison_parts(result)
    yield from metric_comparison_parts(result, labels.texts)
    for name in result.get("kinds", ()):
        yield from kind_parts(result, name)
    yield from participant_parts(result)
    yield from reading_parts(result)
    for dataset, points in limits_lines(result):
        yield Heading(2, f"Known limits of the dataset “{dataset}”")
        yield from (Paragraph(point) for point in points)
    yield Heading(2, "Provenance")
    yield Table("Where the numbers come from.", ["What", "Value"], [[k, v] for k, v in _provenance_lines(result)])


def kind_parts(result: Mapping[str, Any], name: str) -> Iterator[Part]:
    """The section of another kind of trial than the boards."""
    kind = find_kind(name)
    yield Heading(2, kind.TITLE, anchor=name)
    yield from kind.parts(result["kinds"][name])


def figures(result: Mapping[str, Any]) -> dict[str, str]:
    """Every figure of the report as an SVG file, by file name."""
    return figure_files(report_blocks(result))


def _arm_blocks(result: Mapping[str, Any], name: str, labels: fonts.Labels, key: str) -> Iterator[Part]:
    words = arm_words(result["arms"][name])
    if words["source_words"]:
        yield Paragraph(words["source_words"])
    yield from arm_parts(result, name, labels, key)


def _provenance_lines(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(label, value if isinstance(value, str) else "; ".join(value)) for label, value in provenance_rows(result)]


def markdown(result: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The report in Markdown (pipe tables); figures are left out, their text alternatives stand in their place."""
    return markdown_of(report_blocks(result, pictures))


def latex(result: Mapping[str, Any]) -> str:
    """Confusion matrix, categories, pairs and metrics of every arm, and the arms side by side."""
    categories = result["categories"]
    # What a reader must know before any number travels with every table, not only with the file.
    mark = "".join(f"[{banner['title']}] " for banner in result["banners"])
    parts = [_head(result)]
    for i, (name, arm) in enumerate(result["arms"].items(), start=1):
        where = f" in arm {name}" if len(result["arms"]) > 1 else ""
        if not arm["n_answers"]:
            parts.append(f"% {_comment(name)}: no answers, so there are no tables.\n")
            continue
        parts.append(_confusion(arm, categories, where=where, label=f"tab:confusion-{i}", mark=mark))
        parts.append(_categories(arm, categories, where=where, label=f"tab:categories-{i}", mark=mark))
        told = discrimination_table(arm)
        tested = arm["pairs"] and all(pair["status"] == "ok" for pair in arm["pairs"])
        front = f"{mark}Arm {name}: " if where else mark
        parts += [part_latex(pair_table(arm), label=f"tab:pairs-{i}", front=front)] if tested else []
        parts += [part_latex(told, label=f"tab:told-apart-{i}", front=front)] if told else []
    if result["comparisons"]:
        parts.append(part_latex(comparison_table(result), label="tab:comparisons", front=mark))
    for i, name in enumerate(result["arms"], start=1):
        parts += latex_of(arm_metric_parts(result, name, tuple(categories), None), key=f"metrics-{i}")
    parts += latex_of(metric_comparison_parts(result, tuple(categories)), key="side-by-side")
    for name in result.get("kinds", ()):
        parts += latex_of(kind_parts(result, name), key=name)
    return "\n".join(parts)


def _head(result: Mapping[str, Any]) -> str:
    lines = [
        f"% {_comment(result['study']['title'])}",
        *PACKAGES,
    ]
    lines += [f"% {_comment(b['title']).upper()}: {_comment(b['text'])}" for b in result["banners"]]
    lines += [f"% Note: {_comment(text)}" for text in result["warnings"]]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """One line, so that nothing leaves the comment."""
    return " ".join(text.split())


def _confusion(arm: Mapping[str, Any], categories: Sequence[str], *, where: str, label: str, mark: str) -> str:
    rows = [
        [escape(name), *(f"({n}/{arm['row_totals'][i]})" for n in arm["confusion"][i])]
        for i, name in enumerate(categories)
    ]
    caption = f"{mark}Matches of music and generated images{where}. Rows: category heard; columns: category chosen."
    caption += f" {arm['sentence']}"
    return latex_table(["", *(escape(name) for name in categories)], rows, caption=caption, label=label)


def _categories(arm: Mapping[str, Any], categories: Sequence[str], *, where: str, label: str, mark: str) -> str:
    left = {row["category"]: row for row in arm["conditional_chance"]}
    rows = []
    for name in categories:
        row = arm["categories"][name]
        known = [escape(wording.percent(left[name]["chance"] if name in left else None))] if left else []
        rows.append(
            [
                escape(name),
                f"({row['correct']}/{row['n']})",
                escape(wording.percent(row["rate"])),
                escape(wording.percent_interval(row["ci_low"], row["ci_high"])),
                escape(wording.percent(row["chance"])),
                *known,
                _p(row["p_value"]),
                _p(row["p_holm"]),
            ]
        )
    extra = ["Chance left"] if left else []
    head = ["Category", "Correct", "Share", "95\\% CI", "Chance", *extra, "$p$", "$p$ (Holm)"]
    caption = f"{mark}Correct matches per category{where}, with Wilson intervals and exact one-sided p-values."
    if left:
        known_names = wording.listing(arm["conditional_chance"][0]["known"])
        caption += f" Chance left: what guessing gives once {known_names}, which everybody matched, are known."
    return latex_table(head, rows, caption=caption, label=label)


def _p(p: float | None) -> str:
    return latex_cell(wording.p_exact(p))


def html(result: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The report as one self-contained page."""
    labels = fonts.figure_labels(result["categories"])
    style, script = font_face(text_of(result)) + template_text("report.css"), template_text("report.js")
    names = list(result["arms"])
    page = (
        make_environment()
        .get_template("report.html.j2")
        .render(
            result=_with_words(result),
            summary=[p for p in summary_parts(result) if isinstance(p, Paragraph) and p.kind != "warning"],
            warnings=[*result["warnings"], *([labels.warning] if labels.warning else [])],
            several=len(names) > 1,
            arm_parts={name: list(arm_parts(result, name, labels, f"arm-{i}")) for i, name in enumerate(names, 1)},
            sections={name: sections_of(result["arms"][name], f"arm-{i}") for i, name in enumerate(names, 1)},
            comparisons=list(comparison_parts(result)),
            metric_parts={name: list(arm_metric_parts(result, name, labels.texts, pictures)) for name in names},
            side_by_side=list(metric_comparison_parts(result, labels.texts)),
            kinds=[(list(kind_parts(result, name)), name) for name in result.get("kinds", ())],
            participants=list(participant_parts(result)),
            reading=list(reading_parts(result)),
            design_words=DESIGN_WORDS[result["design"]],
            interval_words=INTERVAL_WORDS,
            arm_title=lambda name: f"Arm “{name}”" if len(names) > 1 else "Results",
            provenance=provenance_rows(result),
            limits=limits_html(result),
            policy=page_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            **{name: getattr(wording, name) for name in WORDS},
        )
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


WORDS = (
    "plural", "percent", "percent_interval", "percent_range", "number", "unit", "interval", "p_exact", "points",
    "points_interval", "moment", "listing",
)  # fmt: skip


def _with_words(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with the few phrases that the page adds per arm."""
    return {**result, "arms": {name: {**arm, **arm_words(arm)} for name, arm in result["arms"].items()}}


def pdf(result: Mapping[str, Any], pictures: Pictures | None = None) -> bytes:
    """The report as PDF.

    Raises:
        AnalysisError: the package typst is not installed.
    """
    if not pdf_available():
        raise AnalysisError("The PDF needs the package typst: pip install 'paragone[analysis]'.")
    return compile_pdf(typst_source(result, pictures))


def typst_source(result: Mapping[str, Any], pictures: Pictures | None = None) -> str:
    """The report as a typst document; every text of a study stands in a string, never in markup."""
    return typst_document(result["study"]["title"], report_blocks(result, pictures))
