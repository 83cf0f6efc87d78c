"""Command line without Django: `python -m analysis report RESPONSES.csv --out DIR`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from analysis.errors import AnalysisError

BOM = "begin tables/*.csv with a byte-order mark, so that Excel reads other alphabets right"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 1 with one clear line when not."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except AnalysisError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    report = commands.add_parser("report", help="write a report from tidy responses")
    report.add_argument("responses", type=Path, help="responses.csv; a study.json beside it is read as well")
    report.add_argument("--study", type=Path, help="study.json, when it does not lie beside the responses")
    report.add_argument("--embeddings", type=Path, nargs="*", help="embeddings.npz files; default: those of study.json")
    report.add_argument("--features", type=Path, nargs="*", help="features.npz files; default: those of study.json")
    report.add_argument("--images", type=Path, nargs="*", help="thumbnails files; default: those of study.json")
    report.add_argument("--out", type=Path, required=True, help="folder to write into")
    report.add_argument("--bom", action="store_true", help=BOM)
    report.set_defaults(run=_report)
    metrics = commands.add_parser("metrics", help="metrics of stimulus sets, without any study")
    metrics.add_argument("embeddings", type=Path, nargs="*", help="embeddings.npz of one or more sets and spaces")
    metrics.add_argument("--features", type=Path, nargs="*", default=[], help="features.npz, for FID and its relatives")
    metrics.add_argument(
        "--images", type=Path, nargs="*", default=[], help="thumbnails files, for the grids of pictures"
    )
    metrics.add_argument("--board", type=int, default=4, help="clips on the boards that a space answers (default 4)")
    metrics.add_argument("--out", type=Path, required=True, help="folder to write into")
    metrics.add_argument("--bom", action="store_true", help=BOM)
    metrics.set_defaults(run=_metrics)
    plan = commands.add_parser("plan", help="power, smallest effects and numbers of participants")
    plan.add_argument("--k", type=int, default=4, help="clips and images on a board (default 4)")
    plan.add_argument("--images", type=int, help="images on a board, where there are more than clips")
    plan.add_argument("--participants", type=int, default=12)
    plan.add_argument("--trials", type=int, default=1, help="boards per participant (default 1)")
    plan.add_argument("--design", choices=["one_to_one", "free"], default="one_to_one")
    plan.add_argument("--alpha", type=float, default=0.05)
    plan.add_argument("--categories-tested", type=int, default=1, help="Bonferroni correction of single categories")
    plan.add_argument(
        "--correction",
        choices=["none", "holm", "bonferroni"],
        help="correction over the k categories, in place of --categories-tested",
    )
    plan.add_argument(
        "--power", dest="target", metavar="POWER", type=float, default=0.8, help="power aimed for (default 0.8)"
    )
    plan.add_argument("--theta", type=float, help="effect on all matches: share of clips truly known")
    plan.add_argument("--share", type=float, help="effect on one category: true share matched correctly")
    plan.add_argument("--json", action="store_true", help="print the document instead of sentences")
    plan.add_argument("--out", type=Path, help="folder for plan.json, plan.html and power.svg")
    plan.set_defaults(run=_plan)
    paper = commands.add_parser("paper", help="the paper's own tables read again: nine findings")
    paper.add_argument("--out", type=Path, help="folder for findings.json and findings.md")
    paper.set_defaults(run=_paper)
    return parser


def _plan(options: argparse.Namespace) -> str:
    from analysis.power import Design, make_plan  # noqa: PLC0415
    from analysis.report import write_plan  # noqa: PLC0415

    design = Design(**{field.name: getattr(options, field.name) for field in fields(Design)})
    document = make_plan(design, theta=options.theta, share=options.share, correction=options.correction)
    lines = [json.dumps(document, ensure_ascii=False, indent=1)] if options.json else list(document["sentences"])
    if options.out:
        written = write_plan(document, options.out)
        if not options.json:
            lines.append(f"Plan written: {', '.join(str(path) for path in written)}.")
    return "\n".join(lines)


def _paper(options: argparse.Namespace) -> str:
    from analysis.paper import all_findings, write_findings  # noqa: PLC0415

    found, paths = write_findings(options.out) if options.out else (all_findings(), [])
    lines = [f"{f.number}. {f.title}. {' '.join(f.sentences)}" for f in found]
    if paths:
        lines.append(f"Findings written: {', '.join(str(path) for path in paths)}.")
    return "\n\n".join(lines)


def _report(options: argparse.Namespace) -> str:
    from analysis.report import write_report  # noqa: PLC0415

    written = write_report(
        options.responses,
        options.study,
        options.embeddings,
        options.out,
        features=options.features,
        images=options.images,
        bom=options.bom,
    )
    missing = "" if "report.pdf" in written else " No PDF: it needs the package typst (extra 'analysis')."
    return f"Report written: {written['report.html']} and {len(written) - 1} more files in {options.out}.{missing}"


def _metrics(options: argparse.Namespace) -> str:
    from analysis.report import write_metrics  # noqa: PLC0415

    written = write_metrics(
        options.embeddings,
        options.out,
        features=options.features,
        images=options.images,
        board=options.board,
        bom=options.bom,
    )
    return f"Metrics written: {written['metrics.html']} and {len(written) - 1} more files in {options.out}."


if __name__ == "__main__":
    raise SystemExit(main())
