"""Writes of one participant's sitting: start, sound check, practice, trials, debrief, leaving.

Every function is one transaction that locks the session's row first and looks at its state afterwards, so a repeated,
late or simultaneous call finds what the first one left, changes nothing, and answers with the place where the
session is. What these functions have acknowledged is committed.

    start_session          consent given: arm, boards and orders are drawn once and stored
    record_sound_check     what the sound check found; goes on unless nothing was heard
    record_headphones, skip_headphones
                           the headphone screening, where the study has one
    new_page, find_sounds, is_replaceable, show_headphones
                           which page of these two sends, and until when it may change what it sent
    repeat_practice, finish_practice
                           around the practice board
    show_trial             first display of a board; the server's clock of that trial starts
    record_events          listening and other events, append-only; a repeated key is stored once
    save_draft             unsubmitted matches, with a version number against stale windows
    record_answers         one trial of any kind, whole or not at all; the last one completes the session
    acknowledge            the next page is shown: what was sent before is final
    withdraw_session       leave for good: keep the answers given, or erase them

A withdrawn session whose participant kept the answers has its responses; one whose participant erased them is a
tombstone: the row alone, without trials, responses, events or external id.
"""

from studyserver.studies.sitting import boards
from studyserver.studies.sitting.answering import Sending, acknowledge, is_kept, record_answers, show_trial
from studyserver.studies.sitting.boards import load_clips, load_heard, load_images, media_url
from studyserver.studies.sitting.events import CLIENT_ERROR, LISTEN_KINDS, Event, record_events, save_draft
from studyserver.studies.sitting.leaving import can_erase, find_by_receipt, is_erased, withdraw_session
from studyserver.studies.sitting.outcomes import expect_by_guessing, load_credits
from studyserver.studies.sitting.practising import finish_practice, repeat_practice
from studyserver.studies.sitting.quota import is_full
from studyserver.studies.sitting.screening import (
    NOTHING_HEARD,
    UNPLAYABLE,
    find_sounds,
    is_barred,
    is_replaceable,
    new_page,
    record_headphones,
    record_sound_check,
    show_headphones,
    skip_headphones,
)
from studyserver.studies.sitting.start import (
    check_open,
    draw_preview,
    find_session,
    hash_consent,
    is_signed,
    note_damaged_link,
    sign_id,
    start_session,
)
from studyserver.studies.sitting.where import find_counted, find_place, touch

__all__ = [
    "CLIENT_ERROR",
    "LISTEN_KINDS",
    "NOTHING_HEARD",
    "UNPLAYABLE",
    "Event",
    "Sending",
    "acknowledge",
    "boards",
    "can_erase",
    "check_open",
    "draw_preview",
    "expect_by_guessing",
    "find_by_receipt",
    "find_counted",
    "find_place",
    "find_session",
    "find_sounds",
    "finish_practice",
    "hash_consent",
    "is_barred",
    "is_erased",
    "is_full",
    "is_kept",
    "is_replaceable",
    "is_signed",
    "load_clips",
    "load_credits",
    "load_heard",
    "load_images",
    "media_url",
    "new_page",
    "note_damaged_link",
    "record_answers",
    "record_events",
    "record_headphones",
    "record_sound_check",
    "repeat_practice",
    "save_draft",
    "show_headphones",
    "show_trial",
    "sign_id",
    "skip_headphones",
    "start_session",
    "touch",
    "withdraw_session",
]
