"""Datasets of music and art: read, checked, split, stored as rows."""

from generation.datasets import museart
from generation.datasets.entries import FolderReading, Skipped, name_below, read_below
from generation.datasets.hearing import TARGET_LUFS, Levelling, judge_again, level_clips, refuse_opened
from generation.datasets.imports import CLIP, PIECE, ImportResult, Preview, import_dataset, preview_dataset
from generation.datasets.inspection import MIN_CLIP_S, MIN_SIDE, refuse_short
from generation.datasets.known import (
    count_files,
    count_leakage,
    count_splits,
    describe_leakage,
    describe_recordings,
    find_leakage,
    hidden_files,
    list_counts,
)
from generation.datasets.manifest import DOCUMENTS, KINDS, SPLITS, FileNames, read_csv, read_text
from generation.datasets.museart import PIECES
from generation.datasets.recordings import NONE

__all__ = [
    "CLIP",
    "DOCUMENTS",
    "KINDS",
    "MIN_CLIP_S",
    "MIN_SIDE",
    "NONE",
    "PIECE",
    "PIECES",
    "SPLITS",
    "TARGET_LUFS",
    "FileNames",
    "FolderReading",
    "ImportResult",
    "Levelling",
    "Preview",
    "Skipped",
    "count_files",
    "count_leakage",
    "count_splits",
    "describe_leakage",
    "describe_recordings",
    "find_leakage",
    "hidden_files",
    "import_dataset",
    "judge_again",
    "level_clips",
    "list_counts",
    "museart",
    "name_below",
    "preview_dataset",
    "read_below",
    "read_csv",
    "read_text",
    "refuse_opened",
    "refuse_short",
]
