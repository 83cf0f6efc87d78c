"""Writes of one participant's sitting: start, sound check, practice, trials, debrief, leaving.

Every function is one transaction that locks the session's row first and looks at its state afterwards, so a repeated,
late or simultaneous call finds what the first one left, changes nothing, and answers with the place where the
session is. What these functions have acknowledged is committed.

    start_session          consent given: arm, boards and orders are drawn once and stored
    record_sound_check     what the sound check found; goes on unless nothing was heard
    record_headphones, skip_headphones
                           the headphone screening, where the study has one
    record_practice, repeat_practice, finish_practice
    show_trial             first display of a board; the server's clock of that trial starts
    record_events          listening and other events, append-only; a repeated key is stored once
    save_draft             unsubmitted matches, with a version number against stale windows
    record_answers         one main trial, whole or not at all; the last board completes the session
    record_attention       one attention check; kept apart from the answers
    complete_session       state "completed" once every trial is answered
    withdraw_session       leave for good: keep the answers given, or erase them

A withdrawn session whose participant kept the answers has its responses; one whose participant erased them is a
tombstone: the row alone, without trials, responses, events or external id.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from generation.models import Category, Clip, Content, Stimulus
from studyserver.studies.errors import (
    AnswersInvalid,
    DraftConflict,
    MaterialMissing,
    StudyFull,
    StudyNotOpen,
    WithdrawalTooLate,
    WrongPlace,
)
from studyserver.studies.models import (
    Arm,
    ClientEvent,
    ExternalId,
    ListenEvent,
    PracticeAnswer,
    Response,
    Session,
    Study,
    StudyLogEntry,
    Trial,
)
from studyserver.studies.rules import assignment, headphones
from studyserver.studies.rules.assignment import ArmLoad, Item
from studyserver.studies.sitting import boards

LIVE_FOR = timedelta(hours=1)
"""A working session that was not seen for longer gives its place in the quota back; its participant may still go on."""

SEEN_EVERY = timedelta(seconds=30)
MAX_EVENTS = 20_000
CLOCK_TOLERANCE_MS = 1000
LISTEN_KINDS = {"play", "heard", "ended"}
NOTHING_HEARD = "nothing"
COUNTED = (Trial.Kind.MAIN, Trial.Kind.ATTENTION)
"""Boards between practice and debrief; all of them are answered before a session is complete."""

Page = Literal["sound", "headphones", "practice", "trial", "debrief", "closed", "left"]


@dataclass(frozen=True)
class Place:
    """Where a session is: the page, and the trial's index where the page is a trial."""

    page: Page
    index: int | None = None

    def __str__(self) -> str:
        return self.page if self.index is None else f"{self.page} {self.index}"


@dataclass(frozen=True)
class Timing:
    """How the participant came to the match of one clip; measured by the page, empty without script."""

    choice_ms: int
    n_changes: int = 0


def hash_consent(study: Study) -> str:
    """sha256 of the consent text, as stored with every session."""
    return hashlib.sha256(study.consent_text.encode()).hexdigest()


def find_place(session: Session) -> Place:
    """The page where the session belongs now."""
    if session.state == Session.State.WITHDRAWN:
        return Place("left")
    if session.step == Session.Step.DEBRIEF:
        return Place("debrief")
    if session.study.status != Study.Status.OPEN:
        return Place("closed")
    if session.step == Session.Step.SOUND:
        return Place("sound")
    if session.step == Session.Step.HEADPHONES:
        return Place("headphones")
    if session.step == Session.Step.PRACTICE:
        return Place("practice")
    trials = session.trials.filter(kind__in=COUNTED).exclude(state=Trial.State.ANSWERED)
    return Place("trial", trials.order_by(*IN_ORDER).values_list("index", flat=True)[0])


# A check comes after the main trial that it names.
IN_ORDER = (Coalesce("after", "index"), F("after").asc(nulls_first=True))


