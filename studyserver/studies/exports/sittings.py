"""sessions.csv: one row for each session, with what its checks found. Beside the answers, never part of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Q

from studyserver.studies.exports.answers import participant_name, publishable_name, session_name
from studyserver.studies.exports.dictionary import SessionRow
from studyserver.studies.exports.evidence import read_evidence
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import evidence, read_screening

SESSIONS_AT_A_TIME = 100


def _name_ids(session: Session) -> dict[str, Any]:
    """What is told of the recruitment service's ids: never themselves."""
    ids, salt = getattr(session, "external_id", None), session.study.salt
    if ids is None:
        return dict.fromkeys(("id_before", "service_study", "service_session"))
    return {"id_before": session.id_before or "no"} | {
        kind: publishable_name(salt, kind, value) if (value := getattr(ids, kind)) else None
        for kind in ("service_study", "service_session")
    }


def read_session_rows(study: Study) -> Iterator[SessionRow]:
    """The sessions of a study in order of arrival; erased ones have no row."""
    answered = Q(trials__state=Trial.State.ANSWERED)
    attention = Q(trials__kind=Trial.Kind.ATTENTION)
    sessions = study.sessions.select_related("arm", "external_id").order_by("number")
    counted = sessions.annotate(
        n_trials=Count("trials"),
        n_boards=Count("trials", filter=answered & Q(trials__kind=Trial.Kind.MAIN)),
        n_attention=Count("trials", filter=answered & attention),
        n_passed=Count("trials", filter=attention & Q(trials__passed=True)),
    )
    queue = counted.iterator(chunk_size=SESSIONS_AT_A_TIME)
    while chunk := list(islice(queue, SESSIONS_AT_A_TIME)):
        there = [row for row in chunk if row.state != Session.State.WITHDRAWN or row.n_trials]
        for session in there:
            session.study = study
        found = _count_evidence(there)
        yield from (_row(session, found[session.pk]) for session in there)


def _row(session: Any, found: dict[str, Any]) -> SessionRow:
    screening = read_screening(session.headphones)
    return SessionRow(
        study=session.study.slug,
        arm=session.arm.name,
        participant=participant_name(session),
        session=session_name(session),
        simulated=session.simulated,
        state=session.state,
        surplus=session.surplus,
        **_name_ids(session),
        boards_answered=session.n_boards,
        attention_answered=session.n_attention,
        attention_passed=session.n_passed,
        headphones=screening.result,
        headphones_correct=screening.correct,
        headphones_attempts=screening.attempts,
        device=session.sound_check.get("device"),
        heard=session.sound_check.get("heard"),
        duration_s=_seconds(session.consented_at, session.completed_at),
        **found,
    )


def _seconds(began: datetime, ended: datetime | None) -> int | None:
    """Whole seconds; None while there is no end, or one before the beginning: the server's time of day was set back."""
    return None if ended is None or ended < began else round((ended - began).total_seconds())


def _count_evidence(sessions: Sequence[Session]) -> dict[int, dict[str, Any]]:
    """By session: what became of the clips and images of its answered main trials, counted."""
    by_id = {session.pk: session for session in sessions}
    answered = Trial.objects.filter(session__in=by_id, kind=Trial.Kind.MAIN, state=Trial.State.ANSWERED)
    boards: dict[int, list[Trial]] = defaultdict(list)
    trials = list(answered.order_by("session", "index"))
    for trial in trials:
        trial.session = by_id[trial.session_id]
        boards[trial.session_id].append(trial)
    weighed = read_evidence(trials)
    found: dict[int, dict[str, Any]] = {}
    for pk in by_id:
        counts: Counter[str] = Counter()
        for trial in boards[pk]:
            told = weighed[trial.pk]
            for what in ("clips", "images"):
                counts.update(f"{what}_{'failed' if how in evidence.FAILED else how}" for how in told[what])
            counts["boards_impossible"] += told["impossible"] is True
        names = (f"clips_{name}" for name in ("heard", "declared", "failed", "missed"))
        more = (f"images_{name}" for name in ("shown", "declared", "failed", "missed"))
        browser = boards[pk][-1].browser if boards[pk] else ""
        found[pk] = {name: counts[name] for name in (*names, *more, "boards_impossible")} | {"browser": browser or None}
    return found
