"""tables.tex: booktabs tables in the "(9/12)" style, ready for \\input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.render import cells as arm_tables
from analysis.render.parts import Part, Table
from analysis.render.sections.metrics.order import arm_metric_parts, metric_comparison_parts
from analysis.render.sections.study.summary import comparison_table

ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"\textpm{}", "·": r"\textperiodcentered{}", "²": r"\texttwosuperior{}", "×": r"\texttimes{}",
    "−": r"\textminus{}", "“": "``", "”": "''", "…": r"\dots{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "–": "--", "\n": " ", "\r": " ", "\t": " ",
    "→": r"$\to$", "′": "$'$",
}  # fmt: skip


PACKAGES = (
    "% Needs \\usepackage{booktabs,textcomp} and \\usepackage[T1]{fontenc}; for names beyond Latin letters use",
    "% LuaLaTeX or XeLaTeX with a font that has them.",
)
PLAIN_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(letter, letter) for letter in text)


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
        told = arm_tables.discrimination_table(arm)
        tested = arm["pairs"] and all(pair["status"] == "ok" for pair in arm["pairs"])
        front = f"{mark}Arm {name}: " if where else mark
        parts += [_of_part(arm_tables.pair_table(arm), label=f"tab:pairs-{i}", front=front)] if tested else []
        parts += [_of_part(told, label=f"tab:told-apart-{i}", front=front)] if told else []
    if result["comparisons"]:
        parts.append(_of_part(comparison_table(result), label="tab:comparisons", front=mark))
    for i, name in enumerate(result["arms"], start=1):
        parts += latex_of(arm_metric_parts(result, name, tuple(categories), None), key=f"metrics-{i}")
    parts += latex_of(metric_comparison_parts(result, tuple(categories)), key="side-by-side")
    return "\n".join(parts)


def latex_of(parts: Iterable[Part], *, key: str) -> list[str]:
    """The tables of any sequence of parts; labels are `tab:<key>-1` and so on. Bulky tables stay out."""
    tables = [part for part in parts if isinstance(part, Table) and not part.bulky and part.head != ["What", "Value"]]
    return [_of_part(table, label=f"tab:{key}-{number}") for number, table in enumerate(tables, start=1)]


def _of_part(table: Table, *, label: str, front: str = "") -> str:
    """A row without numbers keeps its cells empty; its words go to the end of the caption."""
    width, rows, words = len(table.head), [], []
    for row in table.rows:
        short = len(row) < width
        cells = row[:-1] + [wording.NONE] * (width - len(row) + 1) if short else row
        words += [f"{row[0]}: {row[-1]}."] if short else []
        rows.append([_cell(text) for text in cells])
    caption = front + " ".join([table.caption, *words])
    return _table([_cell(text) for text in table.head], rows, caption=caption, label=label)


def _cell(text: str) -> str:
    """A cell's text, with powers of ten in math."""
    parts = re.split(r"(\d(?:\.\d+)?) × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    written = escape(parts[0])
    for mantissa, exponent, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        written += f"${mantissa} \\times 10^{{{exponent.translate(PLAIN_DIGITS)}}}$" + escape(rest)
    return written


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
    return _table(["", *(escape(name) for name in categories)], rows, caption=caption, label=label)


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
    return _table(head, rows, caption=caption, label=label)


def _p(p: float | None) -> str:
    return _cell(wording.p_exact(p))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str) -> str:
    # A row that starts with "(" or "[" after "\\" is safe only behind an empty group.
    lines = ["\\begin{table}", "\\centering", f"\\caption{{{escape(caption)}}}", f"\\label{{{label}}}"]
    lines += [f"\\begin{{tabular}}{{l{'c' * (len(head) - 1)}}}", "\\toprule", " & ".join(head) + " \\\\", "\\midrule"]
    lines += ["{}" * row[0].startswith("[") + " & ".join(row) + " \\\\" for row in rows]
    lines += ["\\bottomrule", "\\end{tabular}", "\\end{table}", ""]
    return "\n".join(lines)
