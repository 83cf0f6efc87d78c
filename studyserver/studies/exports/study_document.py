"""study.json: the design, rules and stimuli beside the answers."""

from collections.abc import Collection
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from generation.datasets import find_leakage
from generation.models import Clip, Stimulus, StimulusSet
from generation.stimuli import find_learned, find_listener, find_recognition, is_made_of_words
from studyserver.studies.design import STUDY_FIELDS, as_utc, is_design_intact
from studyserver.studies.exports.materials import shown_stimuli, thumbnails_name, vectors_of
from studyserver.studies.models import Arm, Study
from studyserver.studies.progress import count_flow, last_response_at

CHECKPOINT = ("name", "preset", "weights_sha256", "epoch")
"""What is said of the model that made an arm's images."""


def study_document(study: Study, *, interim: bool) -> dict[str, Any]:
    """study.json: what a reader needs to know beside the rows. Names, no people: log lines carry no user names."""
    # What is worked out stands behind the field that it belongs to.
    worked_out: dict[str, dict[str, Any]] = {
        "design_hash": {"design_intact": is_design_intact(study)},
        "closed_at": {"as_of": as_utc(last_response_at(study))},
    }
    document: dict[str, Any] = {"schema": "paragone-study/1"}
    for name, field in STUDY_FIELDS.items():
        if field.export:
            document |= {name: field.export(getattr(study, name))} | worked_out.get(name, {})
    flow = count_flow(study)
    arms = study.arms.select_related("stimulus_set__checkpoint", "stimulus_set__dataset").order_by("id")
    return document | {
        "arms": {arm.name: _describe_arm(arm, study) | {"flow": flow[arm.name]} for arm in arms},
        "log": [
            {"action": entry.action, "detail": entry.detail, "at": as_utc(entry.created_at)}
            for entry in study.log.order_by("id")
        ],
        "interim": interim,
        "versions": {"paragone": version("paragone")},
    }


def _describe_arm(arm: Arm, study: Study) -> dict[str, Any]:
    stimulus_set = arm.stimulus_set
    checkpoint, dataset = stimulus_set.checkpoint, stimulus_set.dataset
    stimuli = shown_stimuli(arm, study)
    recognition = find_recognition(stimuli)
    return {
        "stimulus_set": stimulus_set.name,
        "source": stimulus_set.source,
        "quota": arm.quota,
        "checkpoint": checkpoint and {name: getattr(checkpoint, name) for name in CHECKPOINT},
        "settings": stimulus_set.settings,
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256, "notes": dataset.notes},
        "leakage": _describe_leakage(stimulus_set, {s.clip_id: s.clip for s in stimuli}.values()),
        # What the report says of controls.
        **({"recognition": asdict(recognition)} if recognition else {}),
        "stimuli": [_describe_stimulus(stimulus) for stimulus in stimuli],
        **{what: [name for name, _ in vectors_of(stimulus_set, what)] for what in ("embeddings", "features")},
        "thumbnails": [thumbnails_name(stimulus_set)],
    }


def _describe_leakage(stimulus_set: StimulusSet, clips: Collection[Clip]) -> dict[str, Any]:
    """How many clips of how many recordings an arm can play, and which of them, or of whose recordings, were learned.

    Without a model that heard music, what lies in the dataset's train split counts; labels alone hear nothing.
    """
    model = find_listener(stimulus_set)
    dataset = model.dataset if model else stimulus_set.dataset
    learned = find_learned(dataset.pk, () if is_made_of_words(stimulus_set) else clips)
    return {
        "model": model and model.name,
        "clips": len(clips),
        "recordings": len({clip.piece_id for clip in clips} - {""}),
        "unknown": sum(not clip.piece_id for clip in clips),
        "trained": [_name(clip) for clip in learned.trained],
        "related": [_name(clip) for clip in learned.related],
        "dataset": {"name": dataset.name} | find_leakage(dataset),
    }


def _name(clip: Clip) -> dict[str, str]:
    return {"clip": clip.sha256, "title": str(clip)}


def _describe_stimulus(stimulus: Stimulus) -> dict[str, Any]:
    described: dict[str, Any] = {"sha256": stimulus.sha256, "category": stimulus.category.name}
    described |= {"clip": stimulus.clip.sha256, "index": stimulus.index, "seed": stimulus.seed}
    if stimulus.clip.played_file:
        described["played"] = {"sha256": stimulus.clip.played_sha256, "gain_db": round(stimulus.clip.gain, 3)}
    if stimulus.board is not None:
        described["board"] = stimulus.board
    return described
