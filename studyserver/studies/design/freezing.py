"""Frozen is frozen below the forms: triggers of the database refuse to change what an opened study shows.

Whatever road a change takes (`save()`, `update()`, a bulk write, a many-to-many, SQL typed by hand), the database looks
whether an opened study depends on the row and refuses; here that becomes a StudyFrozen. A study that is a draft, and
what only drafts show, stays free.

Triggers are no part of the migrations: SQLite drops them whenever a migration rebuilds a table, and refuses to rename
one that a trigger names. `apps` takes them away before a migration and puts them back, made from the models as they
are by then, after it; a migration may so fill a new column of a frozen row.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from generation.models import Artwork, Category, Checkpoint, Clip, Content, Dataset, Stimulus, StimulusSet
from studyserver.studies.errors import StudyFrozen
from studyserver.studies.models import Arm, Study

MARK = "paragone-frozen: "
OPENED = "EXISTS (SELECT 1 FROM studies_study s {joins} WHERE s.status <> 'draft' AND {where})"
BY_ARM = "JOIN studies_arm a ON a.study_id = s.id"
BY_IMAGE = f"{BY_ARM} JOIN generation_stimulus i ON i.set_id = a.stimulus_set_id"


def _opened(where: str, joins: str = "") -> str:
    return OPENED.format(joins=joins, where=where)


def _of_category(column: str) -> str:
    """Whether an opened study tests or practises the category in a column of the row."""
    return " OR ".join(
        _opened(f"m.category_id = {{row}}.{column}", f"JOIN {table} m ON m.study_id = s.id")
        for table in ("studies_study_categories", "studies_study_practice_categories")
    )


def _of_dataset(column: str) -> str:
    return _opened(f"c.dataset_id = {{row}}.{column}", f"{BY_IMAGE} JOIN generation_category c ON c.id = i.category_id")


@dataclass(frozen=True)
class Guard:
    """What of a table is frozen.

    Attributes
    ----------
    model : whose table
    says : what people call its rows
    when : SQL, whether an opened study depends on `{row}` (OLD or NEW)
    columns : that cannot change then; empty: all
    free : of all, those that can
    grows : whether rows can be added to what is frozen
    """

    model: type[Model]
    says: str
    when: str
    columns: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    grows: bool = True

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def watched(self) -> list[str]:
        """Columns that cannot change."""
        fields = {field.name: str(field.column) for field in self.model._meta.concrete_fields}
        names = self.columns or [name for name in fields if name not in self.free]
        return [fields[name] for name in names]


MEDIA = ("category", "split", "sha256", "file")
GUARDS = [
    Guard(
        Study,
        "the study",
        "{row}.status <> 'draft'",
        free=(*Study.EDITABLE_WHEN_OPEN, "status", "closed_at"),
    ),
    Guard(Arm, "its arms", _opened("s.id = {row}.study_id"), grows=False),
    *(
        Guard(through, says, _opened("s.id = {row}.study_id"), grows=False)
        for through, says in (
            (Study.categories.through, "its categories"),
            (Study.practice_categories.through, "its practice categories"),
        )
    ),
    Guard(
        StimulusSet,
        "its stimulus sets",
        _opened("a.stimulus_set_id = {row}.id", BY_ARM),
        ("name", "source", "dataset", "checkpoint", "parent", "settings"),
    ),
    Guard(
        Stimulus,
        "its images",
        _opened("a.stimulus_set_id = {row}.set_id", BY_ARM),
        (*("set", "category", "clip", "index", "board", "seed", "sha256", "file", "width", "height"),)
        + ("flagged", "provenance", "look"),
        grows=False,
    ),
    Guard(
        Clip,
        "its clips",
        _opened("i.clip_id = {row}.id", BY_IMAGE),
        (*MEDIA, "piece_id", "duration", "sample_rate", "played_file", "played_sha256", "gain"),
    ),
    Guard(Artwork, "artworks of its categories", _of_category("category_id"), (*MEDIA, "piece_id")),
    Guard(Content, "photographs of its dataset", _of_dataset("dataset_id"), ("dataset", "sha256", "file")),
    Guard(Category, "its categories", _of_category("id"), ("dataset", "slug", "name", "order")),
    Guard(Dataset, "its dataset", _of_dataset("id"), ("name",)),
    Guard(
        Checkpoint,
        "its models",
        _opened("t.checkpoint_id = {row}.id", f"{BY_ARM} JOIN generation_stimulusset t ON t.id = a.stimulus_set_id"),
        ("name", "dataset", "weights_sha256"),
    ),
]


@dataclass(frozen=True)
class Trigger:
    """One of a guard's: for INSERT, UPDATE or DELETE, refuse when `condition` holds."""

    guard: Guard
    event: str
    condition: str

    @property
    def name(self) -> str:
        return f"frozen_{self.guard.table}_{self.event.lower()}"

    @property
    def message(self) -> str:
        return f"{MARK}A study was opened: {self.guard.says} cannot change any more. Duplicate it as a new version."


