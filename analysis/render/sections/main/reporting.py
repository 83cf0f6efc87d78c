"""Section: what was planned beside what came of it, and the items that reports of human evaluations owe."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.prose import Texts
from analysis.render.parts import Parts, Table
from analysis.render.sections.main.summary import question_of
from analysis.render.sections.section import Scope, Section, has_any_answers
from analysis.results import Result

say = Texts("sections/methods")
# What stands where the data do not hold an item.
BLANK = "not in the data: ________"


def _parts(scope: Scope) -> Parts:
    yield _planned(scope.result)
    yield _items(scope)


def _planned(result: Result) -> Table:
    """Every declaration beside what came of it; what differs says so."""
    study, source = result["study"], result["provenance"]
    plan: Mapping[str, Any] = study.get("planned") or {}
    design: Mapping[str, Any] = plan.get("design") or {}
    arms = result["arms"].values()
    question, declared = question_of(result)
    people = ", ".join(f"{arm['n_participants']:,}" for arm in arms)
    boards = sorted({arm["blocks_per_participant"][end] or 0 for arm in arms for end in ("min", "max")})
    spread = f"{boards[0]}" if len(set(boards)) == 1 else f"{boards[0]} to {boards[-1]}"
    planned_people = _words(design.get("participants"))
    asked = study["trials_per_session"] or design.get("trials")
    fewer = design.get("participants") and any(arm["n_participants"] < design["participants"] for arm in arms)
    rows = [
        ["Primary question", question if declared else "none declared", question],
        ["Participants in each arm", planned_people, f"{people}{'; fewer than planned' if fewer else ''}"],
        ["Boards of a participant", _words(asked), spread],
        ["Effect to be seen", _effect(plan), "see the interval of the share"],
        ["Exclusion rules", _rules(result, declared=True), _rules(result, declared=False)],
        ["Design", source["design_hash"][:12] if source["design_hash"] else "no hash", _intact(result)],
    ]
    accepted = [str(entry.get("detail")) for entry in study["log"] if entry["action"] == "accepted"]
    if accepted:
        rows.append(["Warnings at opening", "none", f"{len(accepted)} accepted: see Appendix D"])
    return Table(
        say("planned"), ["What", "Planned", "Actual"], rows, words=(1, 2), label="Planned against actual"
    )  # fmt: skip


def _words(value: Any) -> str:
    return "not planned" if value is None else str(value)


def _effect(plan: Mapping[str, Any]) -> str:
    total: Mapping[str, Any] = plan.get("total") or {}
    least = total.get("smallest_theta")
    return "not planned" if least is None else f"theta {wording.unit(least)} with the power planned"


def _rules(result: Result, *, declared: bool) -> str:
    rules = result["excluded"]["rules"]
    if declared:
        return wording.listing([rule["rule"].replace("_", " ") for rule in rules if rule["declared"]])
    out = sum(rule["n"] for rule in rules)
    undeclared = [rule["rule"] for rule in rules if not rule["declared"]]
    more = f"; not declared: {wording.listing(undeclared)}" if undeclared else ""
    return f"{wording.plural(out, 'session')} left out{more}"


def _intact(result: Result) -> str:
    changed = any(text.startswith("The design was changed after") for text in result["warnings"])
    return "changed after opening" if changed else "as declared" if result["provenance"]["design_hash"] else "unknown"


def _items(scope: Scope) -> Table:
    """The items of Otani et al. (CVPR 2023), filled from the document; blanks are named."""
    result = scope.result
    rows = [[name, value or BLANK] for name, value in _filled(scope).items()]
    head = ["Item", "In this study" if not result["study"]["simulated"] else "In this study (simulated)"]
    return Table(say("reporting"), head, rows, words=(1,), label="Reporting items")


def _filled(scope: Scope) -> dict[str, str]:
    result = scope.result
    arms, study = result["arms"], result["study"]
    size = next(iter(arms.values()))["board"]
    attention = study.get("attention_boards")
    checks = [
        *(["headphone screening"] if study.get("headphone_check") not in (None, "off") else []),
        *([wording.plural(attention, "attention board")] if attention else []),
        *([f"listening rule “{study['listening_rule']}”"] * bool(study["listening_rule"])),
        *[rule["rule"].replace("_", " ") for rule in result["excluded"]["rules"] if rule["declared"]],
    ]
    alphas = [(name, arm["agreement"]["krippendorff"]) for name, arm in arms.items()]
    agreement = "; ".join(f"{name}: {wording.unit(value)}" for name, value in alphas if value is not None)
    rules = dict.fromkeys(arm["images"]["rule"] for arm in arms.values() if arm["images"])
    chosen = [arm for arm in arms.values() if arm["pictures"]]
    each = [f"{arm['n_answers'] / len(arm['pictures']):.1f}" for arm in chosen]
    design = "one-to-one matching" if result["design"] == "one_to_one" else "free matching"
    task = f"{design}, {size} clips and pictures a board" if size else design
    return {
        "Question as asked": _instruction(study),
        "Interface and kind of rating": task,
        "Language": study.get("language") or "",
        "Number of raters": ", ".join(f"{name} {arm['n_participants']:,}" for name, arm in arms.items()),
        "Number of items": ", ".join(
            f"{name} {len(arm['pictures']) or '?'} pictures, {arm['n_clips'] or '?'} clips"
            for name, arm in arms.items()
        ),
        "Ratings of an item": f"{', '.join(each)} choices of a picture on average" if each else "",
        "How items were chosen": _material(result),
        "How shown pictures were chosen": " ".join(rules),
        "Recruitment and platform": "",
        "Qualification of raters": "",
        "Pay": "",
        "Ethics approval": "",
        "Quality control": wording.listing(checks) if checks else "none declared",
        "Agreement (Krippendorff's alpha)": agreement,
        "Statistical test": next(iter(arms.values()))["overall"]["method"],
        "Raw ratings": "responses.csv, sha256 " + _digest(result) if _digest(result) else "",
    }


def _instruction(study: Mapping[str, Any]) -> str:
    """The first words of the instruction, without marks of Markdown; the whole stands in study.json."""
    words = " ".join(
        line for line in (study.get("instruction") or "").splitlines() if line and not line.startswith("#")
    )
    return f"“{words[:160].rsplit(' ', 1)[0]} …” (study.json)" if len(words) > 160 else f"“{words}”" if words else ""


def _digest(result: Result) -> str:
    return next(
        (digest[:12] + "…" for name, digest in result["provenance"]["sources"].items() if "responses" in name), ""
    )


def _material(result: Result) -> str:
    """How the stimulus sets were asked for, where their settings say so."""
    found = []
    for name, facts in result["provenance"]["stimulus_sets"].items():
        settings: Mapping[str, Any] = facts["settings"] or {}
        request: Mapping[str, Any] = settings.get("request") or {}
        parts = [
            *([f"splits {wording.listing(request['splits'])}"] if request.get("splits") else []),
            *([f"seed {request['seed']}"] if request.get("seed") is not None else []),
            *([f"from “{settings['parent']}”, seed {settings.get('seed')}"] if settings.get("parent") else []),
        ]
        found += [f"{name}: {facts['source']}, {', '.join(parts)}"] if parts else []
    return "; ".join(found)


SECTION = Section(_parts, chapter="7", shown=has_any_answers)