def find_round(trial: Trial) -> tuple[int, int]:
    """Which board of a session this is, and of how many: main trials and attention checks, as they come."""
    study = trial.session.study
    if not study.attention_boards:
        return trial.index, study.trials_per_session
    indices = list(trial.session.trials.filter(kind__in=COUNTED).order_by(*IN_ORDER).values_list("index", flat=True))
    return indices.index(trial.index) + 1, len(indices)


def _lock(session: Session) -> Session:
    """The session as it is now, locked until the transaction ends."""
    return Session.objects.select_for_update(of=("self",), no_key=True).select_related("study").get(pk=session.pk)


def touch(session: Session) -> None:
    """Note that the participant is there; costs a write at most every half minute."""
    now = timezone.now()
    if now - session.last_seen_at > SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(last_seen_at=now)


# -- start --------------------------------------------------------------------------------------------------------


def check_open(study: Study, *, simulated: bool = False) -> None:
    """Raise StudyNotOpen unless new participants (of this kind) may start."""
    if study.status == Study.Status.DRAFT:
        raise StudyNotOpen("This study has not started yet.", reason="draft")
    if study.status == Study.Status.CLOSED:
        raise StudyNotOpen("This study is closed.", reason="closed")
    if study.simulated_only and not simulated:
        raise StudyNotOpen("This study takes simulated participants only.", reason="simulated")


def is_full(study: Study) -> bool:
    """Whether every arm has reached its quota."""
    return all(load.quota is not None and load.taken >= load.quota for load in count_taken(study))


def find_session(*, study: Study, external_id: str) -> Session | None:
    """The session that a recruitment service's id started in this study."""
    if not external_id:
        return None
    return Session.objects.filter(study=study, external_id__value=external_id).first()


@transaction.atomic
def start_session(
    *,
    study: Study,
    consent_version: str | None = None,
    code: str | None = None,
    external_id: str = "",
    simulated: bool = False,
) -> Session:
    """Begin a session after consent, or find the one that this consent or this external id has begun.

    `consent_version` is the hash of the text agreed to (default: the present one). `code` is the address drawn for
    the consent form, so that sending the form twice starts one session. Raises StudyNotOpen, StudyFull,
    MaterialMissing.
    """
    study = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if code and (known := Session.objects.filter(study=study, code=code).first()):
        return known
    if known := find_session(study=study, external_id=external_id):
        return known
    check_open(study, simulated=simulated)
    number = (study.sessions.aggregate(last=Max("number"))["last"] or 0) + 1
    arm = _choose_arm(study, number)
    session = Session(
        study=study,
        arm=arm,
        number=number,
        consent_version=consent_version or hash_consent(study),
        simulated=simulated,
    )
    if code:
        session.code = code
    if study.headphone_check != Study.HeadphoneCheck.OFF:
        session.headphones = {"order": _draw_headphones(session, attempt=1)}
    session.save()
    Trial.objects.bulk_create(_plan(session))
    if external_id:
        ExternalId.objects.create(study=study, session=session, value=external_id)
    return session


def holds_place() -> Q:
    """Sessions that count against a quota: completed, or working and seen within LIVE_FOR."""
    live = Q(state=Session.State.WORKING, last_seen_at__gte=timezone.now() - LIVE_FOR)
    return Q(state=Session.State.COMPLETED) | live


def count_taken(study: Study) -> list[ArmLoad]:
    """Places taken in each arm."""
    counts = Counter(study.sessions.filter(holds_place()).values_list("arm", flat=True))
    arms = study.arms.order_by("id").values_list("id", "quota")
    return [ArmLoad(arm=pk, taken=counts[pk], quota=quota) for pk, quota in arms]


def draw_preview(study: Study) -> list[Trial]:
    """Boards as a first participant of the first arm might see them; nothing is stored. Raises MaterialMissing."""
    arm = study.arms.order_by("id").first()
    if arm is None:
        raise MaterialMissing("The study has no arm, so there is nothing to show.")
    return _plan(Session(study=study, arm=arm, number=0))


