from analysis.render.parts import Heading, KeyFigures
from analysis.render.sections.answers.arm import SECTION
from analysis.results import build_result
from tests.analysis.scopes import plain_result, shown, two_arms, words
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4


def test_the_first_numbers_are_those_of_the_document():
    (found,) = shown(SECTION, plain_result(), "a", KeyFigures)
    assert {name: value for name, value, _ in found.entries} == {
        "Participants": "12", "Correct matches": "38 of 48", "95% interval": "62.8–95.5%", "Expected at random": "12",
        "Level if all were alike (theta)": "56.8%", "Exact p": "6.31 × 10⁻¹⁰",
    }  # fmt: skip
    assert found.entries[3][2] == "sd 3.46; significant at .05 from 19"


def test_an_arm_is_named_where_there_are_several():
    assert [part.text for part in shown(SECTION, plain_result(), "a", Heading)] == ["Results"]
    (heading,) = shown(SECTION, two_arms(), "a", Heading)
    assert (heading.text, heading.anchor) == ("Arm “a”", "arm-2")
    assert words(SECTION, plain_result()).startswith("Stimulus set “set-a”, made by a Musipainter model, checkpoint")


def test_an_arm_without_answers_says_so():
    result = build_result(table_4(), study_of(arms=("a", "b")))
    assert words(SECTION, result, "b").endswith(result["arms"]["b"]["overall"]["reason"])


def control(**recognition):
    study = study_of()
    study["arms"]["a"] |= {"source": "shuffled"} | recognition
    return build_result(table_4(), study)


def test_what_a_perfect_recogniser_scores_in_a_control_is_stated():
    balanced = control(recognition={"right": 3, "images": 12, "boards": 3})
    said = "matches 3 of 12 images over its 3 boards (25.0%; chance 25.0%): as by chance."
    assert said in words(SECTION, balanced)
    assert not any("recognises" in text for text in balanced["warnings"])
    earlier = control(recognition={"right": 1, "images": 12, "boards": 3})
    assert "matches 1 of 12 images over its 3 boards (8.3%; chance 25.0%): not as by chance." in words(SECTION, earlier)
    (warned,) = [text for text in earlier["warnings"] if "recognises" in text]
    assert warned.endswith(
        "matches 1 of 12 images over its 3 boards (8.3%), where chance is 25.0%: compare with that rate."
    )
    assert "study.json does not say: export the study anew." in words(SECTION, control())
