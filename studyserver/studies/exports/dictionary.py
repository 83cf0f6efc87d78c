"""The data dictionary: what each exported column means. One table; exports, docs and checks all come from it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields

from studyserver.studies.columns import Column

COLUMNS = (
    Column("study", "text", "", "slug", "never", "The study's address name."),
    Column("arm", "text", "", "slug", "never", "Arm (condition) of the participant: which stimulus set was shown."),
    Column(
        "participant",
        "text",
        "",
        "16 hex digits",
        "never",
        "Publishable pseudonym: keyed hash (HMAC-SHA256, secret of the study) of the recruitment service's id, or of "
        "the session where there is none. The same person in another study has another name.",
    ),
    Column("session", "text", "", "16 hex digits", "never", "Publishable name of the sitting; not its secret address."),
    Column("simulated", "boolean", "", "0, 1", "never", "1: answered by a program, not by a person."),
    Column("block", "text", "", "session-trial", "never", "One board answered by one participant; the unit of chance."),
    Column("trial_index", "integer", "", "1 to trials per participant", "never", "Place of the trial in the sitting."),
    Column(
        "design",
        "text",
        "",
        "one_to_one, free",
        "never",
        "one_to_one: every image is used exactly once; free: an image may be chosen for several clips. Decides the "
        "chance law.",
    ),
    Column("n_clips", "integer", "clips", "2 or more", "never", "Clips on the board."),
    Column("n_options", "integer", "images", "2 or more", "never", "Images on the board."),
    Column("clip", "text", "", "64 hex digits", "never", "sha256 of the clip's file."),
    Column("clip_category", "text", "", "a category", "never", "Category of the clip (heard)."),
    Column("clip_position", "integer", "", "1 to n_clips", "never", "Place of the clip on the board, first is 1."),
    Column("chosen_stimulus", "text", "", "64 hex digits", "not answered", "sha256 of the chosen image's file."),
    Column(
        "chosen_category",
        "text",
        "",
        "a category",
        "not answered",
        "Category that the chosen image counts as; in a shuffled control the shuffled one.",
    ),
    Column("image_position", "integer", "", "1 to n_options", "not answered", "Place of the chosen image, first is 1."),
    Column("correct", "boolean", "", "0, 1", "not answered", "1: clip_category and chosen_category are the same."),
    Column(
        "rt_ms",
        "integer",
        "ms",
        "0 or more",
        "not answered; no script; not plausible",
        "From all media ready to submitting the board, by the page's clock; equal on all rows of a block.",
    ),
    Column(
        "choice_ms",
        "integer",
        "ms",
        "0 to rt_ms",
        "not answered; no script; not plausible",
        "From all media ready to the last assignment of this clip.",
    ),
    Column(
        "choice_order",
        "integer",
        "",
        "1 to n_clips",
        "not answered; no script; not plausible",
        "Rank of choice_ms in the block.",
    ),
    Column(
        "n_changes",
        "integer",
        "changes",
        "0 or more",
        "not answered; no script; not plausible",
        "How often this clip's image was changed or taken away before submitting.",
    ),
    Column(
        "play_count",
        "integer",
        "plays",
        "0 or more",
        "listening declared without script",
        "How often the clip was started from its beginning; going on after a pause does not count.",
    ),
    Column(
        "listened_ms",
        "integer",
        "ms",
        "0 to the clip's length",
        "listening declared without script",
        "How much of the clip was heard; a part heard twice counts once.",
    ),
    Column(
        "confidence", "integer", "", "1 (unsure) to 7 (sure)", "not asked; not answered", "Confidence of the match."
    ),
    Column("answered", "boolean", "", "0, 1", "never", "0: the board was shown but not submitted."),
    Column("excluded", "boolean", "", "0, 1", "never", "1: a researcher excluded the session; reports show both ways."),
    Column("exclusion_reason", "text", "", "free text", "not excluded", "Why, in the researcher's words."),
)


def dictionary_csv(columns: Sequence[Column] = COLUMNS) -> str:
    """The dictionary as CSV text: one line for each column of responses.csv (or of another file), in its order."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in fields(Column)]
    writer.writerow(["column", *names[1:]])
    writer.writerows([getattr(column, name) for name in names] for column in columns)
    return buffer.getvalue()


def dictionary_markdown(columns: Sequence[Column] = COLUMNS) -> str:
    """The dictionary as a Markdown table, as docs/data-dictionary.md prints it."""
    lines = ["| column | type | unit | range | empty when | meaning |", "|---|---|---|---|---|---|"]
    for c in columns:
        lines.append(f"| `{c.name}` | {c.type} | {c.unit or '–'} | {c.range} | {c.empty} | {c.meaning} |")
    return "\n".join(lines)
