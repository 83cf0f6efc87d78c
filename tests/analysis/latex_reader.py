"""A strict reader of the LaTeX that tables.tex may hold: what LaTeX would stop at or misread is an error here."""

import re

COMMANDS = {
    "begin", "end", "caption", "label", "toprule", "midrule", "bottomrule", "centering", "textbackslash",
    "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar", "textquotedbl", "textpm",
    "textperiodcentered", "texttwosuperior", "texttimes", "textminus", "dots", "times", "to",
}  # fmt: skip
SYMBOLS = set("&%#_{}$\\")
TOKEN = re.compile(r"\\([A-Za-z]+|.)|(%[^\n]*)|([{}$&#_^~])|([^\\%{}$&#_^~]+)", re.S)


def check_latex(text: str) -> list[list[str]]:
    """Raise AssertionError where LaTeX would not read `text` as meant; returns the cells of every tabular row."""
    depth, math, environments = 0, False, []
    columns, rows, cells = 0, [], []
    source = list(TOKEN.finditer(text))
    assert sum(len(m[0]) for m in source) == len(text), "something is no token"
    cell, layout_end = "", 0
    for token in source:
        command, comment, special, plain = token.groups()
        inside = bool(environments) and environments[-1] == "tabular"
        if comment is not None:
            assert text[: token.start()].endswith("\n") or token.start() == 0, f"comment inside a line: {comment}"
            continue
        if command is not None:
            if command in SYMBOLS and command != "\\":
                cell += command
            elif command == "\\":
                assert inside, "line break outside a table"
                assert not math, "mathematics runs over the end of a row"
                rows.append([*cells, cell.strip()])
                assert len(rows[-1]) == columns, f"{len(rows[-1])} cells in {columns} columns: {rows[-1]}"
                cells, cell = [], ""
            elif command in ("begin", "end"):
                name = re.match(r"\{(\w+)\}", text[token.end() :])
                assert name is not None
                if command == "begin":
                    environments.append(name[1])
                    if name[1] == "tabular":
                        layout = re.match(r"\{tabular\}\{([lcr]+)\}", text[token.end() :])
                        assert layout is not None
                        columns, layout_end = len(layout[1]), token.end() + layout.end()
                else:
                    assert environments.pop() == name[1]
            else:
                assert command in COMMANDS, f"unknown command {command}"
                assert not command.startswith("text") or text[token.end() :].startswith("{}")
            if command in ("toprule", "midrule", "bottomrule", "begin", "end"):
                cell = ""
            continue
        if special == "{":
            depth += 1
        elif special == "}":
            depth -= 1
            assert depth >= 0, "a brace too many"
        elif special == "$":
            math = not math
        elif special == "&":
            assert inside, f"& outside a table: {text[max(0, token.start() - 40) : token.end()]}"
            cells.append(cell.strip())
            cell = ""
        elif special == "^":
            assert math, "^ outside mathematics"
        elif special is not None:
            raise AssertionError(f"bare {special} after {text[max(0, token.start() - 40) : token.start()]}")
        elif token.start() >= layout_end:
            cell += plain or ""
    assert (depth, math, environments) == (0, False, []), "something is left open"
    return rows