def _choose_arm(study: Study, number: int) -> Arm:
    chosen = assignment.choose_arm(count_taken(study), rng=assignment.rng_for(study.seed, number, "arm"))
    if chosen is None:
        raise StudyFull("This study has all the participants it needs.")
    return study.arms.get(pk=chosen)


def _plan(session: Session) -> list[Trial]:
    """All boards of a new session, not yet stored."""
    study, arm = session.study, session.arm
    categories = list(study.categories.order_by("order", "id").values_list("id", flat=True))
    planned = assignment.plan_trials(
        items=load_items(arm, categories),
        categories=categories,
        trials=study.trials_per_session,
        shown=count_shown(arm),
        seed=study.seed,
        number=session.number,
    )
    main = [
        Trial(session=session, index=index, clip_order=trial.clip_order, image_order=trial.image_order)
        for index, trial in enumerate(planned, start=1)
    ]
    return [*_plan_practice(session), *main, *_plan_attention(session, images=len(categories))]


def load_items(arm: Arm, categories: Sequence[int]) -> list[Item]:
    """The images that the arm may show of these categories; flagged ones never."""
    rows = Stimulus.objects.filter(set=arm.stimulus_set_id, category__in=categories, flagged=False)
    return [Item(*row) for row in rows.order_by("id").values_list("id", "clip", "category", "board")]


def count_shown(arm: Arm) -> Counter[int]:
    """How often each stimulus was shown in the arm: answered boards, and all boards of live sessions."""
    trials = Trial.objects.filter(kind=Trial.Kind.MAIN, session__arm=arm)
    live = Q(session__state=Session.State.WORKING, session__last_seen_at__gte=timezone.now() - LIVE_FOR)
    counts: Counter[int] = Counter()
    for order in trials.filter(Q(state=Trial.State.ANSWERED) | live).values_list("image_order", flat=True):
        counts.update(order)
    return counts


def _plan_practice(session: Session) -> list[Trial]:
    """The practice board, from the first arm that has images of each practice category; none without categories."""
    study = session.study
    chosen = list(study.practice_categories.select_related("dataset"))
    if not chosen:
        return []
    arms = list(study.arms.order_by("id"))
    items = {category.pk: _first_items(arms, category) for category in chosen}
    contents = list(Content.objects.filter(dataset=chosen[0].dataset_id)) if len(chosen) == 1 else []
    planned = assignment.plan_practice(
        items=items,
        contents=[content.pk for content in contents],
        seed=study.seed,
        number=session.number,
        avoid=_sources(items, contents),
    )
    return [
        Trial(
            session=session,
            index=0,
            kind=Trial.Kind.PRACTICE,
            clip_order=planned.clip_order,
            image_order=planned.image_order,
        )
    ]


def _plan_attention(session: Session, *, images: int) -> list[Trial]:
    """The attention checks, of practice material and neutral photographs; none where the study wants none."""
    study = session.study
    if not study.attention_boards:
        return []
    arms, chosen = list(study.arms.order_by("id")), list(study.practice_categories.select_related("dataset"))
    contents = Content.objects.filter(dataset__in={category.dataset_id for category in chosen})
    planned = assignment.plan_attention(
        items=[item for category in chosen for item in _first_items(arms, category)],
        contents=list(contents.values_list("pk", flat=True)),
        images=images,
        boards=study.attention_boards,
        trials=study.trials_per_session,
        seed=study.seed,
        number=session.number,
    )
    return [
        Trial(
            session=session,
            index=study.trials_per_session + place,
            kind=Trial.Kind.ATTENTION,
            clip_order=check.clip_order,
            image_order=check.image_order,
            instructed=check.instructed,
            after=check.after,
        )
        for place, check in enumerate(planned, start=1)
    ]


def _first_items(arms: Iterable[Arm], category: Category) -> list[Item]:
    for arm in arms:
        if items := load_items(arm, [category.pk]):
            return items
    raise MaterialMissing(f"No arm has an image of the practice category “{category.name}”.")


