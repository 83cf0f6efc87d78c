"""Numbers in words, the same in every format. APA style: no leading zero where a value cannot exceed 1.

A value that is not 0 is never written as 0 where that would be read as a finding: p-values, errors and shares then show
their first digits, or the bound that they stay below.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import floor, log10

NONE = "–"
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
# No data are known so well that a smaller p means more.
LEAST_P = 1e-12
# Most decimals before powers of ten are easier to read.
MOST_DECIMALS = 7
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(share: float | None, *, digits: int = 1) -> str:
    """0.7917 -> "79.2%"."""
    if share is None:
        return NONE
    text = f"{100 * share:.{digits}f}"
    if share == 0 or float(text) != 0:
        return f"{text}%"
    bound = f"{10**-digits:.{digits}f}%"
    return f"< {bound}" if share > 0 else f"> -{bound}"


def p_value(p: float | None) -> str:
    """APA: "p = .037", "p < .001"; the exact value stands in the result document."""
    if p is None:
        return "p not defined"
    return "p < .001" if p < 0.001 else f"p = {unit(p, digits=3)}"


def p_exact(p: float | None) -> str:
    """For tables: three digits down to .001, then powers of ten ("6.31 × 10⁻¹⁰") down to "< 1e-12"."""
    if p is None:
        return NONE
    if p < LEAST_P:
        return f"< {LEAST_P:.0e}"
    return power_of_ten(p, digits=2) if p < 0.001 else unit(p, digits=3)


def power_of_ten(value: float, *, digits: int) -> str:
    """6.31e-10 -> "6.31 × 10⁻¹⁰"."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"


def decimals(value: float, *, figures: int = 2) -> int:
    """Decimals that show so many significant figures of a value other than 0."""
    return max(0, figures - 1 - floor(log10(abs(value))))


def significant(value: float, *, figures: int = 2) -> str:
    """A small value with its first figures: "0.0041", "3.1 × 10⁻⁹"."""
    if value == 0:
        return "0"
    places = decimals(value, figures=figures)
    return f"{value:.{places}f}" if places <= MOST_DECIMALS else power_of_ten(value, digits=figures - 1)


def shows_nothing(value: float, text: str) -> bool:
    """Whether a value other than 0 is written as 0."""
    return value != 0 and not any(digit in text for digit in "123456789")


def with_error(value: float | None, error: float | None, show: Callable[[float | None], str]) -> str:
    """ "57.79 ± 7.95"; both get more decimals where those of the value show no error. Without an error: the value."""
    text = show(value)
    if value is None or error is None:
        return text
    if "×" in text:
        return f"{text} ± {significant(error)}"
    if not shows_nothing(error, f"{error:.{len(text.partition('.')[2])}f}"):
        return f"{text} ± {show(error)}"
    places = decimals(error)
    return f"{value:.{places}f} ± {error:.{places}f}" if places <= MOST_DECIMALS else f"{text} ± {significant(error)}"


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
    """A similarity score or its standard error, two digits: 50.15; 0.0041 where these would show nothing."""
    if score is None:
        return NONE
    text = f"{score:.2f}"
    return significant(score) if shows_nothing(score, text) else text


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
