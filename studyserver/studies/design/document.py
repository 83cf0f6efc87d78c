"""The frozen design as a document, and its hash."""

import hashlib
import json
from typing import Any

from generation.models import Category
from studyserver.studies.models import Arm, Study


def design_document(study: Study) -> dict[str, Any]:
    """Everything that decides what participants see and how answers are read, as plain JSON values.

    Images flagged by a researcher are left out: they are never shown. What a study does without is left out, too, so
    that the hash of an older study stays what it was.
    """
    document = {
        "schema": "paragone-design/1",
        "title": study.title,
        "design": study.design,
        "categories": [_category(category) for category in study.categories.select_related("dataset")],
        "practice_categories": [_category(c) for c in study.practice_categories.select_related("dataset")],
        "trials_per_session": study.trials_per_session,
        "listening_rule": study.listening_rule,
        "min_listen_s": study.min_listen_s,
        "ask_confidence": study.ask_confidence,
        "consent_text": study.consent_text,
        "instruction_text": study.instruction_text,
        "debrief_text": study.debrief_text,
        "contact": study.contact,
        "completion_url": study.completion_url,
        "withdraw_until": study.withdraw_until.isoformat() if study.withdraw_until else None,
        "simulated_only": study.simulated_only,
        "seed": study.seed,
        "arms": [_arm(arm, study) for arm in study.arms.select_related("stimulus_set__checkpoint").order_by("id")],
    }
    screened = study.headphone_check != Study.HeadphoneCheck.OFF
    added = {
        "headphone_check": study.headphone_check if screened else None,
        "attention_boards": study.attention_boards,
        "exclusion_rules": study.exclusion_rules,
        "plan": study.plan and study.plan.inputs,
    }
    return document | {name: value for name, value in added.items() if value}


def _category(category: Category) -> dict[str, str]:
    return {"dataset": category.dataset.name, "slug": category.slug, "name": category.name}


def _arm(arm: Arm, study: Study) -> dict[str, Any]:
    stimulus_set = arm.stimulus_set
    wanted = [*study.categories.all(), *study.practice_categories.all()]
    stimuli = stimulus_set.stimuli.filter(category__in=wanted, flagged=False)
    rows = stimuli.order_by("category__slug", "clip__sha256", "index").values_list(
        "sha256", "category__slug", "clip__sha256", "index", "board"
    )
    return {
        "name": arm.name,
        "quota": arm.quota,
        "stimulus_set": stimulus_set.name,
        "source": stimulus_set.source,
        "weights_sha256": stimulus_set.checkpoint.weights_sha256 if stimulus_set.checkpoint else None,
        "stimuli": [list(row) for row in rows],
    }


def design_hash(study: Study) -> str:
    """sha256 of the design document as canonical JSON: sorted keys, no spaces, UTF-8."""
    document = json.dumps(design_document(study), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def is_design_intact(study: Study) -> bool:
    """Whether a launched study still is what it was when it opened."""
    return study.design_hash == design_hash(study)
