"""What stands behind the answers: what became of each clip and image, and what pages reported, event by event."""

from studyserver.studies.exports.evidence.events import EVENT_COLUMNS, read_event_rows
from studyserver.studies.exports.evidence.shown import SHOWN_COLUMNS, read_shown_rows
from studyserver.studies.exports.evidence.weighing import read_evidence

__all__ = ["EVENT_COLUMNS", "SHOWN_COLUMNS", "read_event_rows", "read_evidence", "read_shown_rows"]
