"""sessions.csv: one row for each session, with what its checks found and what became of its clips and images."""

from pathlib import Path

import pandas as pd

from analysis.errors import ResponsesError
from analysis.reading.tables import Table, read_each, read_names, read_table, refuse_value
from analysis.spreadsheets import read_number, read_truth

KEYS = ("arm", "participant", "session")
COUNTS = ("attention_answered", "attention_passed", "headphones_correct")
OUTCOMES = {"clips": ("heard", "declared", "failed", "missed"), "images": ("shown", "declared", "failed", "missed")}
EVIDENCE = (*(f"{what}_{outcome}" for what, found in OUTCOMES.items() for outcome in found), "boards_impossible")
"""Counts that tables of earlier versions do not have."""
HEADPHONES = ("", "passed", "failed", "skipped")


def read_sessions(path: Path) -> pd.DataFrame:
    """Read `sessions.csv`: keys and `headphones` as text, counts as numbers (empty: NaN), `simulated` (without: no).

    Counts of `EVIDENCE` and the `browser` are there where the table has them.
    Raises ResponsesError naming the file, the line and the column of what is no such table.
    """
    path = Path(path)
    try:
        raw, source = read_table(path, columns=(*KEYS, *COUNTS, "headphones"))
    except FileNotFoundError:
        raise ResponsesError(
            f"{path}: no such file. The exclusion rules of study.json need it: copy the sessions.csv of the same "
            f"export there."
        ) from None
    missing = [column for column in (*KEYS, *COUNTS, "headphones") if column not in raw.columns]
    if missing:
        raise ResponsesError(f"{path}: column {', '.join(map(repr, missing))} missing.")
    table = pd.DataFrame(
        {column: read_names(raw[column], may_lack=column != "arm") for column in (*KEYS, "headphones")}
    )
    if "browser" in raw.columns:
        table["browser"] = raw["browser"]
    for column in (*COUNTS, *(name for name in EVIDENCE if name in raw.columns)):
        table[column] = _counts(raw[column], source=source)
    simulated = read_each(raw["simulated"], read_truth, source=source) if "simulated" in raw.columns else False
    table["simulated"] = pd.Series(simulated, index=table.index).eq(True)
    refuse_value(
        raw["headphones"], ~table["headphones"].isin(HEADPHONES), "is not passed, failed or skipped", source=source
    )
    return table


def _counts(values: pd.Series, *, source: Table) -> pd.Series:
    wanted = "is not a whole number of 0 or more"
    counts = read_each(values, read_number, source=source, otherwise=wanted).astype(float)
    refuse_value(values, counts.notna() & ~(counts >= 0), wanted, source=source)
    return counts
