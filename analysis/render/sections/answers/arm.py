"""Section: what an arm showed, and its few numbers to read first."""

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Heading, KeyFigures, Paragraph, Parts
from analysis.render.sections.answers.chance import INTERVAL_WORDS
from analysis.render.sections.section import Scope, Section
from analysis.results import Arm

say = Texts("sections/arm")

SOURCE_WORDS = {
    "musipainter": "made by a Musipainter model",
    "label-prompt": "made from the label's text alone, without music",
    "retrieval": "artworks retrieved, not generated",
    "shuffled": "a control: another set's images with shuffled categories",
    "imported": "made elsewhere and imported",
}


def _parts(scope: Scope) -> Parts:
    arm = scope.arm
    yield Heading(2, f"Arm “{scope.name}”" if scope.several else "Results", anchor=f"arm-{scope.number}")
    if source := _source_words(arm):
        yield Paragraph(f"{source}.", "quiet")
    if arm["source"] == "shuffled":
        yield Paragraph(_recognition_words(arm), "quiet")
    yield KeyFigures(_key_figures(arm))
    if not arm["n_answers"]:
        yield Paragraph(arm["overall"]["reason"] or "No answers yet.")


def _source_words(arm: Arm) -> str:
    words = []
    if arm["stimulus_set"]:
        made = SOURCE_WORDS.get(arm["source"] or "", arm["source"] or "")
        words.append(f"Stimulus set “{arm['stimulus_set']}”" + (f", {made}" if made else ""))
    if arm["checkpoint"]:
        words.append(f"checkpoint “{arm['checkpoint']['name']}” (preset {arm['checkpoint']['preset']})")
    if arm["dataset"]:
        words.append(f"dataset “{arm['dataset']['name']}”")
    return ", ".join(words)


def _recognition_words(arm: Arm) -> str:
    """What somebody scores in a control who recognises the music behind every image."""
    found = arm.get("recognition")
    if not found:
        return say("not recorded")
    balanced = "as by chance" if found["right"] == found["boards"] else "not as by chance"
    return say("recogniser", found=found, balanced=balanced)


def _key_figures(arm: Arm) -> list[tuple[str, str, str]]:
    whole, law, theta = arm["overall"], arm["overall"]["null"], arm["overall"]["theta"]
    counts = f"{wording.plural(arm['n_blocks'], 'board')}, {wording.plural(arm['n_answers'], 'answer')}"
    random = ""
    if law:
        least = law["critical"]["0.05"]
        level = f"significant at .05 from {least}" if least <= law["max"] else "no total is significant at .05"
        random = f"sd {wording.number(law['sd'])}; {level}"
    between = f"95% {wording.percent_range(theta['ci_low'], theta['ci_high'])}"
    return [
        ("Participants", f"{arm['n_participants']:,}", counts),
        ("Correct matches", f"{whole['correct']:,} of {whole['total']:,}", wording.percent(whole["rate"])),
        ("95% interval", wording.percent_range(whole["ci_low"], whole["ci_high"]), INTERVAL_WORDS[whole["ci_method"]]),
        ("Expected at random", wording.number(whole["expected"]), random),
        (
            "Level if all were alike (theta)",
            wording.percent(theta["theta"]),
            theta["reason"] if theta["theta"] is None else between,
        ),
        ("Exact p", wording.p_exact(whole["p_value"]), f"{whole['method']}, one-sided"),
    ]


SECTION = Section(_parts, per_arm=True)