def _sources(items: Mapping[int, Sequence[Item]], contents: Sequence[Content]) -> dict[int, set[int]]:
    """Which photographs each practice image was painted over, as far as its provenance names them by hash."""
    if not contents:
        return {}
    made = Stimulus.objects.filter(pk__in=[item.stimulus for group in items.values() for item in group])
    texts = {pk: json.dumps(provenance) for pk, provenance in made.values_list("pk", "provenance")}
    return {pk: {content.pk for content in contents if content.sha256 in text} for pk, text in texts.items()}


# -- before the trials --------------------------------------------------------------------------------------------


@transaction.atomic
def record_sound_check(*, session: Session, found: Mapping[str, Any]) -> Place:
    """Store what the sound check found; `found["heard"] == "nothing"` keeps the session there to try again."""
    session = _lock(session)
    if find_place(session).page == "sound":
        attempts = session.sound_check.get("attempts", 0) + 1
        session.sound_check = {**found, "attempts": attempts}
        if found.get("heard") != NOTHING_HEARD:
            screened = session.study.headphone_check != Study.HeadphoneCheck.OFF
            session.step = Session.Step.HEADPHONES if screened else Session.Step.PRACTICE
        session.save(update_fields=["sound_check", "step", "last_seen_at"])
    return find_place(session)


def _draw_headphones(session: Session, *, attempt: int) -> list[str]:
    rng = assignment.rng_for(session.study.seed, session.number, f"headphones/{attempt}")
    return headphones.draw_order(rng)


def is_barred(session: Session) -> bool:
    """Whether the study requires headphones and the session has failed the screening for good."""
    screening = headphones.read_screening(session.headphones)
    return (
        session.study.headphone_check == Study.HeadphoneCheck.REQUIRE
        and screening.result == headphones.FAILED
        and screening.attempts >= headphones.ATTEMPTS
    )


@transaction.atomic
def record_headphones(*, session: Session, answers: Mapping[int, int]) -> Place:
    """Store one attempt at the headphone screening: sound (from 1) -> tone said to be the quietest (1 to 3).

    Goes on when it is passed, and where the study only records it. A failed attempt of a study that requires headphones
    keeps the session there, with a new order of the sounds while an attempt is left. Raises AnswersInvalid.
    """
    session = _lock(session)
    if find_place(session).page == "headphones" and not is_barred(session):
        if missing := headphones.find_missing(answers):
            raise AnswersInvalid(missing)
        order, before = session.headphones["order"], session.headphones.get("attempts", [])
        correct = headphones.count_right(order, answers)
        given = [answers[position] for position in range(1, len(order) + 1)]
        attempts = [*before, {"order": order, "answers": given, "correct": correct}]
        session.headphones = {"order": _draw_headphones(session, attempt=len(attempts) + 1), "attempts": attempts}
        required = session.study.headphone_check == Study.HeadphoneCheck.REQUIRE
        if correct >= headphones.PASS or not required:
            session.step = Session.Step.PRACTICE
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)


@transaction.atomic
def skip_headphones(*, session: Session) -> Place:
    """Go on without headphones, which is stored; only where the study does not require them."""
    session = _lock(session)
    may = session.study.headphone_check == Study.HeadphoneCheck.RECORD
    if find_place(session).page == "headphones" and may:
        session.headphones = {**session.headphones, "skipped": True}
        session.step = Session.Step.PRACTICE
        session.save(update_fields=["headphones", "step", "last_seen_at"])
    return find_place(session)


@transaction.atomic
def record_practice(*, trial: Trial, matches: Mapping[int, int], listening_declared: bool = False) -> Place:
    """Store the practice board's answers apart from the study's; the same rules hold as in a trial."""
    session = _lock(trial.session)
    trial = _reload(trial, session)
    if find_place(session).page == "practice" and trial.state != Trial.State.ANSWERED:
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        _check(trial, clips, images, matches, {}, listening_declared, confidence_asked=False)
        _keep_apart(trial, clips, images, matches)
        _close(trial, rt_ms=None, listening_declared=listening_declared)
        session.save(update_fields=["last_seen_at"])
    return find_place(session)


