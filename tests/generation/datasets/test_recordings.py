"""Which clips are cuts of one recording: what names tell, and what they do not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.datasets.known import describe_leakage, leakage_of
from generation.datasets.manifest import Entry
from generation.datasets.recordings import NONE, check_pattern, find_pieces, stem_of_cut
from generation.errors import DatasetError


def clips_named(*names, category="A", **fields):
    return [Entry("audio", category, Path(f"{name}.wav"), f"{name}.wav", **fields) for name in names]


def told(entries, pattern="", known=None):
    return [entry.piece_id for entry in find_pieces(entries, pattern, known)[0]]


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("BWV 1007segment12", "BWV 1007"),
        ("air_segment_3", "air"),
        ("air-SEG-03", "air"),
        ("air (Part 2)", "air"),
        ("air.chunk007", "air"),
        ("airExcerpt1", "air"),
        ("Symphony 5 part 1", "Symphony 5"),
        ("a-part-1", "a"),
        ("song_part1_part2", "song_part1"),
        ("air-01", ""),
        ("air 12", ""),
        ("segment12", ""),
        ("Counterpart 2", ""),
        ("rampart3", ""),
        ("departure 4", ""),
        ("part of it", ""),
        ("air segment", ""),
        ("air segment 3 live", ""),
    ],
)
def test_what_stands_before_a_numbered_cut_names_the_recording(name, piece):
    assert stem_of_cut(name) == piece


CUTS = [f"rec {letter}_segment{n}" for letter in "abcde" for n in range(3)]


def test_cuts_are_told_where_a_category_keeps_five_stems():
    assert told(clips_named(*CUTS)) == [name.split("_")[0] for name in CUTS]
    assert told(clips_named(*CUTS[:-3])) == [""] * 12
    # What the dataset has already counts.
    assert told(clips_named(*CUTS[:-3]), known={"A": {"rec z"}}) == [name.split("_")[0] for name in CUTS[:-3]]
    _, notices = find_pieces(clips_named(*CUTS[:-3]), "")
    assert notices == [
        'In the category "A" names of 12 clips end like cuts of a recording, e.g. of “rec a”, but they begin in 4 ways '
        "only: each counts as a recording of its own. --piece-pattern, or piece_id in a manifest, says what belongs "
        "together."
    ]


def test_the_name_of_the_category_is_no_recording():
    names = [*CUTS, "heavy-metal segment 1"]
    entries = clips_named(*names, category="Heavy metal") + clips_named(*CUTS, category="B")
    pieces = told(entries)
    assert pieces[: len(names)] == [""] * len(names)
    assert all(pieces[len(names) :])
    assert "some begin with its own name" in find_pieces(entries, "")[1][-1]


def test_what_a_manifest_states_wins_and_images_have_no_recordings():
    stated = clips_named("rec a_segment9", piece_id="Suite")
    pictures = [Entry("image", "A", Path("x_segment1.png"), "x_segment1.png")]
    assert told([*stated, *pictures, *clips_named(*CUTS)])[:2] == ["Suite", ""]


def test_a_pattern_names_the_recording_by_its_group_or_all_that_it_matches():
    entries = clips_named("bach-01", "bach-02", "weber-01", "loose")
    assert told(entries, r"^(.+)-\d+$") == ["bach", "bach", "weber", ""]
    assert told(entries, r"^(\w)(?P<piece>\w+)-") == ["ach", "ach", "eber", ""]
    assert told(entries, r"^[a-z]+(?=-)") == ["bach", "bach", "weber", ""]
    assert told(clips_named(*CUTS), NONE) == [""] * len(CUTS)
    _, notices = find_pieces(entries, r"^(.+)-\d+$")
    assert notices == [
        r"3 clips of 2 recordings, told by the pattern '^(.+)-\\d+$'; 1 clip without one. "
        "The largest is “bach” (2 clips)."
    ]


def test_patterns_that_say_nothing_are_refused():
    for pattern, words in (
        ("(", "no regular expression"),
        ("x*", "fits an empty name"),
        ("a" * 501, "longer than 500"),
    ):
        with pytest.raises(DatasetError, match=words):
            check_pattern(pattern)
    with pytest.raises(DatasetError, match="fits no name of a clip, e.g. not “bach-01”"):
        find_pieces(clips_named("bach-01"), "mozart")


def test_one_name_in_several_categories_is_pointed_out():
    entries = clips_named(*CUTS) + clips_named(*CUTS, category="B")
    _, notices = find_pieces(entries, "")
    assert notices[0].startswith("30 clips of 5 recordings, told by the ends of file names. The largest is “rec e” (6")
    assert notices[1].startswith("5 recordings have clips in several categories, e.g. “rec a”")


names = st.text("abc .-_", min_size=1, max_size=5).filter(lambda name: name.strip(" .-_"))


@given(st.sets(names, min_size=1, max_size=8), st.sampled_from(["segment", "Seg", "PART", "chunk", "excerpt"]))
def test_order_and_numbers_of_cuts_change_no_recording(stems, mark):
    entries = clips_named(*(f"{stem}_{mark}{n}" for stem in sorted(stems) for n in (1, 20)))
    forward = {entry.name: entry.piece_id for entry in find_pieces(entries, "")[0]}
    assert forward == {entry.name: entry.piece_id for entry in find_pieces(entries[::-1], "")[0]}
    assert {*forward.values()} in ({""}, {stem_of_cut(f"{stem}_{mark}1") for stem in stems})


def test_leakage_counts_held_out_clips_whose_recording_is_in_train():
    rows = [("a", "train"), ("a", "test"), ("a", "val"), ("b", "test"), ("b", "val"), ("c", "train"), ("", "test")]
    counts = leakage_of(rows)
    assert counts == {
        "clips": 7,
        "unknown": 1,
        "recordings": 3,
        "spread": 2,
        "val": {"clips": 2, "shared": 1, "unknown": 0},
        "test": {"clips": 3, "shared": 1, "unknown": 1},
    }
    assert describe_leakage(counts) == (
        "Leakage: 1 of 3 test and 1 of 2 validation clips share a recording with train; 2 of 3 recordings lie in "
        "several splits; of 1 held-out clips the recording is not known."
    )
    assert describe_leakage(leakage_of([("", "test")])).startswith("Leakage: not known")
    assert describe_leakage(leakage_of([("a", "train")])) == "Leakage: no clip is held out."


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["train", "val", "test"])), max_size=30))
def test_leakage_is_what_plain_loops_count(rows):
    counts = leakage_of(rows)
    for part in ("val", "test"):
        shared = sum(split == part and any(p == piece and s == "train" for p, s in rows) for piece, split in rows)
        assert counts[part]["shared"] == shared
