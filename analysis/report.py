"""From files to a report folder. `python -m analysis report` and `manage.py build_report` both end here."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from analysis import render
from analysis.documents import hash_files, write_contents
from analysis.errors import AnalysisError
from analysis.exclusion import needs_sessions
from analysis.kinds import find_tables
from analysis.metrics import BOARD, MetricOptions, build_metrics
from analysis.reading import CLIPS, add_pieces, all_jpegs, read_clips, read_responses, read_sessions, read_study
from analysis.results import Result, build_result
from analysis.spreadsheets import encode

STUDY_FILE = "study.json"

SESSIONS_FILE = "sessions.csv"
# Redoes the headline test in base R from responses.csv alone.
HEADLINE_TEST = "headline_test.R"


def write_report(
    responses_csv: Path,
    study_json: Path | None,
    embeddings: Sequence[Path] | None,
    out_dir: Path,
    *,
    features: Sequence[Path] | None = None,
    images: Sequence[Path] | None = None,
    bom: bool = False,
) -> dict[str, Path]:
    """Write result.json, the report in every format and its tables into `out_dir`; returns their paths by name.

    Formats: report.html, report.pdf (with the package typst of the extra `analysis`), report.md, tables.tex,
    headline_test.R, figures/*.svg, tables/*.csv and (with the package pyarrow of the same extra) tables/*.parquet.

    Without `study_json` a study.json beside the responses is read; where there is none the rows alone are analysed.
    An export has a sessions.csv beside the responses, which says what checks found and what became of clips and images;
    exclusion rules may need it.
    So does a clips.csv, from which rows get the recording of their clip.
    Companion tables of other kinds of trials (<kind>.csv) are read where they lie beside the responses.
    `embeddings=None` takes the files that study.json names, which must lie beside it; likewise `features`
    (features.npz) and `images` (thumbnails). Equal files give equal bytes. `bom`: tables/*.csv begin with a byte-order
    mark, by which Excel knows UTF-8.

    Raises:
        AnalysisError: input that cannot be read or contradicts itself, or a folder that cannot be written.
    """
    responses_csv, out_dir = Path(responses_csv), Path(out_dir)
    if study_json is None and (responses_csv.parent / STUDY_FILE).is_file():
        study_json = responses_csv.parent / STUDY_FILE
    responses = read_responses(responses_csv)
    study = read_study(Path(study_json)) if study_json else {}
    folder = Path(study_json).parent if study_json else None
    given = {"embeddings": embeddings, "features": features, "thumbnails": images}
    chosen = {what: _files(what, paths, study, folder) for what, paths in given.items()}
    inputs = {"responses.csv": responses_csv, **({STUDY_FILE: Path(study_json)} if study_json else {})}
    inputs |= {path.name: path for paths in chosen.values() for path in paths}
    sessions, beside = None, responses_csv.with_name(SESSIONS_FILE)
    if needs_sessions(study.get("exclusion_rules") or []) or (study and beside.is_file()):
        inputs[SESSIONS_FILE] = beside
        sessions = read_sessions(beside)
    if (clips := responses_csv.with_name(CLIPS)).is_file():
        inputs[CLIPS] = clips
        responses = add_pieces(responses, read_clips(clips))
    tables = find_tables(responses_csv.parent)
    inputs |= {path.name: path for path in tables.values()}
    result = build_result(
        responses,
        study,
        chosen["embeddings"],
        features=chosen["features"],
        images=chosen["thumbnails"],
        sessions=sessions,
        tables=tables,
        sources=hash_files(inputs),
    )
    return write_files(result, out_dir, pictures=all_jpegs(chosen["thumbnails"]), bom=bom)


def write_files(
    result: Result, out_dir: Path, *, pictures: Mapping[str, bytes] | None = None, bom: bool = False
) -> dict[str, Path]:
    """Every format of a result document, written to `out_dir`; `pictures` are the thumbnails it names, by sha256."""
    with render.shared_drawings():
        contents = _contents("result.json", "report", "tables.tex", render, result, pictures, bom=bom)
        if render.pdf_available():
            contents["report.pdf"] = render.pdf(result, pictures)
    contents[HEADLINE_TEST] = (files("analysis") / "templates" / HEADLINE_TEST).read_text(encoding="utf-8")
    return write_contents(contents, out_dir)


def _contents(
    data: str,
    report: str,
    tables: str,
    writer: Any,
    document: Any,
    pictures: Mapping[str, bytes] | None,
    *,
    bom: bool,
) -> dict[str, str | bytes]:
    """What `writer` makes of a document, by file name: the document itself, page, Markdown, tables and figures."""
    contents: dict[str, str | bytes] = {
        data: _json(document),
        f"{report}.html": writer.html(document, pictures),
        f"{report}.md": writer.markdown(document, pictures),
        tables: writer.latex(document),
        **{f"tables/{name}": encode(text, bom=bom) for name, text in writer.csv_tables(document).items()},
        **{f"figures/{name}": text for name, text in writer.figures(document).items()},
    }
    if render.parquet_available():
        contents |= {f"tables/{name}": content for name, content in writer.parquet_tables(document).items()}
    return contents


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _files(what: str, given: Sequence[Path] | None, study: Mapping[str, Any], folder: Path | None) -> list[Path]:
    """The files given, or those that study.json names under `what` for its arms, each once, in its order."""
    if given is not None:
        return [Path(path) for path in given]
    if folder is None:
        return []
    names = dict.fromkeys(name for arm in study.get("arms", {}).values() for name in arm.get(what, []))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        option = "images" if what == "thumbnails" else what
        raise AnalysisError(
            f"{folder / STUDY_FILE} names {', '.join(missing)}, which does not lie beside it: copy it there, name the "
            f"files with --{option}, or give --{option} alone for a report without them."
        )
    return [folder / name for name in names]


def write_metrics(
    embeddings: Sequence[Path],
    out_dir: Path,
    *,
    features: Sequence[Path] = (),
    images: Sequence[Path] = (),
    board: int = BOARD,
    options: MetricOptions | None = None,
    bom: bool = False,
) -> dict[str, Path]:
    """Write metrics.json, .html, .md and .tex, tables/*.csv, figures/*.svg and, with pyarrow, tables/*.parquet; paths.

    Args:
        embeddings: embeddings.npz files, of one or more sets, in one or more spaces.
        features, images: features.npz and thumbnails files of the same sets.
        board: clips on the boards that the space answers.
        bom: tables/*.csv begin with a byte-order mark.

    Raises:
        AnalysisError: a file that cannot be read, or a folder that cannot be written.
    """
    document = build_metrics(embeddings, features=features, images=images, board=board, options=options)
    pictures = all_jpegs([Path(path) for path in images])
    with render.shared_drawings():
        contents = _contents("metrics.json", "metrics", "metrics.tex", render.metrics, document, pictures, bom=bom)
    return write_contents(contents, Path(out_dir))


def write_plan(document: Mapping[str, Any], out_dir: Path) -> list[Path]:
    """Write plan.json, plan.html and power.svg."""
    with render.shared_drawings():
        page, figure = render.plan_html(document), render.power_svg(document)
    contents = {"plan.json": _json(document), "plan.html": page, "power.svg": figure}
    return list(write_contents(contents, Path(out_dir)).values())