def _keep_apart(
    trial: Trial, clips: Sequence[Clip], images: Sequence[Stimulus | Content], matches: Mapping[int, int]
) -> None:
    """Store the answers of a board that is no part of the data."""
    PracticeAnswer.objects.bulk_create(
        PracticeAnswer(
            trial=trial,
            clip=clip,
            stimulus=image if isinstance(image, Stimulus) else None,
            content=image if isinstance(image, Content) else None,
        )
        for position, clip in enumerate(clips, start=1)
        for image in [images[matches[position] - 1]]
    )


@transaction.atomic
def repeat_practice(*, session: Session) -> Place:
    """Take the practice board again, from the start."""
    session = _lock(session)
    if find_place(session).page == "practice":
        trials = session.trials.filter(kind=Trial.Kind.PRACTICE)
        PracticeAnswer.objects.filter(trial__in=trials).delete()
        for trial in trials:
            trial.state, trial.draft, trial.draft_version = Trial.State.SHOWN, {}, trial.draft_version + 1
            trial.answered_at = None
            trial.save(update_fields=["state", "draft", "draft_version", "answered_at"])
        session.save(update_fields=["last_seen_at"])
    return find_place(session)


@transaction.atomic
def finish_practice(*, session: Session) -> Place:
    """Go on to the first trial, once the practice board (if the study has one) is answered."""
    session = _lock(session)
    if find_place(session).page == "practice":
        waiting = session.trials.filter(kind=Trial.Kind.PRACTICE).exclude(state=Trial.State.ANSWERED)
        if not waiting.exists():
            session.step = Session.Step.TRIALS
        session.save(update_fields=["step", "last_seen_at"])
    return find_place(session)


# -- trials -------------------------------------------------------------------------------------------------------


def show_trial(*, trial: Trial) -> None:
    """Note the first display of a board; from then on the server's clock bounds what can have been heard."""
    now = timezone.now()
    shown = Trial.objects.filter(pk=trial.pk, shown_at=None).update(shown_at=now, state=Trial.State.SHOWN)
    if shown:
        trial.shown_at, trial.state = now, Trial.State.SHOWN
    elif trial.shown_at is None:
        trial.refresh_from_db(fields=["shown_at", "state"])


def _reload(trial: Trial, session: Session) -> Trial:
    """The trial as it is now, under the session's lock."""
    fresh = Trial.objects.get(pk=trial.pk)
    fresh.session = session
    return fresh


def _is_current(trial: Trial, place: Place) -> bool:
    if trial.kind == Trial.Kind.PRACTICE:
        return place.page == "practice" and trial.state != Trial.State.ANSWERED
    return place == Place("trial", trial.index)


@transaction.atomic
def record_answers(
    *,
    trial: Trial,
    matches: Mapping[int, int],
    confidence: Mapping[int, int] | None = None,
    rt_ms: int | None = None,
    timings: Mapping[int, Timing] | None = None,
    listening_declared: bool = False,
) -> Place:
    """Store one main trial's answers, all of them or none, and say where the session is now.

    `matches` and `timings` map clip positions to image positions and to how the match came about; positions count
    from 1. An answered trial, or one that is not due, stores nothing. Raises AnswersInvalid when the design's rules
    are broken: a clip without image, a position that does not exist, an image twice in one-to-one, a clip not heard
    as the study asks (by the server's own log, or declared on a page without script), confidence missing.
    """
    session = _lock(trial.session)
    trial = _reload(trial, session)
    if _is_current(trial, find_place(session)):
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        confidence = confidence or {}
        asked = session.study.ask_confidence
        _check(trial, clips, images, matches, confidence, listening_declared, confidence_asked=asked)
        rt_ms, timings = _plausible(trial, rt_ms, timings or {}, len(clips))
        order = {position: rank for rank, position in enumerate(_by_time(timings), start=1)}
        Response.objects.bulk_create(
            Response(
                trial=trial,
                clip=clip,
                stimulus_id=images[matches[position] - 1].pk,
                clip_position=position,
                image_position=matches[position],
                choice_ms=timings[position].choice_ms if timings else None,
                choice_order=order[position] if timings else None,
                n_changes=timings[position].n_changes if timings else None,
                confidence=confidence.get(position) if asked else None,
            )
            for position, clip in enumerate(clips, start=1)
        )
        _close(trial, rt_ms=rt_ms, listening_declared=listening_declared)
        session = _go_on(session)
    return find_place(session)


