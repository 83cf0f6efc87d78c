"""Tidy responses: one row = one clip answered. Reading, and refusing what cannot be analysed.

Columns are those of `COLUMNS`. A file from elsewhere needs only `REQUIRED`; the others get the stated defaults.
Every refusal names the file, the line (the header is line 1) and the column.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.chance import DESIGNS
from analysis.errors import ResponsesError
from analysis.names import MISSING, read_name
from analysis.reading.tables import Table, read_each, read_names, read_table, refuse_value
from analysis.spreadsheets import read_number, read_truth

COLUMNS = (
    "study", "arm", "participant", "session", "simulated", "block", "trial_index", "design", "n_clips", "n_options",
    "clip", "clip_category", "clip_position", "chosen_stimulus", "chosen_category", "image_position", "correct",
    "rt_ms", "choice_ms", "choice_order", "n_changes", "play_count", "listened_ms", "confidence", "answered",
    "excluded", "exclusion_reason",
)  # fmt: skip
# The recording that the clip was cut from: not in the file, added from clips.csv beside it (`clips.add_pieces`).
PIECE = "piece"
# What makes a block: one board answered by one participant in one sitting.
BLOCK = ["arm", "participant", "session", "block"]
REQUIRED = ("participant", "block", "design", "n_options", "clip_category", "chosen_category")

BOOLEANS = ("simulated", "correct", "answered", "excluded")
TEXTS = (
    "study", "arm", "participant", "session", "block", "design", "clip", "clip_category", "chosen_stimulus",
    "chosen_category", "exclusion_reason",
)  # fmt: skip
POSITIVE = ("trial_index", "n_clips", "n_options", "clip_position", "image_position", "choice_order", "confidence")
COUNTS = ("n_changes", "play_count")
TIMES = ("rt_ms", "choice_ms", "listened_ms")
DEFAULTS = {"study": "", "arm": "all", "exclusion_reason": "", "clip": "", "chosen_stimulus": ""}
# Texts that a row may lack, and those without which it says nothing.
MAY_LACK = ("session", "clip", "chosen_stimulus", "exclusion_reason")
NEEDED = ("participant", "block")
ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+")


def read_responses(path: Path) -> pd.DataFrame:
    """Read and validate `responses.csv`; returns a frame with exactly `COLUMNS`, in order and typed."""
    path = Path(path)
    try:
        raw, table = read_table(path, columns=COLUMNS)
    except FileNotFoundError:
        raise ResponsesError(f"{path}: no such file.") from None
    return validate_responses(raw, source=table)


def validate_responses(responses: pd.DataFrame, *, source: str | Table = "responses") -> pd.DataFrame:
    """Typed copy of a tidy frame with exactly `COLUMNS`, and `PIECE` where it has that; names are tidy.

    Words for no value are none.

    Raises ResponsesError naming source, line and column on: a missing column, a value of the wrong kind, two designs
    in one file, `correct` that contradicts the categories, a clip answered twice in a block, an image used twice in a
    one-to-one block, more clips than a block has.
    """
    source = Table(source) if isinstance(source, str) else source
    missing = [column for column in REQUIRED if column not in responses.columns]
    if missing:
        raise ResponsesError(f"{source.name}: column {_names(missing)} missing; needed are {', '.join(REQUIRED)}.")
    frame = responses.reset_index(drop=True)
    typed = pd.DataFrame(index=frame.index)
    for column in COLUMNS:
        if column not in frame.columns:
            continue
        if column in BOOLEANS:
            typed[column] = _booleans(frame[column], source=source)
        elif column in POSITIVE:
            typed[column] = _numbers(frame[column], source=source, lowest=1)
        elif column in COUNTS or column in TIMES:
            typed[column] = _numbers(frame[column], source=source, lowest=0)
        else:
            typed[column] = read_names(frame[column], may_lack=column in (*MAY_LACK, *NEEDED))
    typed = _with_defaults(_without_words(typed))
    _check_filled(typed, source=source)
    _check_design(typed, source=source)
    _check_correct(typed, source=source)
    _check_blocks(typed, source=source)
    typed = typed[list(COLUMNS)].astype(dict.fromkeys(TEXTS, "str"))
    if PIECE not in frame.columns:
        return typed
    return typed.assign(**{PIECE: read_names(frame[PIECE], may_lack=True).astype("str")})


def read_study(path: Path) -> dict[str, Any]:
    """Read `study.json`; raises ResponsesError when it is not a study document."""
    path = Path(path)
    try:
        study = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ResponsesError(f"{path}: no such file.") from None
    except OSError as error:
        raise ResponsesError(f"{path}: cannot be read ({error.strerror}).") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ResponsesError(f"{path}: not JSON: {error}") from None
    if not isinstance(study, dict):
        raise ResponsesError(f"{path}: a JSON object is expected, not {type(study).__name__}.")
    schema = study.get("schema")
    if schema != "paragone-study/1":
        raise ResponsesError(f"{path}: schema is {schema!r}; this version reads 'paragone-study/1'.")
    return _with_tidy_names(study)


def _with_tidy_names(study: dict[str, Any]) -> dict[str, Any]:
    """Categories and arms as the rows are read."""
    named: dict[str, Any] = {
        key: [read_name(str(name)) for name in study[key]]
        for key in ("categories", "practice_categories")
        if isinstance(study.get(key), list)
    }
    if isinstance(study.get("arms"), dict):
        named["arms"] = {read_name(name): facts for name, facts in study["arms"].items()}
    return study | named


def _names(columns: list[str]) -> str:
    return ", ".join(f"'{column}'" for column in columns)


def _without_words(typed: pd.DataFrame) -> pd.DataFrame:
    """R and pandas write NA, nan or None where nothing was chosen; a category that is heard may be called so."""
    said = typed["answered"].eq(True) if "answered" in typed else pd.Series(False, index=typed.index)
    words = MISSING - set(typed["clip_category"])
    typed["chosen_category"] = typed["chosen_category"].mask(typed["chosen_category"].isin(words) & ~said, "")
    return typed


def _booleans(values: pd.Series, *, source: Table) -> pd.Series:
    if values.dtype == bool:
        return values.astype(object)
    return read_each(values, read_truth, source=source).astype(object)


def _numbers(values: pd.Series, *, source: Table, lowest: int) -> pd.Series:
    if values.dtype.kind in "iuf":
        numbers = values.astype(float)
    else:
        numbers = read_each(values, read_number, source=source, otherwise=f"is not a whole number from {lowest} on")
        numbers = numbers.astype(float)
    bad = numbers.notna() & ~(np.isfinite(numbers) & (numbers >= lowest) & (numbers == np.floor(numbers)))
    refuse_value(values, bad, f"is not a whole number from {lowest} on", source=source)
    return numbers


def _with_defaults(typed: pd.DataFrame) -> pd.DataFrame:
    """Fill what a file from elsewhere may leave out."""
    if "answered" not in typed:
        typed["answered"] = typed["chosen_category"] != ""
    typed["answered"] = typed["answered"].where(typed["answered"].notna(), typed["chosen_category"] != "").astype(bool)
    for column, value in DEFAULTS.items():
        if column not in typed:
            typed[column] = value
    if "session" not in typed:
        typed["session"] = ""
    typed["session"] = typed["session"].where(typed["session"] != "", typed["participant"])
    for column in ("simulated", "excluded"):
        if column not in typed:
            typed[column] = False
        typed[column] = typed[column].where(typed[column].notna(), False).astype(bool)
    sizes = typed.groupby(BLOCK, sort=False)["clip_category"].transform("size").astype(float)
    typed["n_clips"] = typed["n_clips"].fillna(sizes) if "n_clips" in typed else sizes
    right = typed["answered"] & (typed["chosen_category"] == typed["clip_category"])
    if "correct" not in typed:
        typed["correct"] = right
    typed["correct"] = typed["correct"].where(typed["correct"].notna(), right).astype(bool)
    for column in COLUMNS:
        if column not in typed:
            typed[column] = np.nan
    return typed


def _refuse(wrong: pd.Series, column: str, words: Callable[[int], str], *, source: Table) -> None:
    """Name the first row that is wrong, the column and what is the matter, where there is one."""
    if wrong.any():
        row = int(wrong.index[wrong.to_numpy().argmax()])
        raise ResponsesError(f"{source.at(row, column)}: {words(row)}")


def _where(typed: pd.DataFrame, row: int) -> str:
    return f"block '{typed['block'].iloc[row]}' of participant '{typed['participant'].iloc[row]}'"


def _check_filled(typed: pd.DataFrame, *, source: Table) -> None:
    for column in ("participant", "block", "clip_category", "n_options", "n_clips"):
        empty = typed[column].isna() | (typed[column].astype(object) == "")
        _refuse(empty, column, lambda _row: "empty; every row needs a value.", source=source)
    for column in ("participant", "session"):
        rounded = typed[column].astype("string").str.fullmatch(ROUNDED).astype(bool)
        words = "is a number that a spreadsheet has rounded; open the table with this column as text and save it again"
        refuse_value(typed[column], rounded, words, source=source)
    chosen = typed["chosen_category"] != ""
    _refuse(typed["answered"] & ~chosen, "chosen_category", lambda _row: "empty in an answered row.", source=source)
    _refuse(~typed["answered"] & chosen, "answered", lambda _row: "false, yet an image was chosen.", source=source)


def _check_design(typed: pd.DataFrame, *, source: Table) -> None:
    designs = typed["design"]
    _refuse(
        ~designs.isin(DESIGNS),
        "design",
        lambda row: f"{designs.iloc[row]!r} is none of {', '.join(DESIGNS)}.",
        source=source,
    )
    _refuse(
        designs != designs.iloc[0] if len(typed) else pd.Series(dtype=bool),
        "design",
        lambda row: (
            f"'{designs.iloc[row]}' after '{designs.iloc[0]}'. The two designs have different chance laws: analyse "
            "them as two files."
        ),
        source=source,
    )


def _check_correct(typed: pd.DataFrame, *, source: Table) -> None:
    right = typed["answered"] & (typed["chosen_category"] == typed["clip_category"])
    _refuse(
        typed["correct"] != right,
        "correct",
        lambda row: (
            f"{bool(typed['correct'].iloc[row])}, but heard '{typed['clip_category'].iloc[row]}' and chosen "
            f"'{typed['chosen_category'].iloc[row]}' say otherwise."
        ),
        source=source,
    )


def _check_blocks(typed: pd.DataFrame, *, source: Table) -> None:
    block = typed.groupby(BLOCK, sort=False)
    for column in ("n_clips", "n_options"):
        differs = block[column].transform("nunique") > 1
        _refuse(differs, column, lambda row: f"differs between the rows of {_where(typed, row)}.", source=source)
    _refuse(
        block["clip_category"].transform("size") > typed["n_clips"],
        "n_clips",
        lambda row: (
            f"{_where(typed, row)} has more rows than its {int(typed['n_clips'].iloc[row])} clips; a clip may have "
            "been submitted twice."
        ),
        source=source,
    )
    one_to_one = len(typed) > 0 and typed["design"].iloc[0] == "one_to_one"
    for column in ("clip", "clip_position"):
        _check_once(typed, column, "the same clip is answered twice", source=source)
    if one_to_one:
        for column in ("chosen_stimulus", "image_position"):
            _check_once(typed, column, "one-to-one matching forbids using the same image twice, as", source=source)
        _check_images_known(typed, source=source)
        _refuse(
            block["answered"].transform("sum") > typed["n_options"],
            "n_options",
            lambda row: (
                f"more clips are answered than the block's {int(typed['n_options'].iloc[row])} images allow one to one."
            ),
            source=source,
        )


def _check_once(typed: pd.DataFrame, column: str, words: str, *, source: Table) -> None:
    given = typed[typed["answered"] & typed[column].notna() & (typed[column].astype(object) != "")]
    again = given.duplicated([*BLOCK, column])
    _refuse(again, column, lambda row: f"{words} in {_where(typed, row)}.", source=source)


def _check_images_known(typed: pd.DataFrame, *, source: Table) -> None:
    """Without image names, a category chosen more often than heard in a block looks like an image used twice."""
    unnamed = typed[typed["answered"] & (typed["chosen_stimulus"] == "") & typed["image_position"].isna()]
    if unnamed.empty:
        return
    chosen = unnamed.groupby([*BLOCK, "chosen_category"], sort=False).cumcount() + 1
    heard = typed.groupby([*BLOCK, "clip_category"], sort=False).size()
    allowed = heard.reindex(pd.MultiIndex.from_frame(unnamed[[*BLOCK, "chosen_category"]]), fill_value=1).to_numpy()
    _refuse(
        chosen > allowed,
        "chosen_category",
        lambda row: (
            f"'{typed['chosen_category'].iloc[row]}' is chosen more often than it is heard in {_where(typed, row)}. In "
            "one-to-one matching that needs two such images: name the images in column 'chosen_stimulus', or set "
            "'design' to free."
        ),
        source=source,
    )
