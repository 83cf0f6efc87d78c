"""The paper's own tables, read again with exact statistics: nine findings in plain sentences with their numbers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from analysis.documents import plain
from analysis.errors import AnalysisError
from analysis.paper.answers import (
    above_chance,
    model_1_against_2,
    model_2_against_baseline,
    swapped_pair,
    telling_apart,
    told_answers,
)
from analysis.paper.finding import PaperFinding
from analysis.paper.scores import giils_of_models, human_against_giils, noise_of_ais
from analysis.paper.tables import paper, responses_from_table
from analysis.reading import answers_from


def all_findings() -> list[PaperFinding]:
    """All nine, in order."""
    data = paper()
    frames = {key: responses_from_table(data[key], arm=key) for key in ("table_2", "table_3", "table_4")}
    answers = {key: answers_from(frame, data[key]["categories"]) for key, frame in frames.items()}
    return [
        told_answers(data),
        above_chance(answers),
        telling_apart(answers["table_4"]),
        swapped_pair(answers["table_4"]),
        model_1_against_2(frames, answers),
        model_2_against_baseline(data),
        giils_of_models(data),
        noise_of_ais(data),
        human_against_giils(data, answers["table_4"]),
    ]


def write_findings(out_dir: Path) -> tuple[list[PaperFinding], list[Path]]:
    """Write findings.json and findings.md; returns the findings and the files."""
    found = all_findings()
    contents = {
        "findings.json": json.dumps(plain([asdict(f) for f in found]), ensure_ascii=False, indent=1) + "\n",
        "findings.md": markdown(found),
    }
    paths = []
    for name, text in contents.items():
        path = Path(out_dir) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be written ({error.strerror}).") from None
        paths.append(path)
    return found, paths


def markdown(found: Sequence[PaperFinding]) -> str:
    """The findings as a page."""
    parts = ["# The paper's tables read again\n", f"{paper()['source']}\n"]
    parts += [f"## {f.number}. {f.title}\n\n" + " ".join(f.sentences) + "\n" for f in found]
    return "\n".join(parts)
