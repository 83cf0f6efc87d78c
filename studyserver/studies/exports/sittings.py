"""sessions.csv: one row for each session, with what its checks found. Beside the answers, never part of them."""

from collections.abc import Iterator

from django.db.models import Count, Q

from studyserver.studies.exports.answers import participant_name, publishable_name, session_name
from studyserver.studies.exports.dictionary import SessionRow
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import read_screening


def _name_ids(session: Session) -> dict[str, str | None]:
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
    for session in counted.iterator(chunk_size=500):
        if session.state == Session.State.WITHDRAWN and not session.n_trials:
            continue
        session.study = study
        screening = read_screening(session.headphones)
        ended = session.completed_at
        yield SessionRow(
            study=study.slug,
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
            duration_s=None if ended is None else round((ended - session.consented_at).total_seconds()),
        )
