"""AIS, IIS and GIILS where clips are cut from recordings: a recording is one draw, whatever was cut from it."""

from analysis.similarity.recordings.across import AcrossRecordings, giils_across
from analysis.similarity.recordings.dealing import Dealing
from analysis.similarity.recordings.matched import (
    Spread,
    leave_out_matched,
    matched_by_recordings,
    stratified_spread,
)
from analysis.similarity.recordings.moving import recording_null

__all__ = [
    "AcrossRecordings",
    "Dealing",
    "Spread",
    "giils_across",
    "leave_out_matched",
    "matched_by_recordings",
    "recording_null",
    "stratified_spread",
]
