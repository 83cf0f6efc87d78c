"""clips.csv beside responses.csv: which recording each clip was cut from, and the part of the dataset it lies in."""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import ResponsesError
from analysis.reading.tables import Table, read_each, read_names, read_table, refuse_value
from analysis.spreadsheets import read_number

CLIPS = "clips.csv"
NEEDED = ("clip", "piece")
TEXTS = ("clip", "category", "piece", "split", "sha256")
COLUMNS = ("clip", "category", "piece", "split", "duration", "sha256")


def read_clips(path: Path) -> pd.DataFrame:
    """Read `clips.csv`: `COLUMNS`, one row for each clip; `piece` is "" where the recording is not known.

    Columns other than `clip` and `piece` may be missing: texts are "" then, `duration` (seconds) is NaN.
    Raises ResponsesError naming the file, the line and the column: no such table, a clip that stands twice or has no
    name, a duration that is no length.
    """
    path = Path(path)
    try:
        raw, source = read_table(path, columns=COLUMNS)
    except FileNotFoundError:
        raise ResponsesError(f"{path}: no such file.") from None
    if missing := [column for column in NEEDED if column not in raw.columns]:
        raise ResponsesError(f"{path}: column {', '.join(map(repr, missing))} missing; needed are 'clip' and 'piece'.")
    empty = pd.Series("", index=raw.index, dtype=object)
    table = pd.DataFrame({name: read_names(raw.get(name, empty), may_lack=True) for name in TEXTS})
    table.insert(COLUMNS.index("duration"), "duration", _seconds(raw.get("duration", empty), source=source))
    refuse_value(raw["clip"], table["clip"].eq(""), "names no clip", source=source)
    refuse_value(raw["clip"], table["clip"].duplicated(), "stands in the table twice", source=source)
    return table


def _seconds(values: pd.Series, *, source: Table) -> pd.Series:
    wanted = "is not a number of seconds"
    seconds = read_each(values, read_number, source=source, otherwise=wanted).astype(float)
    refuse_value(values, seconds.notna() & ~(np.isfinite(seconds) & (seconds >= 0)), wanted, source=source)
    return seconds


def add_pieces(responses: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    """The responses with the column `piece`: the recording of each clip, "" where it is not known."""
    piece_of = dict(zip(clips["clip"], clips["piece"], strict=True))
    return responses.assign(piece=responses["clip"].map(lambda clip: piece_of.get(clip, "")).astype("str"))
