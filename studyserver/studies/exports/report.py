"""Bridge from a study to its report: export the data, then let `analysis` write everything from those files alone."""

from pathlib import Path

from django.conf import settings

from analysis.errors import AnalysisError
from analysis.report import write_report
from studyserver.studies.errors import ExportError
from studyserver.studies.exports.export import export_study
from studyserver.studies.exports.writing import OnRow
from studyserver.studies.models import Study

DATA = "data"


def build_report(study: Study, folder: Path, *, interim: bool = False, on_row: OnRow = None, bom: bool = False) -> Path:
    """Write `folder`/data (the export) and the report made from it; returns the HTML file.

    `python -m analysis report folder/data/responses.csv` writes the same bytes. Call `exports.look_at` first.
    Raises ExportError for a folder that cannot be written or data that cannot be analysed.
    """
    export = export_study(study, folder / DATA, interim=interim, on_row=on_row, bom=bom)
    try:
        write_report(
            export.responses,
            export.study,
            export.embeddings,
            folder,
            features=export.features,
            images=export.thumbnails,
            bom=bom or settings.CSV_BOM,
        )
    except AnalysisError as error:
        raise ExportError(str(error)) from error
    return folder / "report.html"
