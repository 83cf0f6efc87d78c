"""Answers and studies about the images of `metric_files`."""

import pandas as pd

from tests.analysis.metric_files import CATEGORIES, ids_of
from tests.analysis.studies import study_of


def answers(*, people=6, categories=CATEGORIES, clips=4, design="one_to_one", arm="a", sets="one", boards=2):
    """Tidy rows about the images of `write_embeddings`: mostly right, every third board with a swap."""
    clip_ids, image_ids = ids_of("clip", len(categories) * clips), ids_of(f"{sets}-image", len(categories) * clips)
    rows = []
    for person in range(people):
        for board in range(boards):
            own = [place * clips + (person + board) % clips for place in range(len(categories))]
            chosen = list(own)
            if (person + board) % 3 == 0:
                chosen[0], chosen[1] = chosen[1], chosen[0]
            if design == "free":
                chosen[person % len(own)] = own[(person + 1 + board) % len(own)]
            for position, (clip, image) in enumerate(zip(own, chosen, strict=True), start=1):
                rows.append(
                    {
                        "arm": arm,
                        "participant": f"{arm}{person:02}",
                        "block": f"{arm}{person:02}-{board}",
                        "trial_index": board + 1,
                        "design": design,
                        "n_clips": len(categories),
                        "n_options": len(categories),
                        "clip": clip_ids[clip],
                        "clip_category": categories[clip // clips],
                        "clip_position": position,
                        "chosen_stimulus": image_ids[image],
                        "chosen_category": categories[image // clips],
                        "image_position": position,
                        "answered": 1,
                        "choice_ms": 1000 * position,
                        "rt_ms": 9000,
                    }
                )
    return pd.DataFrame(rows)


def study(arms, categories=CATEGORIES, **changes):
    document = study_of(arms, categories, **changes)
    for name, stimulus_set in arms.items():
        document["arms"][name]["stimulus_set"] = stimulus_set
    return document
