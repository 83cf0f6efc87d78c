"""The answer in plain words: do people match the images to their music, and how sure is that?

Sentences are made from the numbers of the result document and stand in it, so that every format says the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.results.shape import Answer, ArmCore, KnownChance, Overall

say = Texts("sentences")

LEVEL = 0.05
# Category names are listed up to so many; beyond it they are counted.
MOST_LISTED = 6
WORDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def overall(whole: Overall, n_participants: int, board: int | None, clips: int | None) -> str:
    """APA sentence on all matches of an arm, of boards with so many images and clips (None: of different size)."""
    if whole["total"] == 0:
        return "Nobody has answered yet."
    who = "The participant" if n_participants == 1 else "Participants"
    found = say("overall", who=who, whole=whole)
    if whole["p_value"] is None:
        return f"{found}. {whole['reason']}"
    versus = "more than expected by chance" if whole["p_value"] <= LEVEL else "not more than chance would explain"
    size = "boards of different size"
    if board and clips:
        size = f"k = {board}" if board == clips else f"{wording.plural(clips, 'clip')} and {board} images a board"
    theta = whole["theta"]
    known = theta["theta"] is not None and theta["ci_low"] is not None
    test = say("overall test", whole=whole, n=n_participants, size=size)
    return f"{found}, {versus} ({test}){'; ' + say('theta', theta=theta) if known else ''}."


def answer(arm: ArmCore, categories: Sequence[str], left: Sequence[KnownChance]) -> Answer:
    """Verdict (`above_chance`, `not_shown` or `open`) and sentences for one arm."""
    whole = arm["overall"]
    if not whole["total"]:
        return {"verdict": "open", "sentences": ["It cannot be said: nobody has answered."]}
    if whole["p_value"] is None:
        return {"verdict": "open", "sentences": [f"It cannot be said: {_lower(whole['reason'])}"]}
    above = whole["p_value"] <= LEVEL
    paragraphs = [
        [_opening(arm, above=above)],
        [_sureness(arm), _knowledge(whole, above=above)],
        [_categories(arm, categories), _left(left, arm["n_participants"]), _pairs(arm), _scope(arm, categories)],
    ]
    sentences = [" ".join(filter(None, texts)) for texts in paragraphs]
    return {"verdict": "above_chance" if above else "not_shown", "sentences": [text for text in sentences if text]}


def of_a_program(found: Answer) -> Answer:
    """The answer where programs gave the answers: it says nothing about the images, whatever the numbers are."""
    first, *others = found["sentences"]
    warned = f"A trial with simulated participants, no finding about the images. {first}"
    return {"verdict": found["verdict"], "sentences": [warned, *others]}


def comparison(found: Mapping[str, Any], *, of: int = 1) -> str:
    """One sentence on two arms, with the test in APA form; `of` so many comparisons its p is Holm's over them."""
    a, b, difference = found["a"], found["b"], found["difference"]
    if found["p_value"] is None or difference is None:
        return f"{a} and {b} cannot be compared: {_lower(found['reason'])}"
    same, p = found["same_participants"], found["p_holm"] if of > 1 else found["p_value"]
    # Everything is said of the better arm less the other, as the words before the brackets say it.
    better, worse, sign = (a, b, 1) if difference >= 0 else (b, a, -1)
    ends = sorted(sign * end for end in (found["ci_low"], found["ci_high"]) if end is not None)
    who = say("same people" if same else "two groups", **found)
    details = [f"{found['method']}, {who}, {better} − {worse}: difference {wording.unit(abs(difference), digits=3)}"]
    if ends:
        details.append(f"95% CI {wording.interval(*ends, digits=3)}")
    details.append(f"two-sided {wording.p_value(p)}" + (f", Holm over {of} comparisons" if of > 1 else ""))
    for name, key in (("Cliff's delta", "cliffs_delta"), ("d_z", "d_z")):
        if found[key] is not None:
            details.append(f"{name} = {wording.unit(sign * found[key])}")
    size = f"{wording.number(100 * abs(difference), digits=1)} percentage points"
    ending = f" ({', '.join(details)})."
    if p <= LEVEL:
        return (
            f"With these pictures, participants matched on average {size} more with {better} than with {worse}{ending}"
        )
    if found["ci_low"] is not None and not found["ci_low"] <= 0 <= found["ci_high"]:
        ending += " " + say("interval leaves nothing out")
    seen = "apart" if difference == 0 else f"more with {better}, which chance allows"
    none = f"No difference between {a} and {b} is shown with these pictures"
    return f"{none}: participants matched on average {size} {seen}{ending}"


def drawn_anew(a: str, b: str, found: Mapping[str, Any], *, of: int = 1) -> str:
    """One sentence on two arms for pictures drawn anew from their models."""
    if found["p_value"] is None:
        return say("not anew", a=a, b=b, reason=_lower(found["reason"]))
    better, worse, sign = (a, b, 1) if found["difference"] >= 0 else (b, a, -1)
    low, high = sorted((sign * found["ci_low"], sign * found["ci_high"]))
    p = found["p_holm"] if of > 1 else found["p_value"]
    passage = "anew shared" if found["n_shared"] else "anew"
    return say(
        passage, better=better, worse=worse, difference=abs(found["difference"]), low=low, high=high, p=p,
        shown="" if p <= LEVEL else " " + say("anew open"), what="clips" if found["unit"] == "clip" else "pictures",
        n_a=found["n_a"], n_b=found["n_b"], n=found["n_shared"],
        holm=f", Holm over {of} comparisons" if of > 1 else "",
    )  # fmt: skip


