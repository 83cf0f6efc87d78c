"""The answer in plain words: do people match the images to their music, and how sure is that?

Sentences are made from the numbers of the result document and stand in it, so that every format says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import wording

LEVEL = 0.05
# Category names are listed up to so many; beyond it they are counted.
MOST_LISTED = 6
# p = 1 / odds is written out in words up to here; beyond it as a power of ten.
WORDS = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def answer(arm: Mapping[str, Any], categories: Sequence[str]) -> dict[str, Any]:
    """Verdict (`above_chance`, `not_shown` or `open`) and sentences for one arm."""
    whole = arm["overall"]
    if not whole["total"]:
        return {"verdict": "open", "sentences": ["Open: nobody has answered yet."]}
    if whole["p_value"] is None:
        return {"verdict": "open", "sentences": [f"It cannot be said: {_lower(whole['reason'])}"]}
    above = whole["p_value"] <= LEVEL
    paragraphs = [
        [_opening(arm, above=above)],
        [_sureness(arm), _knowledge(whole, above=above)],
        [_categories(arm, categories), *_left(arm), _pairs(arm), _scope(arm, categories)],
    ]
    sentences = [" ".join(filter(None, texts)) for texts in paragraphs]
    return {"verdict": "above_chance" if above else "not_shown", "sentences": [text for text in sentences if text]}


def of_a_program(found: Mapping[str, Any]) -> dict[str, Any]:
    """The answer where programs gave the answers: it says nothing about the images, whatever the numbers are."""
    first, *others = found["sentences"]
    return {
        **found,
        "sentences": [f"A trial with simulated participants, no finding about the images. {first}", *others],
    }


def comparison(found: Mapping[str, Any]) -> str:
    """One sentence on two arms, with the test in APA form."""
    a, b = found["a"], found["b"]
    if found["p_value"] is None or found["difference"] is None:
        return f"{a} and {b} cannot be compared: {_lower(found['reason'])}"
    if found["same_participants"]:
        who = f"the same {wording.plural(found['n_a'], 'participant')}"
    else:
        who = f"{found['n_a']} and {found['n_b']} participants"
    size = f"{wording.number(100 * abs(found['difference']), digits=1)} percentage points"
    details = [found["method"], who, f"difference {wording.unit(found['difference'], digits=3)}"]
    if found["ci_low"] is not None:
        details.append(f"95% CI {wording.interval(found['ci_low'], found['ci_high'], digits=3)}")
    details.append(f"two-sided {wording.p_value(found['p_value'])}")
    if found["cliffs_delta"] is not None:
        details.append(f"Cliff's delta = {wording.unit(found['cliffs_delta'])}")
    ending = f" ({', '.join(details)})."
    if found["p_value"] <= LEVEL:
        better, worse = (a, b) if found["difference"] > 0 else (b, a)
        return f"Participants matched {size} more with {better} than with {worse}{ending}"
    shown = f"No difference between {a} and {b} is shown: participants matched {size} "
    shown += (
        "apart" if found["difference"] == 0 else f"more with {a if found['difference'] > 0 else b}, which chance allows"
    )
    if found["ci_low"] is not None and not found["ci_low"] <= 0 <= found["ci_high"]:
        ending += (
            " The interval, of another method, leaves no difference out: with so few people the exact test counts."
        )
    return shown + ending


def exclusions(kept: Mapping[str, Any], everyone: Mapping[str, Any] | None) -> list[str]:
    """What the answers of excluded sessions would change, one sentence per arm; empty where none was excluded."""
    if everyone is None:
        return []
    found = []
    for name, arm in everyone.items():
        without, whole = kept[name]["overall"], arm["overall"]
        if not whole["total"] or whole["total"] == without["total"]:
            continue
        where = f"{name}: with" if len(kept) > 1 else "With"
        count = f"{whole['correct']} of {whole['total']} ({wording.percent(whole['rate'])})"
        same = _significant(without) == _significant(whole)
        conclusion = "the answer stays the same" if same else "the answer would change"
        found.append(
            f"{where} the excluded sessions counted, {count} are right ({wording.p_value(whole['p_value'])}): "
            f"{conclusion}."
        )
    return found


def rarity(p: float) -> str:
    """How often, in words: "5.3% of studies", "1 of 71,000 studies", "1 of 1.6 billion studies"."""
    if p >= 0.01:
        return f"{wording.percent(min(p, 1.0))} of studies"
    if p == 0:
        return "fewer than 1 of 10³⁰⁰ studies"
    odds = 1 / p
    for size, word in WORDS:
        if size <= odds < size * 1000:
            return f"1 of {_two_digits(odds / size)} {word} studies"
    if odds < 1e6:
        return f"1 of {_two_digits(odds)} studies"
    return f"1 of 10{str(int(f'{odds:.0e}'.split('e')[1])).translate(wording.SUPERSCRIPT)} studies"


def _opening(arm: Mapping[str, Any], *, above: bool) -> str:
    whole = arm["overall"]
    expected = f"{wording.number(whole['expected'], digits=1)} ({wording.percent(whole['expected'] / whole['total'])})"
    counts = (
        f"{wording.plural(arm['n_participants'], 'participant')} matched {whole['correct']:,} of "
        f"{wording.plural(whole['total'], 'clip')} correctly ({wording.percent(whole['rate'])}), and matching at "
        f"random gives {expected} on average"
    )
    return f"Yes, more often than guessing explains: {counts}." if above else f"Not shown: {counts}."


def _sureness(arm: Mapping[str, Any]) -> str:
    whole = arm["overall"]
    sentence = f"If everybody only guessed, so many or more would be right in {rarity(whole['p_value'])}"
    sentence += f" ({whole['method']}, one-sided)."
    if whole["correct"] < whole["expected"] and whole["p_two_sided"] <= LEVEL:
        sentence += (
            f" So few right would be rare by guessing, too (two-sided {wording.p_value(whole['p_two_sided'])}): the "
            f"wrong images were chosen with some system."
        )
    if whole["ci_low"] is None:
        return sentence
    between = wording.percent_interval(whole["ci_low"], whole["ci_high"])
    if arm["n_participants"] == 1:
        return f"{sentence} How others would do cannot be said from one participant."
    sentence += f" For people like these and these clips the share lies in {between} (95% interval)."
    if whole["p_value"] <= LEVEL and whole["ci_low"] <= whole["expected"] / whole["total"]:
        sentence += " It reaches down to chance: some of these people did more than guess, people in general may not."
    return sentence


def _knowledge(whole: Mapping[str, Any], *, above: bool) -> str:
    theta = whole["theta"]
    if theta["theta"] is None or theta["ci_high"] is None:
        return ""
    if not above:
        return (
            f"That is no proof that the images do not fit: participants may still truly know up to "
            f"{wording.percent(theta['ci_high'], digits=0)} of the clips."
        )
    if theta["theta"] >= 1:
        return ""
    between = wording.percent_interval(theta["ci_low"], theta["ci_high"])
    share = wording.percent(theta["theta"], digits=0)
    return (
        f"People who truly know {share} of the clips and guess the others do as well as this (95% interval {between})."
    )


def _categories(arm: Mapping[str, Any], categories: Sequence[str]) -> str:
    tested = [name for name in categories if arm["categories"][name]["p_holm"] is not None]
    if len(tested) < 2:
        return ""
    above = [name for name in tested if arm["categories"][name]["p_holm"] <= LEVEL]
    rest = [name for name in tested if name not in above]
    corrected = f"corrected for looking at {len(tested)} (Holm)"
    if not rest:
        return f"{'Both' if len(tested) == 2 else f'All {len(tested)}'} categories lie above chance, {corrected}."
    if not above:
        return f"No single category lies above chance, {corrected}."
    verb = "lies" if len(above) == 1 else "lie"
    return f"{_named(above)} {verb} above chance, {corrected}; this is not shown for {_named(rest, 'the others')}."


def _left(arm: Mapping[str, Any]) -> list[str]:
    """The warning that a share above the usual chance may be all that knowing the other categories leaves."""
    weak = [row for row in arm["conditional_chance"] if row["p_two_sided"] > LEVEL]
    if not weak:
        return []
    many = len(weak) > 1
    counts = {f"{row['correct']} of {row['n']}" for row in weak}
    if len(counts) == 1:
        evidence = f"{counts.pop()}{' for each' if many else ''} is no evidence of more"
        p = wording.p_value(weak[0]["p_two_sided"])
    else:
        evidence, p = "their shares are no evidence of more", f"smallest {wording.p_value(min(_twos(weak)))}"
    names, need = _named([row["category"] for row in weak]), "need" if many else "needs"
    return [
        f"{names} {need} care: everybody matched {_named(weak[0]['known'])}, so for what is left the chance is "
        f"{wording.percent(weak[0]['chance'], digits=0)}, and {evidence} ({p}, two-sided)."
    ]


def _twos(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    return [float(row["p_two_sided"]) for row in rows]


def _pairs(arm: Mapping[str, Any]) -> str:
    tested = [pair for pair in arm["pairs"] if pair["p_holm"] is not None]
    wrong = arm["overall"]["total"] - arm["overall"]["correct"]
    if not tested or not wrong:
        return ""
    clear = [pair for pair in tested if pair["p_holm"] <= LEVEL]
    if not clear:
        return ""
    first = min(clear, key=lambda pair: float(pair["p_value"]))
    of = "all" if first["errors"] == wrong else f"{first['errors']} of"
    errors = f"{of} {wording.plural(wrong, 'error')}"
    more = (
        f"; {len(clear) - 1} more {'pair stands' if len(clear) == 2 else 'pairs stand'} out" if len(clear) > 1 else ""
    )
    return (
        f"{first['a']} and {first['b']} were taken for each other: {errors} lie between them, more than errors falling "
        f"anywhere explain ({wording.p_value(first['p_holm'])} over {wording.plural(len(tested), 'pair')}, Holm){more}."
    )


def _scope(arm: Mapping[str, Any], categories: Sequence[str]) -> str:
    if not arm["n_clips"] or arm["n_clips"] > len(categories):
        return ""
    return "Every category was heard as one clip, so this speaks of these clips and not of whole genres."


def _named(names: Sequence[str], others: str | None = None) -> str:
    return wording.listing(list(names)) if len(names) <= MOST_LISTED else others or f"{len(names)} categories"


def _significant(whole: Mapping[str, Any]) -> bool:
    return whole["p_value"] is not None and whole["p_value"] <= LEVEL


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.10g}"


def _lower(text: str) -> str:
    """A sentence to go on after a colon; names in capitals stay."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
