"""The numbers of a plan as its page shows them."""

from typing import Any


def describe_numbers(document: dict[str, Any], arms: int) -> list[tuple[str, str, str]]:
    """The plan's numbers as (what, all matches, a single category)."""
    total, category = document["total"], document["category"]

    def people(part: dict[str, Any]) -> str:
        if "power" not in part:
            return "–"
        first, safe = part["first_participants"], part["safe_participants"]
        if first is None:
            return "more than 2,000"
        found = f"{first} / {'more than 2,000' if safe is None else safe}"
        return found if arms == 1 or safe is None else f"{found} ({arms * safe} in {arms} arms)"

    rows = [
        ("Answers", f"{total['answers']}", f"{category['answers']}"),
        ("Right by chance", f"{total['expected_by_chance']:g}", f"{category['answers'] * category['chance']:g}"),
        ("Significant from", _or_dash(total["critical_total"]), _or_dash(category["critical_count"])),
        ("Level that this keeps to", _share(document["design"]["alpha"]), _share(category["alpha"])),
        ("True size of the test", _share(total["true_size"]), "–"),
        (
            "Smallest effect seen with the power aimed for",
            "–" if total["smallest_theta"] is None else f"theta {total['smallest_theta']:.3f}",
            "–" if category["smallest_share"] is None else f"share {category['smallest_share']:.3f}",
        ),
    ]
    if "power" in total or "power" in category:
        rows.append(("Power for the assumed effect", _power(total), _power(category)))
        rows.append(("Participants needed: first / safe", people(total), people(category)))
    if "sequential" in document:
        rows += _sequential_rows(document["sequential"])
    return rows


def _sequential_rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """When a study stops that may be looked at after every participant."""
    median = "more than 2,000" if found["median"] is None else f"{found['median']}"
    return [
        (f"Stopping at an e-value of {found['threshold']:g}: half of the studies by", f"{median} participants", "–"),
        (f"The same, with {found['maximum']} participants at most: mean", f"{found['expected']:.1f} participants", "–"),
        ("Power of that", f"{100 * found['power']:.1f}%", "–"),
    ]


def _or_dash(value: int | None) -> str:
    return "not reached" if value is None else f"{value} right"


def _share(value: float) -> str:
    return f"{100 * value:.3g}%"


def _power(part: dict[str, Any]) -> str:
    return f"{100 * part['power']:.1f}%" if "power" in part else "–"
