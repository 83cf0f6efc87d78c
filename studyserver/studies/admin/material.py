"""What a study shows, described for its researcher."""

from typing import Any

from studyserver.studies.admin.display import picture
from studyserver.studies.design.launch import Material
from studyserver.studies.models import Study
from studyserver.studies.sitting import media_url

THUMBNAILS = 4


def describe_material(study: Study) -> list[dict[str, Any]]:
    """What each arm can show, category by category, with a few pictures and a clip to hear."""
    material = Material(study)
    rows = []
    for practice, categories in ((False, material.categories), (True, material.practice_categories)):
        for category in categories:
            cells = []
            for arm in material.arms:
                stimuli = material.of_category(arm, category)
                clips = {stimulus.clip_id: stimulus.clip for stimulus in stimuli}
                thumbnails = [picture(stimulus) for stimulus in stimuli[:THUMBNAILS]]
                sound = next((media_url(clip) for clip in clips.values()), None)
                cells.append({"images": len(stimuli), "clips": len(clips), "thumbnails": thumbnails, "sound": sound})
            rows.append({"category": category.name, "practice": practice, "cells": cells})
    return rows
