"""The numbers of a plan in words."""

from typing import Any

from studyserver.studies.admin.planner.numbers import describe_numbers


def document(**more: Any) -> dict[str, Any]:
    total = {"answers": 48, "expected_by_chance": 12.0, "critical_total": 18, "true_size": 0.04, "smallest_theta": 0.2}
    category = {"answers": 12, "chance": 0.25, "critical_count": None, "alpha": 0.0125, "smallest_share": None}
    return {"design": {"alpha": 0.05}, "total": total | more, "category": category}


def test_what_cannot_be_reached_is_said() -> None:
    rows = {what: (total, category) for what, total, category in describe_numbers(document(), 1)}
    assert rows["Right by chance"] == ("12", "3")
    assert rows["Significant from"] == ("18 right", "not reached")
    assert rows["Smallest effect seen with the power aimed for"] == ("theta 0.200", "–")
    assert "Power for the assumed effect" not in rows


def test_people_are_added_up_over_arms() -> None:
    asked = document(power=0.815, first_participants=9, safe_participants=11)
    assert describe_numbers(asked, 1)[-1] == ("Participants needed: first / safe", "9 / 11", "–")
    assert describe_numbers(asked, 2)[-1][1] == "9 / 11 (22 in 2 arms)"
    assert describe_numbers(asked, 1)[-2] == ("Power for the assumed effect", "81.5%", "–")
    none = document(power=0.1, first_participants=None, safe_participants=None)
    assert describe_numbers(none, 2)[-1][1] == "more than 2,000"


def test_when_a_study_stops_that_is_looked_at_is_told() -> None:
    found = {"threshold": 20.0, "median": 15, "maximum": 12, "expected": 10.31, "power": 0.4415}
    rows = describe_numbers(document() | {"sequential": found}, 1)[-3:]
    assert rows == [
        ("Stopping at an e-value of 20: half of the studies by", "15 participants", "–"),
        ("The same, with 12 participants at most: mean", "10.3 participants", "–"),
        ("Power of that", "44.1%", "–"),
    ]
    rows = describe_numbers(document() | {"sequential": found | {"median": None}}, 1)
    assert rows[-3][1] == "more than 2,000 participants"
