"""Files read and checked once: responses, clips, sessions, embeddings, features, thumbnails."""

from analysis.reading.answers import Answers, BoardLayout, answers_from, answers_of, category_order
from analysis.reading.archives import label_order
from analysis.reading.choices import free_choices
from analysis.reading.clips import CLIPS, add_pieces, read_clips
from analysis.reading.embeddings import Embeddings, load
from analysis.reading.features import Features, load_features
from analysis.reading.responses import BLOCK, read_responses, read_study, validate_responses
from analysis.reading.sessions import EVIDENCE, read_sessions
from analysis.reading.thumbnails import all_jpegs, read_thumbnails, shown_images

__all__ = [
    "BLOCK",
    "CLIPS",
    "EVIDENCE",
    "Answers",
    "BoardLayout",
    "Embeddings",
    "Features",
    "add_pieces",
    "all_jpegs",
    "answers_from",
    "answers_of",
    "category_order",
    "free_choices",
    "label_order",
    "load",
    "load_features",
    "read_clips",
    "read_responses",
    "read_sessions",
    "read_study",
    "read_thumbnails",
    "shown_images",
    "validate_responses",
]
