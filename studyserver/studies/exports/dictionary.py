"""The data dictionary: what each exported column means.

The dataclass of a table's rows says it column by column: `name: type = described(...)`. The files, their
dictionaries, Parquet's types, Psych-DS' variables and docs/data-dictionary.md are made from it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_args

from generation.names import SheetWriter, cell
from studyserver.studies.columns import Column
from studyserver.studies.rules import BROWSERS

TYPES = {str: "text", int: "integer", float: "number", bool: "boolean"}

# When a cell has no value.
UNANSWERED = "not answered"
UNTIMED = f"{UNANSWERED}; no script; not plausible"
UNLOGGED = "listening declared without script"
UNCHECKED = "sound check not reached"
WITHOUT_ID = "came without an id"


def described(range: str, meaning: str, *, unit: str = "", empty: str = "never") -> Any:
    """A field of a row, which has to be given, and what it means; its name and type are the field's own."""
    return field(metadata={"column": Column("", "", unit, range, empty, meaning)})


@dataclass(frozen=True, kw_only=True)
class TidyRow:
    """One clip of a shown main trial. None: there is no such value."""

    study: str = described("slug", "The study's address name.")
    arm: str = described("slug", "Arm (condition) of the participant: which stimulus set was shown.")
    participant: str = described(
        "16 hex digits",
        "Publishable pseudonym: keyed hash (HMAC-SHA256, secret of the study) of the recruitment service's "
        "id, or of the session where there is none. The same person in another study has another name.",
    )
    session: str = described("16 hex digits", "Publishable name of the sitting; not its secret address.")
    simulated: bool = described("0, 1", "1: answered by a program, not by a person.")
    block: str = described("session-trial", "One board answered by one participant; the unit of chance.")
    trial_index: int = described("1 to trials per participant", "Place of the trial in the sitting.")
    design: str = described(
        "one_to_one, free",
        "one_to_one: every image is used exactly once; free: an image may be chosen for several clips. "
        "Decides the chance law.",
    )
    n_clips: int = described("2 or more", "Clips on the board.", unit="clips")
    n_options: int = described("2 or more", "Images on the board.", unit="images")
    clip: str = described("64 hex digits", "sha256 of the clip's file.")
    clip_category: str = described("a category", "Category of the clip (heard).")
    clip_position: int = described("1 to n_clips", "Place of the clip on the board, first is 1.")
    chosen_stimulus: str | None = described("64 hex digits", "sha256 of the chosen image's file.", empty=UNANSWERED)
    chosen_category: str | None = described(
        "a category",
        "Category that the chosen image counts as; in a shuffled control the shuffled one.",
        empty=UNANSWERED,
    )
    image_position: int | None = described("1 to n_options", "Place of the chosen image, first is 1.", empty=UNANSWERED)
    correct: bool | None = described("0, 1", "1: clip_category and chosen_category are the same.", empty=UNANSWERED)
    rt_ms: int | None = described(
        "0 or more",
        "From all media ready to submitting the board, by the page's clock; equal on all rows of a block.",
        unit="ms",
        empty=UNTIMED,
    )
    choice_ms: int | None = described(
        "0 to rt_ms", "From all media ready to the last assignment of this clip.", unit="ms", empty=UNTIMED
    )
    choice_order: int | None = described("1 to n_clips", "Rank of choice_ms in the block.", empty=UNTIMED)
    n_changes: int | None = described(
        "0 or more",
        "How often this clip's image was changed or taken away before submitting.",
        unit="changes",
        empty=UNTIMED,
    )
    play_count: int | None = described(
        "0 or more",
        "How often the clip was started from its beginning; going on after a pause does not count.",
        unit="plays",
        empty=UNLOGGED,
    )
    listened_ms: int | None = described(
        "0 to the clip's length",
        "How much of the clip was heard; a part heard twice counts once.",
        unit="ms",
        empty=UNLOGGED,
    )
    confidence: int | None = described(
        "1 (unsure) to 7 (sure)", "Confidence of the match.", empty="not asked; not answered"
    )
    answered: bool = described("0, 1", "0: the board was shown but not submitted.")
    excluded: bool = described(
        "0, 1", "1: a researcher excluded the session, or it is surplus (beyond the quota); reports show both ways."
    )
    exclusion_reason: str = described(
        "free text", "Why, in the researcher's words; or that the session is surplus.", empty="not excluded"
    )


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session. None: there is no such value."""

    study: str = described("slug", "The study's address name.")
    arm: str = described("slug", "Arm (condition) of the participant.")
    participant: str = described("16 hex digits", "Publishable pseudonym, as in responses.csv.")
    session: str = described("16 hex digits", "Publishable name of the sitting, as in responses.csv.")
    simulated: bool = described("0, 1", "1: a program, not a person.")
    state: str = described(
        "working, completed, withdrawn, excluded",
        "Where it stands; withdrawn: left and kept the answers. Sessions whose answers were erased have no row.",
    )
    surplus: bool = described(
        "0, 1",
        "1: came back when its place was given away and the arm full; counts against no quota and is reported apart.",
    )
    id_before: str | None = described(
        "no, again, erased",
        "Whether the recruitment service's id had begun a session of this study before: again, or one whose answers "
        "were erased. With again the same participant has several sessions.",
        empty=WITHOUT_ID,
    )
    service_study: str | None = described(
        "16 hex digits",
        "Publishable name of the recruitment service's study (STUDY_ID in the link), keyed as participant is.",
        empty=f"{WITHOUT_ID}; not in the link",
    )
    service_session: str | None = described(
        "16 hex digits",
        "Publishable name of the service's submission (SESSION_ID in the link), keyed as participant is.",
        empty=f"{WITHOUT_ID}; not in the link",
    )
    boards_answered: int = described("0 to trials per participant", "Main trials answered.", unit="boards")
    attention_answered: int = described("0 or more", "Attention checks answered.", unit="boards")
    attention_passed: int = described(
        "0 to attention_answered", "Attention checks in which the image that was asked for was chosen.", unit="boards"
    )
    headphones: str | None = described(
        "passed, failed, skipped",
        "The headphone screening: 5 of 6 right or more, fewer, or went on without headphones.",
        empty="not screened",
    )
    headphones_correct: int | None = described(
        "0 to 6",
        "Right answers in the last attempt; guessing gets 2 on average.",
        unit="sounds",
        empty="not screened; skipped",
    )
    headphones_attempts: int = described("0 or more", "How often the screening was taken.", unit="attempts")
    device: str | None = described(
        "headphones, speakers, other", "What the person says to listen with.", empty=UNCHECKED
    )
    heard: str | None = described(
        "clearly, faintly, nothing, unplayable",
        "How the sample was heard; unplayable: it failed, and the person went on without it.",
        empty=UNCHECKED,
    )
    duration_s: int | None = described(
        "0 or more",
        "From consent to the last answer, breaks included.",
        unit="s",
        empty="not completed; clock set back",
    )
    browser: str | None = described(
        ", ".join(BROWSERS), "Family of the browser of the last main trial answered.", empty="none answered; not kept"
    )
    clips_heard: int = described("0 or more", "Clips of answered main trials heard as asked.", unit="clips")
    clips_declared: int = described("0 or more", "Clips that were only declared to be heard.", unit="clips")
    clips_failed: int = described("0 or more", "Clips that could not be played or stalled.", unit="clips")
    clips_missed: int = described("0 or more", "Clips of which nothing says that they were played.", unit="clips")
    images_shown: int = described("0 or more", "Images of answered main trials that were in view.", unit="images")
    images_declared: int = described("0 or more", "Images of which there is no evidence either way.", unit="images")
    images_failed: int = described("0 or more", "Images that could not be loaded or stalled.", unit="images")
    images_missed: int = described("0 or more", "Images that never came into view.", unit="images")
    boards_impossible: int = described(
        "0 or more",
        "Main trials answered in times that nobody can have, by the server's clock: declared listening that takes "
        "longer, less than 0.2 s a match, or more playing than time. Not judged for programs.",
        unit="boards",
    )


def columns_of(row: type) -> list[Column]:
    """The columns of a table, in order, from the dataclass of its rows."""
    columns = []
    for item in fields(row):
        kind = (*get_args(item.type), item.type)[0]  # `int | None` is an integer
        columns.append(replace(item.metadata["column"], name=item.name, type=TYPES[kind]))
    return columns


COLUMNS = columns_of(TidyRow)
SESSION_COLUMNS = columns_of(SessionRow)


def dictionary_csv(columns: Sequence[Column]) -> str:
    """The dictionary of a table as CSV text: one line for each column, in its order."""
    buffer = io.StringIO()
    writer = SheetWriter(buffer)
    writer.write(["column", "type", "unit", "range", "empty", "meaning"])
    for c in columns:
        writer.write(map(cell, [c.name, c.type, c.unit, c.range, c.empty, c.meaning]))
    return buffer.getvalue()
