"""Command line without Django: `python -m analysis report RESPONSES.csv --out DIR`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import AnalysisError


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
    report.add_argument("--out", type=Path, required=True, help="folder to write into")
    report.set_defaults(run=_report)
    return parser


def _report(options: argparse.Namespace) -> str:
    from analysis.report import write_report  # noqa: PLC0415

    written = write_report(options.responses, options.study, options.embeddings, options.out)
    return f"Report written: {written['report.html']} and {len(written) - 1} more files in {options.out}."


if __name__ == "__main__":
    raise SystemExit(main())
