"""The fields of a study, each once: who copies, freezes, exports, asks for and shows it.

`duplicate_study`, the design document and its hash, study.json, `create_study` with its command, and the form in the
admin all read this list. A new field is a line of the model, a migration, and an entry here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studyserver.studies.errors import StudySetupError
from studyserver.studies.exclusion import RULES, read_rule
from studyserver.studies.models import Plan, Study

Writer = Callable[[Any], Any]


@dataclass(frozen=True)
class Option:
    """How the command `create_study` asks for a field; type, choices and default are the model's.

    `many`: several words may follow; `names` of a registry are told in the help. `read(typed, options)` makes the
    field's value from what was typed; it raises StudySetupError.
    """

    flag: str
    help: str | None = None
    metavar: str | None = None
    required: bool = False
    many: bool = False
    names: Iterable[str] = ()
    read: Callable[[Any, Mapping[str, Any]], Any] | None = None


@dataclass(frozen=True, kw_only=True)
class StudyField:
    """What becomes of one field.

    `fieldset` is its place in the admin's form (None: none), by `order` within. `design` and `export` write its value
    into the design document and into study.json (None: it is not there). An `optional` one is left out of the design
    where a study does without, so that older studies keep their hash.
    """

    fieldset: str | None = None
    order: int = 0
    copied: bool = True
    design: Writer | None = None
    optional: bool = False
    export: Writer | None = None
    option: Option | None = None


def as_it_is(value: Any) -> Any:
    """Writes texts, numbers and lists."""
    return value


def as_utc(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _categories(chosen: Any) -> list[dict[str, str]]:
    rows = chosen.select_related("dataset")
    return [{"dataset": row.dataset.name, "slug": row.slug, "name": row.name} for row in rows]


def _names(chosen: Any) -> list[str]:
    return [row.name for row in chosen.all()]


def _describe_plan(plan: Plan | None) -> dict[str, Any] | None:
    """What the study was planned with: the question, and the answer without its curves."""
    if plan is None:
        return None
    document: dict[str, Any] = plan.document or {}
    numbers = {
        part: {name: value for name, value in document[part].items() if not name.endswith("_curve")}
        for part in ("design", "total", "category")
    }
    return numbers | {"arms": plan.inputs["arms"], "sentences": document["sentences"]}


def _read_file(path: str | None, options: Mapping[str, Any]) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudySetupError(f"{path}: cannot be read ({error}).") from error


def _read_rules(typed: Iterable[str], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [read_rule(text, trials=options["trials"]) for text in typed]


MATCHED = "What is matched"
LISTENING = "Listening and confidence"
CHECKS = "Checks"
LEFT_OUT = "Who is left out of the results"
TEXTS = "What participants read"
END = "The end"
RESEARCHERS = "For researchers"

# Title -> more of the admin's options, in the order of the form.
FIELDSETS: dict[str, dict[str, Any]] = {
    "": {},
    MATCHED: {},
    LISTENING: {},
    CHECKS: {},
    LEFT_OUT: {},
    TEXTS: {"description": "The texts are ready to use; read them and make them yours."},
    END: {},
    RESEARCHERS: {"classes": ["collapse"]},
}

FROZEN: dict[str, Any] = {"design": as_it_is, "export": as_it_is}

# In the order of study.json and of the command's help.
STUDY_FIELDS: dict[str, StudyField] = {
    "slug": StudyField(
        fieldset="",
        order=1,
        copied=False,
        export=as_it_is,
        option=Option("--slug", "part of the participant link (default: from the title)"),
    ),
    "title": StudyField(fieldset="", **FROZEN, option=Option("--title", required=True)),
    "design": StudyField(fieldset=MATCHED, order=1, **FROZEN, option=Option("--design")),
    "categories": StudyField(
        fieldset=MATCHED,
        design=_categories,
        export=_names,
        option=Option("--categories", "to tell apart", "CATEGORY", required=True, many=True),
    ),
    "practice_categories": StudyField(
        fieldset=MATCHED,
        order=3,
        design=_categories,
        export=_names,
        option=Option("--practice", "practice, none of the above", "CATEGORY", many=True),
    ),
    "trials_per_session": StudyField(
        fieldset=MATCHED, order=2, **FROZEN, option=Option("--trials", "trials per participant (default 3)")
    ),
    "listening_rule": StudyField(fieldset=LISTENING, **FROZEN, option=Option("--listening-rule")),
    "min_listen_s": StudyField(
        fieldset=LISTENING, **FROZEN, option=Option("--min-listen", "for the rule 'seconds'", "SECONDS")
    ),
    "ask_confidence": StudyField(
        fieldset=LISTENING, **FROZEN, option=Option("--ask-confidence", "ask how sure people are, 1 to 7")
    ),
    "headphone_check": StudyField(
        fieldset=CHECKS,
        design=lambda check: None if check == Study.HeadphoneCheck.OFF else check,
        optional=True,
        export=as_it_is,
        option=Option("--headphones", "headphone screening after the sound check (default off)"),
    ),
    "attention_boards": StudyField(
        fieldset=CHECKS, **FROZEN, optional=True, option=Option("--attention", "attention checks among the trials", "N")
    ),
    "exclusion_rules": StudyField(
        fieldset=LEFT_OUT,
        **FROZEN,
        optional=True,
        option=Option(
            "--exclude",
            "exclusion rules, declared before opening, e.g. too_fast=0.3 incomplete",
            "RULE[=NUMBER]",
            many=True,
            names=RULES,
            read=_read_rules,
        ),
    ),
    "plan": StudyField(design=lambda plan: plan and plan.inputs, optional=True, export=_describe_plan),
    "consent_text": StudyField(
        fieldset=TEXTS,
        **FROZEN,
        option=Option("--consent", "Markdown file with the consent text", "FILE", read=_read_file),
    ),
    "instruction_text": StudyField(
        fieldset=TEXTS,
        **FROZEN,
        option=Option("--instruction", "Markdown file with the instruction text", "FILE", read=_read_file),
    ),
    "debrief_text": StudyField(
        fieldset=TEXTS,
        **FROZEN,
        option=Option("--debrief", "Markdown file with the debrief text", "FILE", read=_read_file),
    ),
    "contact": StudyField(
        fieldset=TEXTS, design=as_it_is, option=Option("--contact", "whom participants can write to")
    ),
    "completion_url": StudyField(
        fieldset=END,
        design=as_it_is,
        option=Option("--completion-url", "link at the end, e.g. of a recruitment service"),
    ),
    "withdraw_until": StudyField(
        fieldset=END,
        design=lambda day: day and day.isoformat(),
        option=Option("--withdraw-until", "last day of erasing", "YYYY-MM-DD"),
    ),
    "design_hash": StudyField(copied=False, export=as_it_is),
    "version_of": StudyField(copied=False, export=lambda study: study and study.slug),
    "status": StudyField(copied=False, export=as_it_is),
    "simulated_only": StudyField(
        fieldset=RESEARCHERS,
        order=1,
        **FROZEN,
        option=Option("--simulated-only", "for simulated participants; turns people away"),
    ),
    "notes": StudyField(fieldset=RESEARCHERS, export=as_it_is, option=Option("--notes", "printed in the report")),
    "opened_at": StudyField(copied=False, export=as_utc),
    "closed_at": StudyField(copied=False, export=as_utc),
    "seed": StudyField(
        fieldset=RESEARCHERS,
        order=2,
        copied=False,
        **FROZEN,
        option=Option("--seed", "decides arms, boards and orders (default: drawn)"),
    ),
}


def list_fieldsets() -> list[tuple[str | None, dict[str, Any]]]:
    """The form of a study as the admin wants it: (title, fields and options)."""
    fields = sorted(STUDY_FIELDS.items(), key=lambda item: item[1].order)
    return [
        (title or None, {"fields": [name for name, field in fields if field.fieldset == title], **more})
        for title, more in FIELDSETS.items()
    ]