@transaction.atomic
def record_attention(*, trial: Trial, matches: Mapping[int, int], rt_ms: int | None = None) -> Place:
    """Store an attention check and whether it was passed; no listening is asked for, and nothing of it is analysed."""
    session = _lock(trial.session)
    trial = _reload(trial, session)
    if _is_current(trial, find_place(session)):
        clips, images = boards.load_clips(trial), boards.load_images(trial)
        _check(trial, clips, images, matches, {}, False, confidence_asked=False)
        _keep_apart(trial, clips, images, matches)
        trial.passed = matches[1] == trial.instructed
        trial.save(update_fields=["passed"])
        rt_ms, _ = _plausible(trial, rt_ms, {}, len(clips))
        _close(trial, rt_ms=rt_ms, listening_declared=False)
        session = _go_on(session)
    return find_place(session)


def _go_on(session: Session) -> Session:
    """After a board: the session is complete when no other waits."""
    session.save(update_fields=["last_seen_at"])
    return session if _is_waiting(session) else complete_session(session=session)


def _close(trial: Trial, *, rt_ms: int | None, listening_declared: bool) -> None:
    trial.state = Trial.State.ANSWERED
    trial.answered_at = timezone.now()
    trial.rt_ms = rt_ms
    trial.listening_declared = listening_declared and not trial.listen_events.exists()
    trial.draft = {}
    trial.save(update_fields=["state", "answered_at", "rt_ms", "listening_declared", "draft"])


def _check(
    trial: Trial,
    clips: Sequence[Clip],
    images: Sequence[Stimulus | Content],
    matches: Mapping[int, int],
    confidence: Mapping[int, int],
    listening_declared: bool,
    *,
    confidence_asked: bool,
) -> None:
    """Raise AnswersInvalid unless the board may be stored."""
    study = trial.session.study
    problems = find_match_problems(
        matches, n_clips=len(clips), n_images=len(images), one_to_one=study.design == Study.Design.ONE_TO_ONE
    )
    # The declaration stands for a log only where there is none: a page with script keeps one.
    if not (listening_declared and not trial.listen_events.exists()):
        heard = boards.load_heard(trial, clips, simulated=trial.session.simulated)
        fulfilled = boards.judge_listening(trial, study, clips, heard)
        rule = boards.rule_of(trial, study)
        problems += [f"Clip {i} {UNHEARD[rule]}" for i, ok in enumerate(fulfilled, 1) if not ok]
    if confidence_asked:
        rated = [confidence.get(position) for position in range(1, len(clips) + 1)]
        problems += [
            f"Say how sure you are of clip {position} (1 to 7)."
            for position, value in enumerate(rated, start=1)
            if value is None or not 1 <= value <= 7
        ]
    if problems:
        raise AnswersInvalid(problems)


UNHEARD: Mapping[str, str] = {
    Study.ListeningRule.NONE: "has not been heard.",
    Study.ListeningRule.START: "has not been played yet.",
    Study.ListeningRule.SECONDS: "has not been heard for long enough yet.",
    Study.ListeningRule.END: "has not been heard to its end yet.",
}


