"""tables.tex: booktabs tables in the "(9/12)" style, ready for \\input."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording

ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "–": "--", "\n": " ", "\r": " ", "\t": " ",
}  # fmt: skip


PLAIN_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def latex(result: Mapping[str, Any]) -> str:
    """Confusion matrix and category table of every arm."""
    categories = result["categories"]
    parts = [_head(result)]
    for i, (name, arm) in enumerate(result["arms"].items(), start=1):
        where = f" in arm {name}" if len(result["arms"]) > 1 else ""
        if not arm["n_answers"]:
            parts.append(f"% {_comment(name)}: no answers, so there are no tables.\n")
            continue
        parts.append(_confusion(arm, categories, where=where, label=f"tab:confusion-{i}"))
        parts.append(_categories(arm, categories, where=where, label=f"tab:categories-{i}"))
    return "\n".join(parts)


def _head(result: Mapping[str, Any]) -> str:
    lines = [
        f"% {_comment(result['study']['title'])}",
        "% Needs \\usepackage{booktabs} and \\usepackage[T1]{fontenc}; for names beyond Latin letters use LuaLaTeX or",
        "% XeLaTeX with a font that has them.",
    ]
    lines += [f"% {_comment(b['title']).upper()}: {_comment(b['text'])}" for b in result["banners"]]
    lines += [f"% Note: {_comment(text)}" for text in result["warnings"]]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    """One line, so that nothing leaves the comment."""
    return " ".join(text.split())


def _confusion(arm: Mapping[str, Any], categories: Sequence[str], *, where: str, label: str) -> str:
    rows = [
        [escape(name), *(f"({n}/{arm['row_totals'][i]})" for n in arm["confusion"][i])]
        for i, name in enumerate(categories)
    ]
    caption = f"Matches of music and generated images{where}. Rows: category heard; columns: category chosen."
    caption += f" {arm['sentence']}"
    return _table(["", *(escape(name) for name in categories)], rows, caption=caption, label=label)


def _categories(arm: Mapping[str, Any], categories: Sequence[str], *, where: str, label: str) -> str:
    rows = []
    for name in categories:
        row = arm["categories"][name]
        rows.append(
            [
                escape(name),
                f"({row['correct']}/{row['n']})",
                escape(wording.percent(row["rate"])),
                escape(wording.percent_interval(row["ci_low"], row["ci_high"])),
                escape(wording.percent(row["chance"])),
                _p(row["p_value"]),
                _p(row["p_holm"]),
            ]
        )
    head = ["Category", "Correct", "Share", "95\\% CI", "Chance", "$p$", "$p$ (Holm)"]
    caption = f"Correct matches per category{where}, with Wilson intervals and exact one-sided p-values."
    return _table(head, rows, caption=caption, label=label)


def _p(p: float | None) -> str:
    text = wording.p_exact(p)
    powers = re.sub(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: f"10^{{{m[1].translate(PLAIN_DIGITS)}}}", text)
    return f"${powers.replace('×', chr(92) + 'times')}$" if powers != text else escape(text)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str) -> str:
    # A row that starts with "(" or "[" after "\\" is safe only behind an empty group.
    lines = ["\\begin{table}", "\\centering", f"\\caption{{{escape(caption)}}}", f"\\label{{{label}}}"]
    lines += [f"\\begin{{tabular}}{{l{'c' * (len(head) - 1)}}}", "\\toprule", " & ".join(head) + " \\\\", "\\midrule"]
    lines += ["{}" * row[0].startswith("[") + " & ".join(row) + " \\\\" for row in rows]
    lines += ["\\bottomrule", "\\end{tabular}", "\\end{table}", ""]
    return "\n".join(lines)
