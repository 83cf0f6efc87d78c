import pandas as pd
import pytest

from analysis import render
from analysis.chance import matching_pmf
from analysis.results.build import build_result
from analysis.results.summary import rarity
from tests.analysis.results.test_build import EDGE_CASES
from tests.analysis.studies import study_of
from tests.analysis.tables import FOUR, rows_of, table_3, table_4


def answer_of(frame, **changes):
    return build_result(frame, study_of(**changes))["arms"]["a"]["answer"]


def test_the_answer_to_table_4_says_what_is_known_and_what_is_not():
    found = answer_of(table_4())
    assert found["verdict"] == "above_chance"
    assert found["sentences"] == [
        "Yes, more often than guessing explains: 12 participants matched 38 of 48 clips correctly (79.2%), and "
        "matching at random gives 12 (25.0%) on average.",
        "If nobody knew anything, so many or more would be right in 1 of 1.6 billion studies (exact renaming test, "
        "one-sided). The share that people like these would reach with these clips has the 95% interval [62.8%, "
        "95.5%]: of intervals made in this way about 95 of 100 hold the true share. If everybody were alike, truly "
        "knowing 57% of the clips and guessing the others would score this (95% interval [38.3%, "
        "81.6%], read off that of the share).",
        "All 4 categories lie above chance, corrected for looking at 4 (Holm). Electronic music and Heavy metal need "
        "care: all 12 participants matched Baroque Classical symbolism and Asian traditional folklore, so for what is "
        "left the chance is 50%, and 7 of 12 for each is no evidence of more (p = .774, two-sided). Electronic "
        "music and Heavy metal were taken for each other: all 10 errors lie between them, more than errors falling "
        "anywhere explain (p < .001 over 6 pairs, Holm).",
    ]


def test_what_chance_explains_is_not_called_a_failure():
    found = answer_of(rows_of([(0, 1, 3, 2), (1, 0, 3, 2), (0, 2, 1, 3)]))
    assert found["verdict"] == "not_shown"
    text = " ".join(found["sentences"])
    assert text.startswith("Not shown: 3 participants matched 4 of 12 clips correctly (33.3%)")
    assert "no proof that the images do not fit" in text
    assert "No single category lies above chance" in text


def test_one_participant_is_counted_in_the_singular():
    text = " ".join(answer_of(rows_of([(0, 2, 1, 3)]))["sentences"])
    assert "1 participant matched 2 of 4 clips" in text
    assert "How others would do cannot be said from one participant." in text


@pytest.mark.parametrize("case", EDGE_CASES)
def test_every_edge_case_gets_an_answer_in_words(case):
    frame, study = EDGE_CASES[case]
    for arm in build_result(frame, study)["arms"].values():
        assert arm["answer"]["sentences"]
        assert (arm["answer"]["verdict"] == "open") == (arm["overall"]["p_value"] is None)
        assert "None" not in " ".join(arm["answer"]["sentences"])


def test_one_clip_per_category_is_said():
    frame = table_4().assign(clip=lambda rows: "clip of " + rows["clip_category"])
    assert "this speaks of these clips and not of whole genres" in answer_of(frame)["sentences"][-1]


def test_arms_are_compared_in_a_sentence_with_test_interval_and_effect():
    frame = pd.concat([table_3().assign(arm="x", participant=lambda r: "x" + r["participant"]), table_4()])
    (found,) = build_result(frame, study_of(arms=("x", "a")))["comparisons"]
    assert found["sentence"].startswith(
        "With these pictures, participants matched on average 20.8 percentage points more with x than with a (exact"
    )
    for words in ("12 and 12 participants", "difference .208, 95% CI [", "two-sided p = .037", "Cliff's delta = .42"):
        assert words in found["sentence"]
    alike = pd.concat([table_4().assign(arm="x", participant=lambda r: "x" + r["participant"]), table_4()])
    (found,) = build_result(alike, study_of(arms=("x", "a")))["comparisons"]
    assert found["sentence"].startswith(
        "No difference between x and a is shown with these pictures: participants matched on average 0 percentage"
    )


