"""sessions.csv: one row for each session, with what its checks found and what became of its clips and images."""

from pathlib import Path

import pandas as pd

from analysis.errors import ResponsesError
from analysis.reading.responses import line_of

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
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise ResponsesError(
            f"{path}: no such file. The exclusion rules of study.json need it: copy the sessions.csv of the same "
            f"export there."
        ) from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ResponsesError(f"{path}: not a table: {error}") from None
    missing = [column for column in (*KEYS, *COUNTS, "headphones") if column not in raw.columns]
    if missing:
        raise ResponsesError(f"{path}: column {', '.join(map(repr, missing))} missing.")
    table = raw[[*KEYS, "headphones"]].copy()
    if "browser" in raw.columns:
        table["browser"] = raw["browser"]
    for column in (*COUNTS, *(name for name in EVIDENCE if name in raw.columns)):
        table[column] = pd.to_numeric(raw[column].replace("", None), errors="coerce")
        _refuse(path, column, raw[column], (raw[column] != "") & ~(table[column] >= 0), "a whole number of 0 or more")
    table["simulated"] = raw["simulated"] == "1" if "simulated" in raw.columns else False
    _refuse(path, "headphones", raw["headphones"], ~raw["headphones"].isin(HEADPHONES), "passed, failed or skipped")
    return table


def _refuse(path: Path, column: str, values: pd.Series, wrong: pd.Series, wanted: str) -> None:
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise ResponsesError(f"{path}, {line_of(row)}, column '{column}': '{values.iloc[row]}' is not {wanted}.")
