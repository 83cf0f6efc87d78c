"""Datasets of music and art: read, checked, split, stored as rows."""

from generation.datasets import museart
from generation.datasets.hearing import TARGET_LUFS, Levelling, judge_again, level_clips, refuse_opened
from generation.datasets.imports import ImportResult, import_dataset
from generation.datasets.inspection import MIN_CLIP_S, MIN_SIDE, refuse_short
from generation.datasets.known import count_files, count_splits, list_counts
from generation.datasets.manifest import KINDS, Skipped, find_formula, read_csv
from generation.datasets.museart import PIECES

__all__ = [
    "KINDS",
    "MIN_CLIP_S",
    "MIN_SIDE",
    "PIECES",
    "TARGET_LUFS",
    "ImportResult",
    "Levelling",
    "Skipped",
    "count_files",
    "count_splits",
    "find_formula",
    "import_dataset",
    "judge_again",
    "level_clips",
    "list_counts",
    "museart",
    "read_csv",
    "refuse_opened",
    "refuse_short",
]
