"""Section: methods and results in paragraphs ready to paste, each number from the document."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Heading, Paragraph, Parts
from analysis.render.sections.main import numbers
from analysis.render.sections.section import Scope, Section, has_any_answers
from analysis.results import Result

say = Texts("sections/methods")


def _parts(scope: Scope) -> Parts:
    result = scope.result
    yield Heading(2, "Methods, to paste")
    yield Paragraph(" ".join(filter(None, _methods(scope))))
    yield Heading(2, "Results, to paste")
    yield Paragraph(" ".join(filter(None, _results(result))))


def _methods(scope: Scope) -> list[str]:
    result = scope.result
    arms, study = result["arms"], result["study"]
    people = sum(arm["n_participants"] for arm in arms.values())
    first = next(iter(arms.values()))
    sizes = {arm["board"] for arm in arms.values()}
    k = sizes.pop() if len(sizes) == 1 else None
    low, high = (first["blocks_per_participant"][end] for end in ("min", "max"))
    boards = wording.plural(low, "board") if low == high and low is not None else f"{low} to {high} boards"
    groups = say("groups", names=[f"“{name}” (N = {arm['n_participants']:,})" for name, arm in arms.items()])
    return [
        say("people" if not study["simulated"] else "people simulated", n=people),
        say(result["design"], boards=boards, k=k if k is not None else "several", categories=len(scope.categories)),
        _listening(study),
        groups if len(arms) > 1 else "",
        say("orders", seed=study["seed"]) if study["seed"] is not None else say("orders unknown"),
        say("test", method=first["overall"]["method"], interval=_interval_words(first["overall"]["ci_method"])),
        _comparison(result),
        _metrics(result),
        _left_out(result),
        say("software", version=result["provenance"]["analysed_with"].get("paragone", "of unknown version")),
    ]


def _listening(study: Mapping[str, Any]) -> str:
    if study["listening_rule"] == "seconds" and study["min_listen_s"] is not None:
        return say("listening", seconds=study["min_listen_s"])
    return say("listening full") if study["listening_rule"] == "full" else ""


def _interval_words(method: str) -> str:
    return method.replace("_", " ")


def _comparison(result: Result) -> str:
    pair = numbers.comparison_of(result)
    if not pair or pair["p_value"] is None:
        return ""
    return say("comparison", method=pair["method"], interval=pair["ci_method"].replace("_", " "))


def _metrics(result: Result) -> str:
    arms = list(result["arms"].values())
    space = numbers.space_of(arms)
    if not space:
        return ""
    images = ", ".join(str(arm["metrics"]["n_images"]) for arm in arms if arm["metrics"])
    name = numbers.distance_name(arms)
    also = say("distance", name=name) if name else ""
    return f"{say('metrics', space=space, images=images)} {also}".strip()


def _left_out(result: Result) -> str:
    rules = result["excluded"]["rules"]
    if not rules:
        return say("no rules")
    return say("rules", rules=[f"{rule['rule'].replace('_', ' ')} ({rule['n']})" for rule in rules])


def _results(result: Result) -> list[str]:
    several = len(result["arms"]) > 1
    found = []
    for name, arm in result["arms"].items():
        found.append(f"With “{name}”: {arm['sentence']}" if several else arm["sentence"])
    for comparison in result["comparisons"]:
        found.append(comparison["sentence"])
        second = numbers.anew(comparison)
        found.append(str(second["sentence"]) if second and second.get("sentence") else "")
    for name, arm in result["arms"].items():
        known = {key: one for key, one in numbers.scores(arm["metrics"]).items() if one}
        if known:
            words = wording.listing([f"{key} {_score(one)}" for key, one in known.items()])
            owner = f"“{name}”" if several else "the pictures"
            found.append(say("scores", owner=owner, words=words))
    return found


def _score(found: Mapping[str, Any]) -> str:
    between = wording.points_interval(found.get("ci_low"), found.get("ci_high"))
    ends = f", 95% CI {between}" if between != wording.NONE else ""
    return f"= {wording.points(found['score'])}{ends}"


SECTION = Section(_parts, chapter="7", shown=has_any_answers)
