"""What a text says of a study, against what the study does: sentences that contradict the design. Pure.

Only plain English statements are understood. What is not understood is not refused.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from studyserver.studies.design.texts import Outline

WORDS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
NUMBERS = {word: str(number) for number, word in enumerate(WORDS, start=2)}
NUMBER = rf"\d+|{'|'.join(NUMBERS)}"
IMAGE = r"(?:image|picture|painting)s?"
DENIED = re.compile(r"\b(no|not|never|none|nor|neither|without|cannot|\w+n't)\b")
MINUTES = re.compile(r"\b(\d+)(?:\s*(?:-|\u2013|to|or)\s*(\d+))?[\s-]*min(?:ute)?s?\b")
OF_TIME = re.compile(r"\b(time|takes?|taking|lasts?|about|duration|long)\b")
TOO_FAR = 1.5
"""A time stated is refused from this many times the estimate on, up or down; what lies between is only mentioned."""
MINUTES_APART = 2


@dataclass(frozen=True)
class Promise:
    """A statement, by what it is made of, that a design may break; `denied` says that its denial is harmless."""

    says: str
    broken_by: Callable[[Outline], bool]
    because: str
    denied: bool = True


PROMISES = (
    Promise(
        rf"\b(each|every|all|any)\b.*\b{IMAGE}\b.*\b(once|one clip only|only one clip)\b(?! or\b)"
        rf"|\bno {IMAGE}\b.*\b(twice|again|more than once)\b|\btakes it (away )?from\b",
        lambda design: not design.one_to_one,
        "in a free study an image may be chosen for several clips",
        denied=False,
    ),
    Promise(
        rf"\bsame {IMAGE}\b.*\b(several|more than one|two|many|again|another)\b"
        rf"|\b{IMAGE}\b.*\b(may|can|could)\b.*\b(again|more than once|several|twice|unused)\b|\bleave others unused\b",
        lambda design: design.one_to_one,
        "in a one-to-one study every image is used exactly once",
    ),
    Promise(
        r"\battention[ -](checks?|tests?)\b|\bchecks? that instructions are read\b",
        lambda design: not design.checks,
        "the study has no attention check",
    ),
    Promise(
        r"\bheadphone[ -](screening|checks?|tests?)\b",
        lambda design: not design.screened,
        "the study has no headphone screening",
    ),
    Promise(
        r"\bpractice (boards?|rounds?)\b|\bpractise first\b", lambda design: not design.practice, "there is no practice"
    ),
)
NEED_NOT = re.compile(r"\b(need not|not (need|have)|not every|not each|not all|\w+n't (need|have))\b")
ROUNDS = re.compile(rf"\b({NUMBER}) (?:rounds|trials|boards)\b|\b(1) (?:round|trial|board)\b")
SHOWN = re.compile(rf"\b({NUMBER}) (?:clips|pieces|sounds|{IMAGE})\b")
OF_A_ROUND = re.compile(
    r"\b(each|every|per|a) (round|trial|board|page|screen)\b|\brounds?, (each )?with\b|\bat a time\b"
)


def find_contradictions(text: str, design: Outline) -> Iterator[tuple[str, str]]:
    """(sentence, what speaks against it) for each sentence that is not true of the design."""
    for sentence in split_sentences(text):
        said = sentence.lower().replace("\u2019", "'")
        for promise in PROMISES:
            if promise.broken_by(design) and any(_is_made(promise, clause) for clause in said.split(";")):
                yield sentence, promise.because
        yield from ((sentence, because) for because in _wrong_numbers(said, design))


def _is_made(promise: Promise, clause: str) -> bool:
    """Whether a clause states it and does not deny it."""
    harmless = DENIED if promise.denied else NEED_NOT
    return bool(re.search(promise.says, clause)) and not harmless.search(clause)


def _wrong_numbers(said: str, design: Outline) -> Iterator[str]:
    """Rounds, clips and images that are counted otherwise."""
    if "practice" in said or "practise" in said:
        return
    rounds = {int(_digits(number)) for found in ROUNDS.finditer(said) if (number := found[1] or found[2])}
    if rounds and not rounds & {design.trials, design.trials + design.checks}:
        yield f"the study has {design.trials} rounds"
    shown = {int(_digits(found[1])) for found in SHOWN.finditer(said)}
    if OF_A_ROUND.search(said) and shown - {design.clips}:
        yield f"a round shows {design.clips} clips and {design.clips} images"


def _digits(number: str) -> str:
    return NUMBERS.get(number, number)


def split_sentences(text: str) -> list[str]:
    """The sentences of a Markdown text, without its marks."""
    plain = re.sub(r"[*_`#>]", "", text)
    pieces = (piece.strip(" -") for line in plain.splitlines() for piece in re.split(r"(?<=[.!?])\s+", line))
    return [piece for piece in pieces if piece]


def find_minutes(text: str) -> tuple[int, int] | None:
    """The shortest and longest time that a text says taking part takes, in minutes; None where it says none."""
    for sentence in split_sentences(text):
        if OF_TIME.search(sentence.lower()) and (found := MINUTES.search(sentence.lower())):
            least = int(found[1])
            return least, int(found[2] or least)
    return None


def is_far_off(stated: tuple[int, int], minutes: int) -> bool:
    """Whether a time stated contradicts the estimate instead of only differing from it."""
    least, most = stated
    short = most * TOO_FAR <= minutes and minutes - most >= MINUTES_APART
    return short or (least >= minutes * TOO_FAR and least - minutes >= MINUTES_APART)
