"""`manage.py build_report`: the report of a study, made from its export alone."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from studyserver.studies.design import find_study
from studyserver.studies.exports import look_at
from studyserver.studies.management.studies import plain_errors, progress, who


class Command(BaseCommand):
    help = "Write a closed study's report: report.html, result.json, tables, and the data they were made from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")
        parser.add_argument("--out", required=True, metavar="DIR", help="folder; an earlier report there is replaced")
        parser.add_argument("--interim", action="store_true", help="although the study is open; logged and printed")
        parser.add_argument(
            "--bom",
            action="store_true",
            help="begin CSV files with a byte-order mark, so that Excel reads other alphabets right (setting: CSV_BOM)",
        )

    def handle(self, *, study: str, out: str, interim: bool, bom: bool, verbosity: int, **options: Any) -> None:
        from studyserver.studies.exports import build_report  # noqa: PLC0415 -- slow import

        with plain_errors(), progress(total=None, unit="rows", verbosity=verbosity) as bar:
            found = find_study(study)
            interim = look_at(found, interim=interim, by=who(), what="report")
            page = build_report(found, Path(out), interim=interim, on_row=bar.update, bom=bom)
        self.stdout.write(f"Wrote the report of “{found}” to {page}{' (interim look, logged)' if interim else ''}.")
