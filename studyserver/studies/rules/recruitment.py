"""Ids that recruitment services put into a study's link: which of them name one person, and which can be guessed."""

import math
import re
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import unquote

LONGEST_ID = 200
UNGUESSABLE_BITS = 80

TEMPLATE_SIGNS = frozenset("{}[]<>$|*\\`")
"""Signs of what was to be filled in, in one service or another; no id has them."""

# What stands in a link that nobody filled in, without regard to case and to anything but letters and digits.
NOBODY = frozenset({
    "undefined", "null", "none", "nil", "nan", "na", "nothing", "notavailable", "idnotavailable", "unknown",
    "anonymous", "anon", "test", "testing", "example", "sample", "placeholder", "true", "false", "object",
    "objectobject", "id", "pid", "uid", "user", "userid", "username", "name", "email", "yourid", "youridhere",
    "insertid", "insertidhere", "enteridhere", "prolificpid", "prolificid", "participant", "participantid",
    "participantnumber", "subject", "subjectid", "worker", "workerid", "respondent", "respondentid", "studyid",
    "sessionid", "externalid", "assignmentidnotavailable",
})  # fmt: skip


@dataclass(frozen=True)
class ServiceLink:
    """What a study's link says beside the person's id: the service's own ids, and whether a researcher signed it."""

    study: str = ""
    session: str = ""
    signed: bool = False


def tidy_id(text: str) -> str:
    """An id without blanks around it, its letters composed; case is kept, since services tell ids apart by it."""
    return normalize("NFC", text.strip())


def names_one_person(value: str) -> bool:
    """Whether an id (not empty) can be one person's: no placeholder, no word for nobody, nothing damaged."""
    if len(value) > LONGEST_ID or not value.isprintable():
        return False
    forms = [value, unquote(value), unquote(unquote(value))]  # services encode what stands in a link once or twice
    return not any(_is_placeholder(form) for form in forms)


def _is_placeholder(text: str) -> bool:
    signs = "".join(sign for sign in normalize("NFKC", text).casefold() if sign.isalnum())
    return (
        bool(TEMPLATE_SIGNS & set(text))
        or (text.startswith("%") and text.endswith("%"))
        or re.fullmatch(r"-\d+", text) is not None
        or re.fullmatch(r"x{2,}|0{8,}|", signs) is not None
        or signs in NOBODY
    )


def guess_bits(value: str) -> float:
    """How hard an id is to guess, in bits, and rather too few than too many.

    Hexadecimal digits (a panel's ids, UUIDs) count four bits each where enough different ones are there. Elsewhere
    digits and short runs of letters count as if drawn at random, and four letters or more together as one common word.
    """
    digits = value.replace("-", "").lower()
    if re.fullmatch(r"[0-9a-f]+", digits) and not digits.isdecimal() and len(set(digits)) >= MANY_DIGITS:
        return 4.0 * len(digits)
    runs = re.findall(r"[0-9]+|[a-z]+|[A-Z]+", value)
    return sum(_bits_of_run(run) for run in runs)


MANY_DIGITS = 7
WORD_LETTERS, WORD_BITS = 4, 11.0


def _bits_of_run(run: str) -> float:
    if run.isdecimal():
        return math.log2(10) * len(run) if len(set(run)) > 1 else math.log2(10)
    return math.log2(26) * len(run) if len(run) < WORD_LETTERS else WORD_BITS
