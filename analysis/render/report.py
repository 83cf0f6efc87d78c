"""The one assembly of the report: every section of the registry in its chapter, for every format.

A section yields parts; HTML, Markdown and PDF write all of them, tables.tex the tables that papers need, figures/ the
drawings. What stands in tables/ comes from the same sections.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from analysis.errors import AnalysisError
from analysis.render import formats
from analysis.render.drawings import figure_labels
from analysis.render.parts import Heading, Only, Part, Parts, Picture, Table, figure_files, flat
from analysis.render.sections import CHAPTERS, Pictures, Scope, Section, load_sections
from analysis.render.tables import Grid, csv_text, parquet_bytes
from analysis.results import Result


@dataclass(frozen=True)
class FilledSection:
    """A section with what it has to say of a study or of one arm."""

    section: Section
    scope: Scope
    parts: list[Part]


def fill_sections(result: Result, pictures: Pictures | None = None) -> Iterator[FilledSection]:
    """Every section that has something to show, chapter by chapter, those of an arm together."""
    sections = load_sections()
    whole = Scope(result, figure_labels(result["categories"]), pictures)
    for chapter in CHAPTERS:
        own = {name: section for name, section in sections.items() if section.chapter == chapter.mark}
        each = [name for name, section in own.items() if section.per_arm]
        start = list(takewhile(set(own).difference(each).__contains__, own))
        order = [(whole, name) for name in start]
        order += [(replace(whole, name=arm), name) for arm in result["arms"] for name in each]
        order += [(whole, name) for name in own if name not in (*start, *each)]
        for scope, name in order:
            section = own[name]
            parts = list(_titled(name, section, scope)) if section.shown(scope) else []
            if parts:
                yield FilledSection(section, scope, parts)


def report_parts(result: Result, pictures: Pictures | None = None) -> Parts:
    """Every part of the report, in the order of reading: chapters, in the appendices arms, below them sections."""
    for mark, own in groupby(fill_sections(result, pictures), key=lambda filled: filled.section.chapter):
        (chapter,) = (chapter for chapter in CHAPTERS if chapter.mark == mark)
        if not mark:
            yield from (part for filled in own for part in filled.parts)
            continue
        yield chapter.heading
        for arm, filled in groupby(own, key=lambda filled: filled.scope.name):
            parts = [part for one in filled for part in one.parts]
            named = isinstance(parts[0], Heading) and parts[0].level == 2
            if arm and len(result["arms"]) > 1 and not named:
                number = list(result["arms"]).index(arm) + 1
                parts = [Heading(2, f"Arm “{arm}”", f"arm-{number}-{mark.lower()}"), *parts]
            elif arm and not named:
                yield from parts
                continue
            yield from map(_lowered, parts)


def _lowered(part: Part) -> Part:
    """A heading one level deeper, as it stands inside a chapter."""
    match part:
        case Heading(level=level):
            return replace(part, level=level + 1)
        case Only(part=Heading() as heading):
            return replace(part, part=_lowered(heading))
    return part


def _titled(name: str, section: Section, scope: Scope) -> Parts:
    """A section's parts below its heading; regions of a page carry the arm where there are several."""
    parts = [_owned(part, scope.owner if not section.latex else "") for part in section.parts(scope)]
    if parts and section.title:
        anchor = scope.key(section.anchor or name)
        yield Heading(3 if section.per_arm else 2, section.title, anchor, section.contents)
    yield from parts


def _owned(part: Part, owner: str) -> Part:
    match part:
        case Table(label=label) if owner:
            return replace(part, label=f"{label} of {owner}")
        case Picture(data=Table() as data) if owner:
            return replace(part, data=replace(data, label=f"{data.label} of {owner}"))
    return part


def html(result: Result, pictures: Pictures | None = None) -> str:
    """The report as one self-contained page.

    Parameters
    ----------
    result : Result
        What `analysis.results.build_result` gives.
    pictures : mapping, optional
        JPEG thumbnails by their SHA-256; without it the page says that they are no part of it.

    Returns
    -------
    str
        HTML that loads nothing from elsewhere; equal documents give equal texts.
    """
    mark = f"[{result['banners'][0]['title']}] " if result["banners"] else ""
    return formats.page(f"{mark}{result['study']['title']}: report", report_parts(result, pictures), letters=result)


def markdown(result: Result, pictures: Pictures | None = None) -> str:
    """The report in Markdown (pipe tables); figures are left out, their text alternatives stand in their place.

    Parameters
    ----------
    result, pictures
        As for `html`.

    Returns
    -------
    str
    """
    return formats.markdown_of(report_parts(result, pictures))


def latex(result: Result) -> str:
    """The tables that papers need, of every arm and of the arms side by side.

    Parameters
    ----------
    result : Result
        What `analysis.results.build_result` gives.

    Returns
    -------
    str
        Booktabs tables, ready for \\input; what must be known before any number stands in every caption.
    """
    banners = result["banners"]
    notes = [f"{banner['title'].upper()}: {banner['text']}" for banner in banners]
    parts = [formats.latex_head(result["study"]["title"], [*notes, *(f"Note: {text}" for text in result["warnings"])])]
    for name, arm in result["arms"].items():
        if not arm["n_answers"]:
            parts.append(f"% {' '.join(name.split())}: no answers, so there are no tables.\n")
    # What a reader must know before any number travels with every table of answers, not only with the file.
    mark = "".join(f"[{banner['title']}] " for banner in banners)
    for filled in fill_sections(result):
        parts += _section_latex(filled, mark)
    return "\n".join(parts)


def _section_latex(filled: FilledSection, mark: str) -> list[str]:
    scope = filled.scope
    end = f"-{scope.number}" if scope.name else ""
    if filled.section.latex:
        return formats.latex_of(filled.parts, key=f"{filled.section.latex}{end}")
    arm = f"Arm {scope.name}: " if scope.owner else ""
    return [
        formats.part_latex(part.printed or part, label=f"tab:{part.latex}{end}", front=mark + arm * (not part.printed))
        for part in flat(filled.parts)
        if isinstance(part, Table) and part.latex
    ]


def pdf(result: Result, pictures: Pictures | None = None) -> bytes:
    """The report as PDF, tagged for screen readers; equal documents give equal bytes.

    Parameters
    ----------
    result, pictures
        As for `html`.

    Returns
    -------
    bytes

    Raises
    ------
    AnalysisError
        The package typst is not installed.
    """
    if not formats.pdf_available():
        raise AnalysisError("The PDF needs the package typst: pip install -c constraints.txt -e '.[analysis]'.")
    return formats.compile_pdf(typst_source(result, pictures))


def typst_source(result: Result, pictures: Pictures | None = None) -> str:
    """The report as a typst document; every text of a study stands in a string, never in markup."""
    return formats.typst_document(result["study"]["title"], report_parts(result, pictures))


def figures(result: Result) -> dict[str, str]:
    """Every figure of the report as an SVG file, by file name."""
    return figure_files(report_parts(result))


def grids(result: Result) -> dict[str, Grid]:
    """Every tidy table of the report, by name."""
    return {name: grid for section in load_sections().values() for name, grid in section.grids(result).items()}


def csv_tables(result: Result) -> dict[str, str]:
    """Text of every tidy table by file name."""
    return {f"{name}.csv": csv_text(grid) for name, grid in grids(result).items()}


def parquet_tables(result: Result) -> dict[str, bytes]:
    """The same tables as Parquet by file name, every column of the type that describes it."""
    return {f"{name}.parquet": parquet_bytes(grid) for name, grid in grids(result).items()}