def exclusions(kept: Mapping[str, ArmCore], everyone: Mapping[str, ArmCore] | None) -> list[str]:
    """What the answers of excluded sessions would change, one sentence per arm; empty where none was excluded."""
    found = []
    for name, arm in (everyone or {}).items():
        without, whole = kept[name]["overall"], arm["overall"]
        if whole["total"] and whole["total"] != without["total"]:
            same = _significant(without) == _significant(whole)
            conclusion = "the answer stays the same" if same else "the answer would change"
            where = f"{name}: with" if len(kept) > 1 else "With"
            found.append(say("exclusions", where=where, whole=whole, conclusion=conclusion))
    return found


def rarity(p: float) -> str:
    """How often, in words: "5.3% of studies", "1 of 71,000 studies", "1 of 1.6 billion studies"."""
    if p >= 0.01:
        return f"{wording.percent(min(p, 1.0))} of studies"
    if p < wording.LEAST_P:
        return "fewer than 1 of a trillion studies"
    odds = 1 / p
    for size, word in WORDS:
        if size <= odds < size * 1000:
            return f"1 of {_two_digits(odds / size)} {word} studies"
    return f"1 of {_two_digits(odds)} studies"


def _opening(arm: ArmCore, *, above: bool) -> str:
    whole = arm["overall"]
    share = (whole["expected"] or 0) / whole["total"]
    # What the choices give by themselves is not what guessing gives, where images have no clips or are favourites.
    even = arm["board"] is not None and abs(share - 1 / arm["board"]) < 1e-9
    counts = say("opening" if even else "opening renamed", n=arm["n_participants"], whole=whole, share=share)
    return f"Yes, more often than guessing explains: {counts}." if above else f"Not shown: {counts}."


def _sureness(arm: ArmCore) -> str:
    whole, chance = arm["overall"], (arm["overall"]["expected"] or 0) / arm["overall"]["total"]
    p, other = whole["p_value"] or 0, whole["p_two_sided"] or 0
    sentence = say("sureness", rarity=rarity(p), method=whole["method"])
    if whole["correct"] < (whole["expected"] or 0) and other <= LEVEL:
        sentence += " " + say("few right", p=other)
    if whole["ci_low"] is None:
        return sentence
    if arm["n_participants"] == 1:
        return f"{sentence} How others would do cannot be said from one participant."
    sentence += " " + say("people like these", whole=whole)
    return f"{sentence} {say('down to chance')}" if p <= LEVEL and whole["ci_low"] <= chance else sentence


def _knowledge(whole: Overall, *, above: bool) -> str:
    theta = whole["theta"]
    if theta["theta"] is None or theta["ci_high"] is None or (above and theta["theta"] >= 1):
        return ""
    return say("knowledge" if above else "no proof", theta=theta)


def _categories(arm: ArmCore, categories: Sequence[str]) -> str:
    found = {name: arm["categories"][name]["p_holm"] for name in categories}
    tested = {name: p for name, p in found.items() if p is not None}
    if len(tested) < 2:
        return ""
    above = [name for name, p in tested.items() if p <= LEVEL]
    rest = [name for name in tested if name not in above]
    corrected = f"corrected for looking at {len(tested)} (Holm)"
    if not rest:
        return f"{'Both' if len(tested) == 2 else f'All {len(tested)}'} categories lie above chance, {corrected}."
    if not above:
        return f"No single category lies above chance, {corrected}."
    verb = "lies" if len(above) == 1 else "lie"
    return f"{_named(above)} {verb} above chance, {corrected}; this is not shown for {_named(rest, 'the others')}."


def _left(rows: Sequence[KnownChance], n: int) -> str:
    """The warning that a share above the usual chance may be all that knowing the other categories leaves."""
    weak = [row for row in rows if row["p_two_sided"] > LEVEL]
    if not weak:
        return ""
    many = len(weak) > 1
    counts = {f"{row['correct']} of {row['n']}" for row in weak}
    evidence = "their shares are no evidence of more"
    p = f"smallest {wording.p_value(min(row['p_two_sided'] for row in weak))}"
    if len(counts) == 1:
        evidence = f"{counts.pop()}{' for each' if many else ''} is no evidence of more"
        p = wording.p_value(weak[0]["p_two_sided"])
    names = _named([row["category"] for row in weak])
    need, known = "need" if many else "needs", _named(weak[0]["known"])
    return say(
        "chance left", names=names, need=need, n=n, known=known, chance=weak[0]["chance"], evidence=evidence, p=p
    )


def _pairs(arm: ArmCore) -> str:
    tested = [pair for pair in arm["pairs"] if pair["p_holm"] is not None]
    wrong = arm["overall"]["total"] - arm["overall"]["correct"]
    clear = sorted((pair for pair in tested if (pair["p_holm"] or 0) <= LEVEL), key=lambda pair: pair["p_value"] or 0)
    if not clear or not wrong:
        return ""
    first, others = clear[0], len(clear) - 1
    of = "all" if first["errors"] == wrong else f"{first['errors']} of"
    more = f"; {others} more {'pair stands' if others == 1 else 'pairs stand'} out" if others else ""
    return say("pairs", first=first, of=of, wrong=wrong, n=len(tested), more=more)


def _scope(arm: ArmCore, categories: Sequence[str]) -> str:
    if not arm["n_clips"] or arm["n_clips"] > len(categories):
        return ""
    return say("scope")


def _named(names: Sequence[str], others: str | None = None) -> str:
    return wording.listing(list(names)) if len(names) <= MOST_LISTED else others or f"{len(names)} categories"


def _significant(whole: Overall) -> bool:
    return whole["p_value"] is not None and whole["p_value"] <= LEVEL


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.10g}"


def _lower(text: str) -> str:
    """A sentence to go on after a colon; names in capitals stay."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