def find_match_problems(matches: Mapping[int, int], *, n_clips: int, n_images: int, one_to_one: bool) -> list[str]:
    """What is wrong with the matches of one board, one sentence each; empty when they may be stored."""
    problems = []
    used: dict[int, list[int]] = {}
    for position in range(1, n_clips + 1):
        image = matches.get(position)
        if image is None:
            problems.append(f"Clip {position} has no image yet.")
        elif not 1 <= image <= n_images:
            problems.append(f"The image chosen for clip {position} is not on this board.")
        else:
            used.setdefault(image, []).append(position)
    problems += [
        f"Clip {position} is not on this board." for position in sorted(matches) if not 1 <= position <= n_clips
    ]
    if one_to_one:
        problems += [
            f"Image {boards.letter(image)} is matched with clips {' and '.join(map(str, clips))}; "
            "each image goes with one clip only."
            for image, clips in sorted(used.items())
            if len(clips) > 1
        ]
    return problems


def _plausible(
    trial: Trial, rt_ms: int | None, timings: Mapping[int, Timing], n_clips: int
) -> tuple[int | None, Mapping[int, Timing]]:
    """Timings as sent, or none: of a board that was not wholly timed, or longer than the server's own clock says."""
    if rt_ms is None or trial.shown_at is None:
        return None, {}
    if not trial.session.simulated and rt_ms > _elapsed_ms(trial.shown_at) + CLOCK_TOLERANCE_MS:
        return None, {}
    complete = set(timings) == set(range(1, n_clips + 1))
    if complete and all(0 <= timing.choice_ms <= rt_ms for timing in timings.values()):
        return rt_ms, timings
    return rt_ms, {}


def _elapsed_ms(since: datetime) -> float:
    return (timezone.now() - since).total_seconds() * 1000


def _by_time(timings: Mapping[int, Timing]) -> list[int]:
    """Clip positions in the order of their last assignment."""
    return sorted(timings, key=lambda position: (timings[position].choice_ms, position))


def _is_waiting(session: Session) -> bool:
    """Whether a main trial or an attention check is still to be answered."""
    return session.trials.filter(kind__in=COUNTED).exclude(state=Trial.State.ANSWERED).exists()


@transaction.atomic
def complete_session(*, session: Session) -> Session:
    """Mark the session completed; an exclusion stays one. Raises WrongPlace while a trial is unanswered."""
    session = _lock(session)
    if session.step == Session.Step.TRIALS:
        if _is_waiting(session):
            raise WrongPlace(find_place(session))
        session.step = Session.Step.DEBRIEF
        session.completed_at = timezone.now()
        if session.state == Session.State.WORKING:
            session.state = Session.State.COMPLETED
        session.save(update_fields=["step", "state", "completed_at", "last_seen_at"])
    return session


@transaction.atomic
def save_draft(*, trial: Trial, version: int, draft: Mapping[str, Any]) -> int:
    """Keep unsubmitted matches and return their new version.

    `version` is the one that the page started from. The same draft again (its acknowledgement was lost) is answered
    with the stored version; another one raises DraftConflict with what is stored. Raises WrongPlace when the trial
    is not due.
    """
    session = _lock(trial.session)
    trial = _reload(trial, session)
    place = find_place(session)
    if not _is_current(trial, place):
        raise WrongPlace(place)
    if version != trial.draft_version:
        if trial.draft == draft:
            return trial.draft_version
        raise DraftConflict(version=trial.draft_version, draft=trial.draft)
    trial.draft = dict(draft)
    trial.draft_version += 1
    trial.save(update_fields=["draft", "draft_version"])
    touch(session)
    return trial.draft_version


@dataclass(frozen=True)
class Event:
    """One report of a page. `key` is drawn by the page; a repeated key is stored once."""

    key: str
    kind: str
    at_ms: int = 0
    clip: int = 0
    from_ms: int = 0
    to_ms: int = 0
    data: Mapping[str, Any] | None = None


