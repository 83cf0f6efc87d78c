"""The data dictionary: what each exported column means.

The dataclass of a table's rows says it column by column: `name: Annotated[type, described(...)]`. The files, their
dictionaries, Parquet's types, Psych-DS' variables and docs/data-dictionary.md are made from it.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, get_args, get_type_hints

from studyserver.studies.columns import Column

TYPES = {str: "text", int: "integer", bool: "boolean"}

# When a cell has no value.
UNANSWERED = "not answered"
UNTIMED = f"{UNANSWERED}; no script; not plausible"
UNLOGGED = "listening declared without script"
UNCHECKED = "sound check not reached"


def described(range: str, meaning: str, *, unit: str = "", empty: str = "never") -> Column:
    """What a field of a row means; its name and type are the field's own."""
    return Column("", "", unit, range, empty, meaning)


@dataclass(frozen=True, kw_only=True)
class TidyRow:
    """One clip of a shown main trial. None: there is no such value."""

    study: Annotated[str, described("slug", "The study's address name.")]
    arm: Annotated[str, described("slug", "Arm (condition) of the participant: which stimulus set was shown.")]
    participant: Annotated[
        str,
        described(
            "16 hex digits",
            "Publishable pseudonym: keyed hash (HMAC-SHA256, secret of the study) of the recruitment service's "
            "id, or of the session where there is none. The same person in another study has another name.",
        ),
    ]
    session: Annotated[str, described("16 hex digits", "Publishable name of the sitting; not its secret address.")]
    simulated: Annotated[bool, described("0, 1", "1: answered by a program, not by a person.")]
    block: Annotated[str, described("session-trial", "One board answered by one participant; the unit of chance.")]
    trial_index: Annotated[int, described("1 to trials per participant", "Place of the trial in the sitting.")]
    design: Annotated[
        str,
        described(
            "one_to_one, free",
            "one_to_one: every image is used exactly once; free: an image may be chosen for several clips. "
            "Decides the chance law.",
        ),
    ]
    n_clips: Annotated[int, described("2 or more", "Clips on the board.", unit="clips")]
    n_options: Annotated[int, described("2 or more", "Images on the board.", unit="images")]
    clip: Annotated[str, described("64 hex digits", "sha256 of the clip's file.")]
    clip_category: Annotated[str, described("a category", "Category of the clip (heard).")]
    clip_position: Annotated[int, described("1 to n_clips", "Place of the clip on the board, first is 1.")]
    chosen_stimulus: Annotated[
        str | None, described("64 hex digits", "sha256 of the chosen image's file.", empty=UNANSWERED)
    ]
    chosen_category: Annotated[
        str | None,
        described(
            "a category",
            "Category that the chosen image counts as; in a shuffled control the shuffled one.",
            empty=UNANSWERED,
        ),
    ]
    image_position: Annotated[
        int | None, described("1 to n_options", "Place of the chosen image, first is 1.", empty=UNANSWERED)
    ]
    correct: Annotated[
        bool | None, described("0, 1", "1: clip_category and chosen_category are the same.", empty=UNANSWERED)
    ]
    rt_ms: Annotated[
        int | None,
        described(
            "0 or more",
            "From all media ready to submitting the board, by the page's clock; equal on all rows of a block.",
            unit="ms",
            empty=UNTIMED,
        ),
    ]
    choice_ms: Annotated[
        int | None,
        described("0 to rt_ms", "From all media ready to the last assignment of this clip.", unit="ms", empty=UNTIMED),
    ]
    choice_order: Annotated[int | None, described("1 to n_clips", "Rank of choice_ms in the block.", empty=UNTIMED)]
    n_changes: Annotated[
        int | None,
        described(
            "0 or more",
            "How often this clip's image was changed or taken away before submitting.",
            unit="changes",
            empty=UNTIMED,
        ),
    ]
    play_count: Annotated[
        int | None,
        described(
            "0 or more",
            "How often the clip was started from its beginning; going on after a pause does not count.",
            unit="plays",
            empty=UNLOGGED,
        ),
    ]
    listened_ms: Annotated[
        int | None,
        described(
            "0 to the clip's length",
            "How much of the clip was heard; a part heard twice counts once.",
            unit="ms",
            empty=UNLOGGED,
        ),
    ]
    confidence: Annotated[
        int | None, described("1 (unsure) to 7 (sure)", "Confidence of the match.", empty="not asked; not answered")
    ]
    answered: Annotated[bool, described("0, 1", "0: the board was shown but not submitted.")]
    excluded: Annotated[bool, described("0, 1", "1: a researcher excluded the session; reports show both ways.")]
    exclusion_reason: Annotated[str, described("free text", "Why, in the researcher's words.", empty="not excluded")]


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session. None: there is no such value."""

    study: Annotated[str, described("slug", "The study's address name.")]
    arm: Annotated[str, described("slug", "Arm (condition) of the participant.")]
    participant: Annotated[str, described("16 hex digits", "Publishable pseudonym, as in responses.csv.")]
    session: Annotated[str, described("16 hex digits", "Publishable name of the sitting, as in responses.csv.")]
    simulated: Annotated[bool, described("0, 1", "1: a program, not a person.")]
    state: Annotated[
        str,
        described(
            "working, completed, withdrawn, excluded",
            "Where it stands; withdrawn: left and kept the answers. Sessions whose answers were erased have no row.",
        ),
    ]
    boards_answered: Annotated[int, described("0 to trials per participant", "Main trials answered.", unit="boards")]
    attention_answered: Annotated[int, described("0 or more", "Attention checks answered.", unit="boards")]
    attention_passed: Annotated[
        int,
        described(
            "0 to attention_answered",
            "Attention checks in which the image that was asked for was chosen.",
            unit="boards",
        ),
    ]
    headphones: Annotated[
        str | None,
        described(
            "passed, failed, skipped",
            "The headphone screening: 5 of 6 right or more, fewer, or went on without headphones.",
            empty="not screened",
        ),
    ]
    headphones_correct: Annotated[
        int | None,
        described(
            "0 to 6",
            "Right answers in the last attempt; guessing gets 2 on average.",
            unit="sounds",
            empty="not screened; skipped",
        ),
    ]
    headphones_attempts: Annotated[int, described("0 or more", "How often the screening was taken.", unit="attempts")]
    device: Annotated[
        str | None, described("headphones, speakers, other", "What the person says to listen with.", empty=UNCHECKED)
    ]
    heard: Annotated[str | None, described("clearly, faintly, nothing", "How the sample was heard.", empty=UNCHECKED)]
    duration_s: Annotated[
        int | None,
        described("0 or more", "From consent to the last answer, breaks included.", unit="s", empty="not completed"),
    ]


def columns_of(row: type) -> list[Column]:
    """The columns of a table, in order, from the dataclass of its rows."""
    columns = []
    for name, hint in get_type_hints(row, include_extras=True).items():
        value, column = get_args(hint)
        kind = value if value in TYPES else get_args(value)[0]  # `int | None` is an integer
        columns.append(replace(column, name=name, type=TYPES[kind]))
    return columns


COLUMNS = columns_of(TidyRow)
SESSION_COLUMNS = columns_of(SessionRow)


def dictionary_csv(columns: Sequence[Column]) -> str:
    """The dictionary of a table as CSV text: one line for each column, in its order."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["column", "type", "unit", "range", "empty", "meaning"])
    writer.writerows([c.name, c.type, c.unit, c.range, c.empty, c.meaning] for c in columns)
    return buffer.getvalue()
