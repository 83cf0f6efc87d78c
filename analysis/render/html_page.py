"""report.html: one file that loads nothing, works without script, prints, and can be read aloud."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis import wording
from analysis.render import figures, figures_more, fonts
from analysis.render.limits import limits_html
from analysis.render.web_fonts import font_face

DESIGN_WORDS = {
    "one_to_one": "One-to-one matching: every image is used exactly once.",
    "free": "Free matching: an image may be chosen for several clips.",
}
INTERVAL_WORDS = {
    "participant_bootstrap_exact": "participants resampled, exact percentiles",
    "participant_bootstrap": "participants resampled, percentiles of seeded draws",
    "clopper_pearson_participants": "Clopper-Pearson over participants",
    "none": "no answers",
}
SOURCE_WORDS = {
    "musipainter": "made by a Musipainter model",
    "label-prompt": "made from the label's text alone, without music",
    "retrieval": "artworks retrieved, not generated",
    "shuffled": "a control: another set's images with shuffled categories",
    "imported": "made elsewhere and imported",
}


MOST_NAMED_COLUMNS = 6
MOST_PAIRS = 10


def html(result: Mapping[str, Any]) -> str:
    """The report as one self-contained page."""
    labels = fonts.figure_labels(result["categories"])
    style, script = font_face(_text_of(result)) + template_text("report.css"), template_text("report.js")
    names = list(result["arms"])
    page = (
        make_environment()
        .get_template("report.html.j2")
        .render(
            result=_with_words(result),
            warnings=[*result["warnings"], *([labels.warning] if labels.warning else [])],
            key=labels.numbered,
            several=len(names) > 1,
            any_metrics=any(arm["metrics"] for arm in result["arms"].values()),
            figures={name: _figures(result["arms"][name], labels.texts, f"f{i}") for i, name in enumerate(names)},
            flow=figures_more.flow(result, name="flow"),
            wide_matrix=len(result["categories"]) > MOST_NAMED_COLUMNS,
            name_key="; ".join(f"{i + 1} {name}" for i, name in enumerate(result["categories"])),
            design_words=DESIGN_WORDS[result["design"]],
            interval_words=INTERVAL_WORDS,
            arm_title=lambda name: f"Arm “{name}”" if len(names) > 1 else "Results",
            provenance=provenance_rows(result),
            limits=limits_html(result),
            policy=page_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            giils_cell=_giils_cell,
            **{name: getattr(wording, name) for name in WORDS},
        )
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


WORDS = (
    "plural", "percent", "percent_interval", "percent_range", "number", "unit", "interval", "p_exact", "points",
    "points_interval", "moment", "listing",
)  # fmt: skip


def make_environment() -> Environment:
    """Templates with autoescape; a name that does not exist is an error, never an empty place."""
    return Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _figures(arm: Mapping[str, Any], labels: tuple[str, ...], name: str) -> dict[str, str | None]:
    if not arm["n_answers"]:
        return {}
    return {
        "confusion": figures.confusion(arm, labels, name=f"{name}-confusion"),
        "forest": figures.forest(arm, labels, name=f"{name}-forest"),
        "null": figures.null(arm, name=f"{name}-null"),
        "tiles": figures.tiles(arm, labels, name=f"{name}-tiles"),
        "plane": figures_more.category_plane(arm, labels, name=f"{name}-plane"),
        "times": figures_more.times(arm, name=f"{name}-times"),
        "positions": figures_more.positions(arm, name=f"{name}-positions"),
    }


def _with_words(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result with the few phrases that the page adds per arm."""
    return {**result, "arms": {name: {**arm, **arm_words(arm)} for name, arm in result["arms"].items()}}


def arm_words(arm: Mapping[str, Any]) -> dict[str, Any]:
    """What the formats say of an arm beyond its numbers."""
    source = []
    if arm["stimulus_set"]:
        made = SOURCE_WORDS.get(arm["source"] or "", arm["source"] or "")
        source.append(f"Stimulus set “{arm['stimulus_set']}”" + (f", {made}" if made else ""))
    if arm["checkpoint"]:
        source.append(f"checkpoint “{arm['checkpoint']['name']}” (preset {arm['checkpoint']['preset']})")
    if arm["dataset"]:
        source.append(f"dataset “{arm['dataset']['name']}”")
    undefined = {pair["reason"] for pair in arm["pairs"] if pair["status"] != "ok"}
    chances = {row["chance"] for row in arm["categories"].values() if row["chance"] is not None}
    return {
        "effective": any(row["ci_method"] == "wilson_effective_n" for row in arm["categories"].values()),
        "top_pairs": top_pairs(arm),
        "flagged": [flag for flag in arm["flags"] if flag["n"]],
        "time_rows": _time_rows(arm["times"]),
        "position_rows": _position_rows(arm),
        "metric_blocks": [*([arm["metrics"]] if arm["metrics"] else []), *arm["other_metrics"]],
        "one_chance": chances.pop() if len(chances) == 1 else None,
        "source_words": ", ".join(source) + ("." if source else ""),
        "pair_note": " ".join(sorted(undefined)),
    }