@transaction.atomic
def record_events(*, session: Session, events: Sequence[Event], trial: Trial | None = None) -> None:
    """Append what a page reports: listening (kinds "play", "heard", "ended", of a trial) and anything else.

    Events of an answered trial are not stored any more: what was acknowledged with the answers stays as it was.
    Raises WrongPlace when the trial is not due or the session takes nothing any more.
    """
    session = _lock(session)
    place = find_place(session)
    if place.page in ("left", "closed"):
        raise WrongPlace(place)
    if trial is not None:
        trial = _reload(trial, session)
        if not _is_current(trial, place) or trial.shown_at is None:
            raise WrongPlace(place)
        stored = ListenEvent.objects.filter(trial__session=session).count()
        ListenEvent.objects.bulk_create(
            [
                ListenEvent(
                    trial=trial,
                    key=event.key,
                    clip_position=event.clip,
                    kind=event.kind,
                    from_ms=event.from_ms,
                    to_ms=event.to_ms,
                    at_ms=event.at_ms,
                )
                for event in events
                if event.kind in LISTEN_KINDS
            ][: max(0, MAX_EVENTS - stored)],
            ignore_conflicts=True,
        )
    stored = session.client_events.count()
    ClientEvent.objects.bulk_create(
        [
            ClientEvent(
                session=session,
                trial=trial,
                key=event.key,
                kind=event.kind,
                data=dict(event.data or {}),
                at_ms=event.at_ms,
            )
            for event in events
            if event.kind not in LISTEN_KINDS
        ][: max(0, MAX_EVENTS - stored)],
        ignore_conflicts=True,
    )
    touch(session)


# -- leaving ------------------------------------------------------------------------------------------------------


def can_erase(session: Session) -> bool:
    """Whether the participant may still erase: at any time while working, afterwards until the study's last day."""
    study = session.study
    if study.withdraw_until is None or timezone.localdate() <= study.withdraw_until:
        return True
    return session.state == Session.State.WORKING and study.status == Study.Status.OPEN


@transaction.atomic
def withdraw_session(*, session: Session, erase: bool) -> Session:
    """Leave the study for good, keeping the answers given so far or erasing them.

    Erasing removes trials, responses, practice answers, attention checks, listening, events, drafts, the sound check,
    the headphone screening, the external id and why a researcher left the session out; the row stays as a tombstone.
    It can follow later on keeping. A completed session can only be erased.
    Raises WithdrawalTooLate when the study's last day of withdrawal has passed.
    """
    session = _lock(session)
    if erase:
        if is_erased(session):
            return session
        if not can_erase(session):
            raise WithdrawalTooLate(f"Answers could be erased until {session.study.withdraw_until}.")
        session.trials.all().delete()
        session.client_events.all().delete()
        ExternalId.objects.filter(session=session).delete()
        session.sound_check, session.headphones = {}, {}
        session.exclusion_reason = ""
        about = StudyLogEntry.objects.filter(study=session.study, detail__startswith=f"session {session.number}: ")
        about.update(detail=f"session {session.number} (reason erased with the answers)")
    elif session.state != Session.State.WORKING:
        return session
    else:
        session.trials.exclude(state=Trial.State.ANSWERED).update(draft={})
    session.state = Session.State.WITHDRAWN
    # The time of erasing: files exported before it still hold the answers.
    session.withdrawn_at = timezone.now()
    changed = ["state", "withdrawn_at", "sound_check", "headphones", "exclusion_reason", "last_seen_at"]
    session.save(update_fields=changed)
    return session


def find_by_receipt(receipt: str) -> Session | None:
    """The session of a receipt code, however it was typed."""
    signs = "".join(sign for sign in receipt.upper() if sign.isalnum())
    code = "-".join(signs[start : start + 4] for start in range(0, len(signs), 4))
    return Session.objects.select_related("study").filter(receipt=code).first()


def is_erased(session: Session) -> bool:
    """Whether the session is a tombstone: withdrawn, and nothing left of its answers."""
    return session.state == Session.State.WITHDRAWN and not session.trials.exists()