def _triggers(differ: str) -> Iterator[Trigger]:
    """All of them; `differ` is the database's word for "is another value, or one of the two is none"."""
    for guard in GUARDS:
        old, new = (guard.when.format(row=row) for row in ("OLD", "NEW"))
        changed = " OR ".join(f'OLD."{column}" {differ} NEW."{column}"' for column in guard.watched)
        if guard.model is Study:  # it closes once, and never opens again
            changed += " OR (OLD.status <> NEW.status AND NOT (OLD.status = 'open' AND NEW.status = 'closed'))"
            changed += f" OR (OLD.status = 'closed' AND OLD.closed_at {differ} NEW.closed_at)"
            new = old
        yield Trigger(guard, "UPDATE", f"({changed}) AND ({old} OR {new})")
        yield Trigger(guard, "DELETE", old)
        if not guard.grows:
            yield Trigger(guard, "INSERT", new)


def _sqlite(trigger: Trigger) -> Sequence[str]:
    return [
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.guard.table} FOR EACH ROW "
        f"WHEN {trigger.condition} BEGIN SELECT RAISE(ABORT, '{trigger.message}'); END"
    ]


def _postgresql(trigger: Trigger) -> Sequence[str]:
    row = "OLD" if trigger.event == "DELETE" else "NEW"
    return [
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {trigger.condition} THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        f"MESSAGE = '{trigger.message}'; END IF; RETURN {row}; END $$",
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {trigger.name}()",
    ]


# By the name of the database: how values differ, how a trigger is made, how it goes.
DIALECTS: dict[str, tuple[str, Callable[[Trigger], Sequence[str]], str]] = {
    "sqlite": ("IS NOT", _sqlite, "DROP TRIGGER IF EXISTS {name}"),
    "postgresql": ("IS DISTINCT FROM", _postgresql, "DROP TRIGGER IF EXISTS {name} ON {table}"),
}


def freeze(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put the triggers in place, as the models are; tables or columns that are not there yet are left."""
    connection = connections[using]
    if connection.vendor not in DIALECTS:
        return
    differ, make, _ = DIALECTS[connection.vendor]
    # At once, so that a server at work is never without them.
    with transaction.atomic(using), connection.cursor() as cursor:
        thaw(using)
        there = set(connection.introspection.table_names(cursor))
        known = {
            guard.table: {column.name for column in connection.introspection.get_table_description(cursor, guard.table)}
            for guard in GUARDS
            if guard.table in there
        }
        if len(known) < len({guard.table for guard in GUARDS}):
            return
        for trigger in _triggers(differ):
            if known[trigger.guard.table].issuperset(trigger.guard.watched):
                for statement in make(trigger):
                    cursor.execute(statement)


def thaw(using: str = DEFAULT_DB_ALIAS) -> None:
    """Take the triggers away."""
    connection = connections[using]
    if connection.vendor not in DIALECTS:
        return
    differ, _, drop = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for trigger in _triggers(differ):
            if trigger.guard.table in there:
                cursor.execute(drop.format(name=trigger.name, table=trigger.guard.table))


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Change or delete what is frozen, on purpose: the design hash of a study that is changed differs from then on."""
    with transaction.atomic(using):
        thaw(using)
        yield
        freeze(using)


def translate(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Say a trigger's refusal as StudyFrozen."""
    try:
        return execute(sql, params, many, context)
    except IntegrityError as error:
        _, mark, rest = str(error).partition(MARK)
        if not mark:
            raise
        raise StudyFrozen(rest.splitlines()[0]) from error


def say_plainly(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Have a new connection's refusals said as StudyFrozen."""
    if translate not in connection.execute_wrappers:
        # In front: who adds one for a moment takes the last away again.
        connection.execute_wrappers.insert(0, translate)