def _time_rows(times: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    if times is None:
        return []
    rows = [("All", times["all"]), ("Correct", times["correct"]), ("Wrong", times["wrong"])]
    return rows + list(times["categories"].items())


def _position_rows(arm: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """Correct of all answers by trial and by place of the clip, one row per position that occurs in either."""
    trials, places = (
        {
            place: f"{c}/{n}"
            for place, c, n in zip(arm[key]["position"], arm[key]["correct"], arm[key]["n"], strict=True)
        }
        for key in ("trials", "clip_positions")
    )
    both = sorted(trials.keys() | places.keys())
    return [(place, trials.get(place, wording.NONE), places.get(place, wording.NONE)) for place in both]


def _giils_cell(metrics: Mapping[str, Any], category: str) -> str:
    score = (metrics.get("giils") or {}).get(category)
    if not score or score["score"] is None:
        return wording.NONE
    error = f" ± {wording.points(score['se_score'])}" if score["se_score"] is not None else ""
    return wording.points(score["score"]) + error


def top_pairs(arm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The pairs of categories worth a row: smallest p first, then most errors."""
    order = sorted(arm["pairs"], key=lambda p: (1.0 if p["p_value"] is None else p["p_value"], -p["errors"]))
    return order[:MOST_PAIRS]


def provenance_rows(result: Mapping[str, Any]) -> list[tuple[str, str | list[str]]]:
    """Label and value, or lines of hashes, of everything that the numbers come from."""
    source, study = result["provenance"], result["study"]
    rows: list[tuple[str, str | list[str]]] = []
    if study["slug"]:
        rows.append(("Study", study["slug"]))
    if source["design_hash"]:
        rows.append(("Design hash", [source["design_hash"]]))
    if study["opened_at"]:
        rows.append(("Opened", wording.moment(study["opened_at"])))
    if study["closed_at"]:
        rows.append(("Closed", wording.moment(study["closed_at"])))
    rows.append(("Data (sha256)", [f"{name}  {digest}" for name, digest in source["sources"].items()]))
    for name, facts in source["stimulus_sets"].items():
        lines = [f"stimulus set {facts['stimulus_set']}, {wording.plural(facts['n_stimuli'], 'stimulus', 'stimuli')}"]
        if facts["checkpoint"]:
            checkpoint = facts["checkpoint"]
            lines.append(
                f"checkpoint {checkpoint['name']}, epoch {checkpoint['epoch']}, weights {checkpoint['weights_sha256']}"
            )
        if facts["dataset"]:
            lines.append(f"dataset {facts['dataset']['name']}, manifest {facts['dataset']['manifest_sha256']}")
        rows.append((f"Arm “{name}”", lines))
    if source["collected_with"]:
        rows.append(("Collected with", ", ".join(f"{k} {v}" for k, v in source["collected_with"].items())))
    rows.append(("Analysed with", ", ".join(f"{k} {v}" for k, v in source["analysed_with"].items())))
    rows.append(("Options", ", ".join(f"{k} = {v}" for k, v in result["options"].items())))
    return rows


def _text_of(value: Any) -> str:
    """Every letter that the page may print."""
    if isinstance(value, Mapping):
        return "".join(map(_text_of, value.keys())) + "".join(map(_text_of, value.values()))
    if isinstance(value, list | tuple):
        return "".join(map(_text_of, value))
    return value if isinstance(value, str) else ""


def template_text(name: str) -> str:
    """A file of the templates folder as it stands."""
    return (files("analysis") / "templates" / name).read_text(encoding="utf-8")


def page_policy(style: str, script: str = "") -> str:
    """A policy that lets in this page's own style and script and nothing from anywhere else."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; script-src 'sha256-{digest(script)}'; "
        f"img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
