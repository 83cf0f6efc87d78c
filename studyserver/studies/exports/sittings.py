"""sessions.csv: one row for each session, with what its checks found. Beside the answers, never part of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from django.db.models import Count, Q

from studyserver.studies.exports.answers import participant_name, session_name
from studyserver.studies.exports.dictionary import Column, columns_of
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import read_screening


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session. None: there is no such value."""

    study: Annotated[str, Column("slug", "The study's address name.")]
    arm: Annotated[str, Column("slug", "Arm (condition) of the participant.")]
    participant: Annotated[str, Column("16 hex digits", "Publishable pseudonym, as in responses.csv.")]
    session: Annotated[str, Column("16 hex digits", "Publishable name of the sitting, as in responses.csv.")]
    simulated: Annotated[bool, Column("0, 1", "1: a program, not a person.")]
    state: Annotated[
        str,
        Column(
            "working, completed, withdrawn, excluded",
            "Where it stands; withdrawn: left and kept the answers. Sessions whose answers were erased have no row.",
        ),
    ]
    boards_answered: Annotated[int, Column("0 to trials per participant", "Main trials answered.", unit="boards")]
    attention_answered: Annotated[int, Column("0 or more", "Attention checks answered.", unit="boards")]
    attention_passed: Annotated[
        int,
        Column(
            "0 to attention_answered",
            "Attention checks in which the image that was asked for was chosen.",
            unit="boards",
        ),
    ]
    headphones: Annotated[
        str | None,
        Column(
            "passed, failed, skipped",
            "The headphone screening: 5 of 6 right or more, fewer, or went on without headphones.",
            empty="not screened",
        ),
    ]
    headphones_correct: Annotated[
        int | None,
        Column(
            "0 to 6",
            "Right answers in the last attempt; guessing gets 2 on average.",
            unit="sounds",
            empty="not screened; skipped",
        ),
    ]
    headphones_attempts: Annotated[int, Column("0 or more", "How often the screening was taken.", unit="attempts")]
    device: Annotated[
        str | None,
        Column("headphones, speakers, other", "What the person says to listen with.", empty="sound check not reached"),
    ]
    heard: Annotated[
        str | None, Column("clearly, faintly, nothing", "How the sample was heard.", empty="sound check not reached")
    ]
    duration_s: Annotated[
        int | None,
        Column("0 or more", "From consent to the last answer, breaks included.", unit="s", empty="not completed"),
    ]


SESSION_COLUMNS = columns_of(SessionRow)


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
