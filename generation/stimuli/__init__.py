"""Stimulus sets: what is asked for, planned, made, flagged and shown."""

from generation.stimuli.controls import Recognition, find_recognition
from generation.stimuli.finding import check_batch_size, check_set_name, find_dataset, find_set, find_trained
from generation.stimuli.flags import flag_stimuli, refuse_if_opened
from generation.stimuli.learning import Learned, find_learned, find_listener, is_made_of_words
from generation.stimuli.looks import are_alike, pairs_by_id
from generation.stimuli.notices import find_image_notices, find_notices
from generation.stimuli.plan import PlannedImage, find_categories, plan_images
from generation.stimuli.request import Asked, Request, Source, asked_of_job, check_same
from generation.stimuli.reviews import review_set
from generation.stimuli.sets import lock_set, making, mark_set, open_set, sweep_up
from generation.stimuli.sheets import read_stored, set_folder, write_contact_sheets

__all__ = [
    "Asked",
    "Learned",
    "PlannedImage",
    "Recognition",
    "Request",
    "Source",
    "are_alike",
    "asked_of_job",
    "check_batch_size",
    "check_same",
    "check_set_name",
    "find_categories",
    "find_dataset",
    "find_image_notices",
    "find_learned",
    "find_listener",
    "find_notices",
    "find_recognition",
    "find_set",
    "find_trained",
    "flag_stimuli",
    "is_made_of_words",
    "lock_set",
    "making",
    "mark_set",
    "open_set",
    "pairs_by_id",
    "plan_images",
    "read_stored",
    "refuse_if_opened",
    "review_set",
    "set_folder",
    "sweep_up",
    "write_contact_sheets",
]
