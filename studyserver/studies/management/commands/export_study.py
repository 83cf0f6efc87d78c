"""`manage.py export_study`: responses.csv, study.json and what belongs to them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation.wording import plural
from studyserver.studies.design import find_study
from studyserver.studies.exports import arrange_psych_ds, export_study, look_at
from studyserver.studies.management.studies import plain_errors, progress, who


class Command(BaseCommand):
    help = "Write a closed study's answers as tidy rows, with design, provenance, embeddings and a data dictionary."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")
        parser.add_argument("--out", required=True, metavar="DIR", help="folder; an earlier export there is replaced")
        parser.add_argument(
            "--format",
            choices=["csv", "parquet", "psych-ds"],
            default="csv",
            help="csv (default); parquet: the same tables typed, beside them; psych-ds: as a Psych-DS dataset",
        )
        parser.add_argument("--interim", action="store_true", help="although the study is open; logged in the study")
        parser.add_argument(
            "--bom",
            action="store_true",
            help="begin CSV files with a byte-order mark, so that Excel reads other alphabets right (setting: CSV_BOM)",
        )

    def handle(
        self, *, study: str, out: str, format: str, interim: bool, bom: bool, verbosity: int, **options: Any
    ) -> None:
        with plain_errors(), progress(total=None, unit="rows", verbosity=verbosity) as bar:
            found = find_study(study)
            interim = look_at(found, interim=interim, by=who(), what=f"export ({format})")
            export = export_study(found, Path(out), interim=interim, on_row=bar.update, bom=bom)
            if format == "parquet":
                from studyserver.studies.exports import write_parquet  # noqa: PLC0415 -- slow import

                write_parquet(export.responses, export.folder / "responses.parquet")
                for more in export.companions:
                    write_parquet(more.table, more.table.with_suffix(".parquet"), more.all_columns)
            elif format == "psych-ds":
                arrange_psych_ds(export)
        self.stdout.write(
            f"Wrote {plural(export.rows, 'row')} of “{found}” to {out}{' (interim look, logged)' if interim else ''}."
        )
