"""sessions.csv: one row for each session, with what its checks found. Beside the answers, never part of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q

from studyserver.studies.columns import Column
from studyserver.studies.exports.answers import participant_name, session_name
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.rules import read_screening


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session. None: there is no such value. Meanings: `SESSION_COLUMNS`."""

    study: str
    arm: str
    participant: str
    session: str
    simulated: bool
    state: str
    boards_answered: int
    attention_answered: int
    attention_passed: int
    headphones: str | None
    headphones_correct: int | None
    headphones_attempts: int
    device: str | None
    heard: str | None
    duration_s: int | None


SESSION_COLUMNS = (
    Column("study", "text", "", "slug", "never", "The study's address name."),
    Column("arm", "text", "", "slug", "never", "Arm (condition) of the participant."),
    Column("participant", "text", "", "16 hex digits", "never", "Publishable pseudonym, as in responses.csv."),
    Column("session", "text", "", "16 hex digits", "never", "Publishable name of the sitting, as in responses.csv."),
    Column("simulated", "boolean", "", "0, 1", "never", "1: a program, not a person."),
    Column(
        "state",
        "text",
        "",
        "working, completed, withdrawn, excluded",
        "never",
        "Where it stands; withdrawn: left and kept the answers. Sessions whose answers were erased have no row.",
    ),
    Column("boards_answered", "integer", "boards", "0 to trials per participant", "never", "Main trials answered."),
    Column("attention_answered", "integer", "boards", "0 or more", "never", "Attention checks answered."),
    Column(
        "attention_passed",
        "integer",
        "boards",
        "0 to attention_answered",
        "never",
        "Attention checks in which the image that was asked for was chosen.",
    ),
    Column(
        "headphones",
        "text",
        "",
        "passed, failed, skipped",
        "not screened",
        "The headphone screening: 5 of 6 right or more, fewer, or went on without headphones.",
    ),
    Column(
        "headphones_correct",
        "integer",
        "sounds",
        "0 to 6",
        "not screened; skipped",
        "Right answers in the last attempt; guessing gets 2 on average.",
    ),
    Column("headphones_attempts", "integer", "attempts", "0 or more", "never", "How often the screening was taken."),
    Column(
        "device",
        "text",
        "",
        "headphones, speakers, other",
        "sound check not reached",
        "What the person says to listen with.",
    ),
    Column("heard", "text", "", "clearly, faintly, nothing", "sound check not reached", "How the sample was heard."),
    Column(
        "duration_s", "integer", "s", "0 or more", "not completed", "From consent to the last answer, breaks included."
    ),
)


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
