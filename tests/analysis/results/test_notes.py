from analysis.reading import validate_responses
from analysis.results.notes import Notes, warn_about_arm, warn_about_names, warn_about_rows
from tests.analysis.scopes import plain_result, two_arms
from tests.analysis.tables import rows_of


def notes_about(arm, *, alone=True):
    notes = Notes()
    warn_about_arm("a", arm, notes, alone=alone)
    return notes.texts


def test_a_warning_is_said_once():
    notes = Notes()
    for _ in range(2):
        notes.warn("Take care.")
    assert notes.texts == ["Take care."]


def test_small_groups_and_shared_guesses_are_named():
    few, shared = notes_about(plain_result()["arms"]["a"])
    assert few.startswith("12 participants: below about 30 intervals over participants are rough")
    assert shared.startswith("Wrong answers pile up between Electronic music and Heavy metal")
    assert notes_about(two_arms()["arms"]["a"], alone=False)[0].startswith("Arm 'a': 11 participants: below")
    assert notes_about({"n_participants": 0}) == ["No answers to analyse."]
    assert notes_about({"n_participants": 0}, alone=False) == ["Arm 'a': no answers to analyse."]


def test_clips_answered_twice_are_named():
    frame = validate_responses(rows_of([(0, 1, 2, 3)] * 4, blocks=2).assign(clip=list("wxyz") * 4))
    notes = Notes()
    warn_about_rows(frame, notes)
    assert notes.texts[0].startswith("2 participants answered the same clip in more than one block.")


def warnings_about(*rows):
    frame = rows_of([(0, 1)] * len(rows), ["Jazz", "Metal"], design="free")
    for n, (participant, heard, chosen) in enumerate(rows):
        frame.loc[[2 * n, 2 * n + 1], ["participant", "block"]] = participant, str(n)
        frame.loc[2 * n, ["clip_category", "chosen_category"]] = heard, chosen
    notes = Notes()
    warn_about_names(validate_responses(frame.assign(answered=True)), notes)
    return notes.texts


def test_a_category_that_was_chosen_and_never_heard_is_a_warning():
    (text,) = warnings_about(("p1", "Jazz", "Blues"))
    assert text.startswith("Chosen, though no clip of the rows has it: Blues. The name of a category may be")
    assert warnings_about(("p1", "Jazz", "Metal")) == []


def test_names_that_read_alike_are_a_warning():
    first, second = warnings_about(("p1", "Jazz", "Jazz"), ("P1", "jazz", "jazz"))
    assert first.startswith("The category names 'Jazz' and 'jazz' read alike")
    assert second.startswith("The participant names 'p1' and 'P1' read alike")


def test_names_that_other_programs_change_are_a_warning():
    word, control = warnings_about(("p1", "NA", "NA"), ("p2", "Ja\x07zz", "Ja\x07zz"))
    assert word.startswith("NA: the name of a category that was heard, and what R and pandas write")
    assert control.startswith("Ja[U+0007]zz: the brackets stand for a character")