def test_exclusions_that_would_change_the_answer_are_said():
    good = rows_of([(0, 1, 2, 3)] * 4)
    bad = rows_of([(1, 0, 3, 2)] * 12).assign(excluded=1, exclusion_reason="too fast")
    bad["participant"] = "out-" + bad["participant"]
    sentences = build_result(pd.concat([good.assign(excluded=0), bad]), study_of())["excluded"]["sentences"]
    assert sentences == [
        "With the excluded sessions counted, 16 of 64 (25.0%) are right (p = .533): the answer would change."
    ]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "100.0% of studies"), (0.0531, "5.3% of studies"), (0.0099, "1 of 100 studies"),
        (1.3e-5, "1 of 77,000 studies"), (9.9e-7, "1 of 1 million studies"), (6.3e-10, "1 of 1.6 billion studies"),
        (1e-12, "1 of 1 trillion studies"), (2.7e-17, "fewer than 1 of a trillion studies"),
        (0.0, "fewer than 1 of a trillion studies"),
    ],
)  # fmt: skip
def test_rarity_in_words(p, words):
    assert rarity(p) == words


def test_categories_are_named():
    assert FOUR[1] in answer_of(table_4())["sentences"][2]


def test_simulated_answers_are_no_finding():
    found = answer_of(table_4().assign(simulated=1))
    assert found["sentences"][0].startswith(
        "A trial with simulated participants, no finding about the images. Yes, more often than guessing explains"
    )


def shared_guess_warnings(result):
    return [text for text in result["warnings"] if "guess alike" in text]


def test_errors_that_pile_up_beside_a_significant_total_are_warned_of():
    (warning,) = shared_guess_warnings(build_result(table_4(), study_of()))
    assert warning.startswith("Wrong answers pile up between Electronic music and Heavy metal")
    assert "18.7% of studies in which nobody knew anything were significant at .05" in warning
    # Everybody gives one and the same wrong answer: errors pile up, but no test says that people know.
    assert not shared_guess_warnings(build_result(rows_of([(1, 0, 3, 2)] * 12), study_of()))
    # Errors that fall anywhere: each of the six pairs is swapped once.
    swaps = [(1, 0, 2, 3), (2, 1, 0, 3), (3, 1, 2, 0), (0, 2, 1, 3), (0, 3, 2, 1), (0, 1, 3, 2)]
    spread = build_result(rows_of([*swaps, *[(0, 1, 2, 3)] * 6]), study_of())
    assert spread["arms"]["a"]["answer"]["verdict"] == "above_chance"
    assert not shared_guess_warnings(spread)


def test_an_interval_down_to_chance_beside_a_small_p_is_said():
    # Three people know everything on three boards each, nine match none or one of four.
    rows = rows_of(
        [(0, 1, 2, 3)] * 9 + [(0, 2, 3, 1), (1, 2, 3, 0), (2, 1, 3, 0)] * 9,
        blocks=3,
    )
    result = build_result(rows, study_of())
    whole = result["arms"]["a"]["overall"]
    assert whole["p_value"] <= 0.05
    assert whole["ci_low"] <= 0.25
    assert "It reaches down to chance: some of these people did more" in result["arms"]["a"]["answer"]["sentences"][1]
    clear = build_result(table_4(), study_of())["arms"]["a"]
    assert "reaches down to chance" not in " ".join(clear["answer"]["sentences"])


def test_tables_say_that_names_change_within_each_participant():
    answers = [(0, 2, 1)] * 8 + [(0, 1, 2)] * 4
    first = rows_of(answers, FOUR[:3]).assign(block="1")
    second = rows_of(answers, FOUR[1:]).assign(block="2")
    page = render.markdown(build_result(pd.concat([first, second], ignore_index=True), study_of()))
    assert "count as independent" not in page
    assert "p exchanges the two names within each participant" in page
    alone = render.markdown(build_result(table_4(), study_of()))
    assert "p exchanges the two names" not in alone


def test_fewer_right_than_guessing_gives_is_said():
    wrong = build_result(rows_of([(1, 0, 3, 2)] * 6), study_of())["arms"]["a"]
    # (9/24)^6: nobody has one right.
    assert wrong["overall"]["p_two_sided"] == pytest.approx((9 / 24) ** 6 + tail_of_rare_totals(wrong), rel=1e-9)
    assert "images were chosen with some system" in wrong["answer"]["sentences"][1]
    few = build_result(rows_of([(1, 0, 3, 2), (0, 2, 3, 1)]), study_of())["arms"]["a"]
    assert "some system" not in " ".join(few["answer"]["sentences"])


def tail_of_rare_totals(arm):
    pmf = matching_pmf([(4, 4)] * 6)
    return sum(p for total, p in enumerate(pmf) if total and p <= pmf[arm["overall"]["correct"]])
