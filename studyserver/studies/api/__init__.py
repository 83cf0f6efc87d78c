"""What the participants' pages call: state, events, drafts, answers."""

from studyserver.studies.api import views

__all__ = ["views"]
