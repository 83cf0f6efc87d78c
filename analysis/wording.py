"""Numbers in words, the same in every format. APA style: no leading zero where a value cannot exceed 1."""

from collections.abc import Sequence
from datetime import UTC, datetime

NONE = "–"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(share: float | None, *, digits: int = 1) -> str:
    """0.7917 -> "79.2%"."""
    return NONE if share is None else f"{100 * share:.{digits}f}%"


def p_value(p: float | None) -> str:
    """APA: "p = .037", "p < .001"; the exact value stands in the result document."""
    if p is None:
        return "p not defined"
    return "p < .001" if p < 0.001 else f"p = {unit(p, digits=3)}"


def p_exact(p: float | None) -> str:
    """For tables: three digits down to .001, then powers of ten ("6.31 × 10⁻¹⁰")."""
    if p is None:
        return NONE
    if p == 0:
        return "< 10⁻³⁰⁰"
    if p < 0.001:
        mantissa, exponent = f"{p:.2e}".split("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return unit(p, digits=3)


def unit(value: float | None, *, digits: int = 2) -> str:
    """A value that lies between -1 and 1, without the leading zero: .58, -.13, 1.00."""
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def number(value: float | None, *, digits: int = 2) -> str:
    """A plain number without superfluous zeros: 12, 8.5."""
    if value is None:
        return NONE
    value = round(value, digits) + 0.0  # a little less than nothing is nothing, not -0
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def interval(low: float | None, high: float | None, *, digits: int = 2) -> str:
    """APA interval of shares: "[.38, .76]"."""
    return NONE if low is None or high is None else f"[{unit(low, digits=digits)}, {unit(high, digits=digits)}]"


def points(score: float | None) -> str:
    """A similarity score or its standard error, two digits: 50.15."""
    return NONE if score is None else f"{score:.2f}"


def points_interval(low: float | None, high: float | None) -> str:
    """Interval of a similarity score: "[50.02, 50.28]"."""
    return NONE if low is None or high is None else f"[{points(low)}, {points(high)}]"


def percent_interval(low: float | None, high: float | None) -> str:
    """Interval of shares in percent: "[66.7%, 91.7%]"."""
    return NONE if low is None or high is None else f"[{percent(low)}, {percent(high)}]"


def percent_range(low: float | None, high: float | None) -> str:
    """Interval of shares as a range: "66.7–91.7%"."""
    return NONE if low is None or high is None else f"{percent(low).removesuffix('%')}–{percent(high)}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """ "1 participant", "12 participants"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listing(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else "none"


def moment(iso: str | None) -> str:
    """A stored UTC time for reading: "2 January 2026, 11:00 UTC"; text that is no such time is given as it stands."""
    try:
        time = datetime.fromisoformat(iso or "")
    except ValueError:
        return iso or NONE
    if time.tzinfo is not None:
        time = time.astimezone(UTC)
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}, {time:%H:%M} UTC"
