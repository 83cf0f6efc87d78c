"""The fields of a study, each once: who copies, freezes, exports, asks for and shows it.

`duplicate_study`, the design document and its hash, study.json, `create_study` with its command, and the form in the
admin all read this list. A new field is a line of the model, a migration, and an entry here.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studyserver.studies.errors import StudySetupError
from studyserver.studies.exclusion import RULES, read_rule
from studyserver.studies.languages import ENGLISH
from studyserver.studies.models import Plan, Study

Writer = Callable[[Any], Any]


@dataclass(frozen=True)
class StudyField:
    """What becomes of one field.

    `fieldset` is its place in the admin's form (None: none), by `order` within. `design` and `export` write its value
    into the design document and into study.json (None: it is not there). An `optional` one is left out of the design
    where a study does without, so that older studies keep their hash.

    `flag`, `help` and `metavar` are the command's option (None: none); type, choices and default are the model's. The
    help tells the `names` of a registry. `read(typed, options)` makes the field's value from what was typed; it raises
    StudySetupError.
    """

    fieldset: str | None = None
    flag: str | None = None
    help: str | None = None
    metavar: str | None = None
    _: KW_ONLY
    order: int = 0
    copied: bool = True
    design: Writer | None = None
    optional: bool = False
    export: Writer | None = None
    required: bool = False
    names: Iterable[str] = ()
    read: Callable[[Any, Mapping[str, Any]], Any] | None = None


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
    numbers: dict[str, Any] = {
        part: {name: value for name, value in document[part].items() if not name.endswith("_curve")}
        for part in ("design", "total", "category", "sequential")
        if part in document
    }
    numbers["may_stop_early"] = plan.inputs.get("sequential", False)
    return numbers | {"arms": plan.inputs["arms"], "sentences": document["sentences"]}


def _describe_effect(text: str) -> dict[str, Any] | None:
    """The smallest effect of interest by scale (share or theta) and value."""
    scale, _, value = text.partition("=")
    return {"scale": scale, "value": float(value)} if value else None


def _read_file(path: str | None, options: Mapping[str, Any]) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StudySetupError(f"{path}: cannot be read ({error}).") from error


def _read_rules(typed: Iterable[str], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [read_rule(text, trials=options["trials"]) for text in typed]


IDENTITY = ""
MATCHED = "What is matched"
LISTENING = "Listening and confidence"
CHECKS = "Checks"
LEFT_OUT = "Who is left out of the results"
EFFECT = "What effect would matter"
TEXTS = "What participants read"
END = "The end"
COMING_BACK = "Coming back"
RESEARCHERS = "For researchers"
# More of the admin's options.
FIELDSETS: dict[str, dict[str, Any]] = {
    TEXTS: {"description": "The texts are ready to use; read them and make them yours."},
    RESEARCHERS: {"classes": ["collapse"]},
}

FROZEN: dict[str, Any] = {"design": as_it_is}
PLAIN: dict[str, Any] = FROZEN | {"export": as_it_is}
OPTIONAL: dict[str, Any] = PLAIN | {"optional": True}
CHOSEN: dict[str, Any] = {"design": _categories, "export": _names}
LIFE: dict[str, Any] = {"copied": False, "export": as_it_is}

# In the order of study.json, of the command's help and of the form's parts.
STUDY_FIELDS: dict[str, StudyField] = {
    "slug": StudyField(IDENTITY, "--slug", "part of the participant link (default: from the title)", order=1, **LIFE),
    "title": StudyField(IDENTITY, "--title", required=True, **PLAIN),
    "design": StudyField(MATCHED, "--design", order=1, **PLAIN),
    "categories": StudyField(MATCHED, "--categories", "to tell apart", "CATEGORY", required=True, **CHOSEN),
    "practice_categories": StudyField(
        MATCHED, "--practice", "practice, none of the above", "CATEGORY", order=3, **CHOSEN
    ),
    "trials_per_session": StudyField(MATCHED, "--trials", "trials per participant (default 3)", order=2, **PLAIN),
    "listening_rule": StudyField(LISTENING, "--listening-rule", **PLAIN),
    "min_listen_s": StudyField(LISTENING, "--min-listen", "for the rule 'seconds'", "SECONDS", **PLAIN),
    "level_limit_lu": StudyField(
        LISTENING,
        "--level-limit",
        "largest difference of loudness between clips (default 3)",
        "LU",
        export=as_it_is,  # a condition of opening, which decides nothing that participants see
    ),
    "ask_confidence": StudyField(LISTENING, "--ask-confidence", "ask how sure people are, 1 to 7", **PLAIN),
    "script_required": StudyField(
        LISTENING, "--require-script", "take no answers from browsers without JavaScript", order=1, **OPTIONAL
    ),
    "headphone_check": StudyField(
        CHECKS,
        "--headphones",
        "headphone screening after the sound check (default off)",
        design=lambda check: None if check == Study.HeadphoneCheck.OFF else check,
        optional=True,
        export=as_it_is,
    ),
    "attention_boards": StudyField(CHECKS, "--attention", "attention checks among the trials", "N", **OPTIONAL),
    "exclusion_rules": StudyField(
        LEFT_OUT,
        "--exclude",
        "exclusion rules, declared before opening, e.g. too_fast=0.3 incomplete",
        "RULE[=NUMBER]",
        names=RULES,
        read=_read_rules,
        **OPTIONAL,
    ),
    "plan": StudyField(design=lambda plan: plan and plan.inputs, optional=True, export=_describe_plan),
    "smallest_effect": StudyField(
        EFFECT,
        "--smallest-effect",
        "smallest effect of interest: share=0.1 (points above chance, or between arms) or theta=0.15",
        "SCALE=NUMBER",
        design=as_it_is,
        optional=True,
        export=_describe_effect,
    ),
    "content_warning": StudyField(
        TEXTS, "--content-warning", "what some people may not want to see, shown above the consent", "TEXT", **OPTIONAL
    ),
    "language": StudyField(
        TEXTS,
        "--language",
        "language of the texts, e.g. de or ar (default en)",
        "TAG",
        design=lambda tag: None if tag == ENGLISH else tag,
        optional=True,
        export=as_it_is,
    ),
    **{
        f"{name}_text": StudyField(
            TEXTS, f"--{name}", f"Markdown file with the {name} text", "FILE", read=_read_file, **PLAIN
        )
        for name in ("consent", "instruction", "debrief")
    },
    "contact": StudyField(TEXTS, "--contact", "whom participants can write to", **FROZEN),
    "completion_url": StudyField(END, "--completion-url", "link at the end, e.g. of a recruitment service", **FROZEN),
    "withdraw_until": StudyField(
        END, "--withdraw-until", "last day of erasing", "YYYY-MM-DD", design=lambda day: day and day.isoformat()
    ),
    "resume_by_id": StudyField(
        COMING_BACK,
        "--resume-by-id",
        "whether a link with a recruitment id leads into the session that the id has begun (default anywhere)",
        design=lambda rule: None if rule == Study.ResumeById.ANYWHERE else rule,
        optional=True,
        export=as_it_is,
    ),
    "design_hash": StudyField(**LIFE),
    "version_of": StudyField(copied=False, export=lambda study: study and study.slug),
    "status": StudyField(**LIFE),
    "simulated_only": StudyField(
        RESEARCHERS, "--simulated-only", "for simulated participants; turns people away", order=1, **PLAIN
    ),
    "notes": StudyField(RESEARCHERS, "--notes", "printed in the report", export=as_it_is),
    "opened_at": StudyField(copied=False, export=as_utc),
    "closed_at": StudyField(copied=False, export=as_utc),
    "seed": StudyField(
        RESEARCHERS, "--seed", "decides arms, boards and orders (default: drawn)", order=2, copied=False, **PLAIN
    ),
}


def list_fieldsets() -> list[tuple[str | None, dict[str, Any]]]:
    """The form of a study as the admin wants it: (title, fields and options)."""
    parts: dict[str, list[str]] = {}
    for name, field in STUDY_FIELDS.items():
        if field.fieldset is not None:
            parts.setdefault(field.fieldset, []).append(name)
    return [
        (
            title or None,
            {"fields": sorted(names, key=lambda name: STUDY_FIELDS[name].order), **FIELDSETS.get(title, {})},
        )
        for title, names in parts.items()
    ]
