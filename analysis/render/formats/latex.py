"""tables.tex: booktabs tables in the "(9/12)" style, ready for \\input."""

import re
from collections.abc import Iterable, Sequence

from analysis import wording
from analysis.render.parts import Part, Table, flat

ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"\textpm{}", "·": r"\textperiodcentered{}", "²": r"\texttwosuperior{}", "×": r"\texttimes{}",
    "−": r"\textminus{}", "“": "``", "”": "''", "…": r"\dots{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "–": "--", "\n": " ", "\r": " ", "\t": " ",
    "→": r"$\to$", "′": "$'$", "𝑝": "$p$",
}  # fmt: skip

_PACKAGES = (
    "% Needs \\usepackage{booktabs,textcomp} and \\usepackage[T1]{fontenc}; for names beyond Latin letters use",
    "% LuaLaTeX or XeLaTeX with a font that has them.",
)

PLAIN_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def latex_head(title: str, notes: Iterable[str] = ()) -> str:
    """What stands above the tables, all of it in comments: each of the lines on one, so that nothing leaves it."""
    lines = [f"% {' '.join(text.split())}" for text in (title, *notes)]
    return "\n".join([lines[0], *_PACKAGES, *lines[1:]]) + "\n"


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(ESCAPES.get(letter, letter) for letter in text)


def latex_of(parts: Iterable[Part], *, key: str) -> list[str]:
    """The tables of any sequence of parts; labels are `tab:<key>-1` and so on. Bulky tables stay out."""
    tables = [
        part for part in flat(parts) if isinstance(part, Table) and not part.bulky and part.head != ["What", "Value"]
    ]
    return [part_latex(table, label=f"tab:{key}-{number}") for number, table in enumerate(tables, start=1)]


def part_latex(table: Table, *, label: str, front: str = "") -> str:
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


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str) -> str:
    # A row that starts with "(" or "[" after "\\" is safe only behind an empty group.
    lines = ["\\begin{table}", "\\centering", f"\\caption{{{escape(caption)}}}", f"\\label{{{label}}}"]
    lines += [f"\\begin{{tabular}}{{l{'c' * (len(head) - 1)}}}", "\\toprule", " & ".join(head) + " \\\\", "\\midrule"]
    lines += ["{}" * row[0].startswith("[") + " & ".join(row) + " \\\\" for row in rows]
    lines += ["\\bottomrule", "\\end{tabular}", "\\end{table}", ""]
    return "\n".join(lines)
