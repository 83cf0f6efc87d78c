"""Section: where every number comes from."""

from collections.abc import Mapping
from typing import Any

from analysis import wording
from analysis.render.parts import Facts, Heading, Only, Parts, Table
from analysis.render.sections.section import Scope, Section

Entry = tuple[str, str | list[str]]


def _parts(scope: Scope) -> Parts:
    yield Facts("Where the numbers come from.", _facts(scope))
    log = scope.result["study"]["log"]
    if log:
        rows = [[wording.moment(entry["at"]), entry["action"], entry["detail"]] for entry in log]
        yield Only(Heading(3, "Study log"), page=True)
        yield Only(Table("", ["Time", "Action", "Detail"], rows, words=(1, 2), label="Study log"), page=True)


def _facts(scope: Scope) -> list[Entry]:
    """Label and value, or lines of hashes, of everything that the numbers come from."""
    source, study = scope.result["provenance"], scope.result["study"]
    found: list[tuple[str, str | list[str] | None]] = [
        ("Study", study["slug"]),
        ("Design hash", [source["design_hash"]] if source["design_hash"] else None),
        ("Planned before opening", " ".join(source["plan"])),
        ("Opened in spite of", " ".join(str(e.get("detail")) for e in study["log"] if e["action"] == "accepted")),
        ("Opened", wording.moment(study["opened_at"]) if study["opened_at"] else None),
        ("Closed", wording.moment(study["closed_at"]) if study["closed_at"] else None),
    ]
    rows: list[Entry] = [(label, value) for label, value in found if value]
    rows.append(("Data (sha256)", [f"{name}  {digest}" for name, digest in source["sources"].items()]))
    rows += [(f"Arm “{name}”", _material(facts)) for name, facts in source["stimulus_sets"].items()]
    if source["collected_with"]:
        rows.append(("Collected with", ", ".join(f"{k} {v}" for k, v in source["collected_with"].items())))
    rows.append(("Analysed with", ", ".join(f"{k} {v}" for k, v in source["analysed_with"].items())))
    rows.append(("Options", ", ".join(f"{k} = {v}" for k, v in scope.result["options"].items())))
    return rows


def _material(facts: Mapping[str, Any]) -> list[str]:
    lines = [f"stimulus set {facts['stimulus_set']}, {wording.plural(facts['n_stimuli'], 'stimulus', 'stimuli')}"]
    if found := facts["checkpoint"]:
        lines.append(f"checkpoint {found['name']}, epoch {found['epoch']}, weights {found['weights_sha256']}")
    if found := facts["dataset"]:
        lines.append(f"dataset {found['name']}, manifest {found['manifest_sha256']}")
    return lines


SECTION = Section(_parts, "Provenance", chapter="D")
