"""The frozen design as a document, and its hash."""

import hashlib
import json
from typing import Any

from generation.stimuli import pairs_by_id
from studyserver.studies.design.fields import STUDY_FIELDS
from studyserver.studies.models import Arm, Study


def design_document(study: Study) -> dict[str, Any]:
    """Everything that decides what participants see and how answers are read, as plain JSON values.

    Images flagged by a researcher are left out: they are never shown. What a study does without is left out, too, so
    that the hash of an older study stays what it was.
    """
    arms = study.arms.select_related("stimulus_set__checkpoint").order_by("id")
    document: dict[str, Any] = {"schema": "paragone-design/1", "arms": [_arm(arm, study) for arm in arms]}
    for name, field in STUDY_FIELDS.items():
        value = field.design and field.design(getattr(study, name))
        if field.design and (value or not field.optional):
            document[name] = value
    return document


def _arm(arm: Arm, study: Study) -> dict[str, Any]:
    stimulus_set = arm.stimulus_set
    wanted = [*study.categories.all(), *study.practice_categories.all()]
    stimuli = stimulus_set.stimuli.filter(category__in=wanted, flagged=False)
    rows = stimuli.order_by("category__slug", "clip__sha256", "index").values_list(
        "sha256", "category__slug", "clip__sha256", "index", "board"
    )
    played = stimuli.exclude(clip__played_file="").order_by("clip__sha256").distinct()
    copies = dict(played.values_list("clip__sha256", "clip__played_sha256"))
    document: dict[str, Any] = {
        "name": arm.name,
        "quota": arm.quota,
        "stimulus_set": stimulus_set.name,
        "source": stimulus_set.source,
        "weights_sha256": stimulus_set.checkpoint.weights_sha256 if stimulus_set.checkpoint else None,
        "stimuli": [list(row) for row in rows],
    }
    if copies:
        document["played"] = copies
    # Look-alikes are kept off one board, so their looks decide what participants see.
    looks = list(stimuli.exclude(look="").order_by("id").values_list("id", "category", "look", "sha256"))
    alike = {pk for pair in pairs_by_id([row[:3] for row in looks]) for pk in pair}
    if alike:
        document["look_alikes"] = dict(sorted((sha256, look) for pk, _, look, sha256 in looks if pk in alike))
    return document


def design_hash(study: Study) -> str:
    """sha256 of the design document as canonical JSON: sorted keys, no spaces, UTF-8."""
    document = json.dumps(design_document(study), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def is_design_intact(study: Study) -> bool:
    """Whether a launched study still is what it was when it opened."""
    return study.design_hash == design_hash(study)
