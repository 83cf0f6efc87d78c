"""From files to a report folder. `python -m analysis report` and `manage.py build_report` both end here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import render
from analysis.errors import AnalysisError
from analysis.responses import read_responses, read_study
from analysis.results import build_result

STUDY_FILE = "study.json"


def write_report(
    responses_csv: Path, study_json: Path | None, embeddings: Sequence[Path] | None, out_dir: Path
) -> dict[str, Path]:
    """Write result.json, the report in every format and its tables into `out_dir`; returns their paths by name.

    Formats: report.html, report.pdf (with the package typst of the extra `analysis`), report.md, tables.tex and
    tables/*.csv.

    Without `study_json` a study.json beside the responses is read; where there is none the rows alone are analysed.
    `embeddings=None` takes the files that study.json names, which must lie beside it. Equal files give equal bytes.

    Raises:
        AnalysisError: input that cannot be read or contradicts itself, or a folder that cannot be written.
    """
    responses_csv, out_dir = Path(responses_csv), Path(out_dir)
    if study_json is None and (responses_csv.parent / STUDY_FILE).is_file():
        study_json = responses_csv.parent / STUDY_FILE
    responses = read_responses(responses_csv)
    study = read_study(Path(study_json)) if study_json else {}
    if embeddings is None:
        embeddings = _named_embeddings(study, Path(study_json).parent) if study_json else []
    inputs = {"responses.csv": responses_csv, **({STUDY_FILE: Path(study_json)} if study_json else {})}
    inputs |= {Path(path).name: Path(path) for path in embeddings}
    result = build_result(responses, study, [Path(p) for p in embeddings], sources=_hashes(inputs))
    return write_files(result, out_dir)


def write_files(result: dict[str, Any], out_dir: Path) -> dict[str, Path]:
    """Every format of a result document, written to `out_dir`."""
    contents: dict[str, str | bytes] = {
        "result.json": json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        "report.html": render.html(result),
        "report.md": render.markdown(result),
        "tables.tex": render.latex(result),
        **{f"tables/{name}": text for name, text in render.csv_tables(result).items()},
    }
    if render.pdf_available():
        contents["report.pdf"] = render.pdf(result)
    written = {}
    for name, content in contents.items():
        path = out_dir / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be written ({error.strerror}).") from None
        written[name] = path
    return written


def _named_embeddings(study: dict[str, Any], folder: Path) -> list[Path]:
    """The embeddings files that study.json names, each once, in its order."""
    names = dict.fromkeys(name for arm in study.get("arms", {}).values() for name in arm.get("embeddings", []))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise AnalysisError(
            f"{folder / STUDY_FILE} names {', '.join(missing)}, which does not lie beside it: copy it there, name the "
            f"files with --embeddings, or give --embeddings alone for a report without model metrics."
        )
    return [folder / name for name in names]


def _hashes(inputs: dict[str, Path]) -> dict[str, str]:
    hashes = {}
    for name, path in inputs.items():
        try:
            hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be read ({error.strerror}).") from None
    return hashes
