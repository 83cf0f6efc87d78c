import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from analysis.join.arm import join_arm
from analysis.join.boards import boards_of, similarities
from analysis.join.reliability import ceiling, consistency, hit_tables, of_values, split_half
from analysis.join.temperature import fit_temperature, one_to_one_choice
from analysis.metrics.block import arm_metrics
from analysis.reading.embeddings import load
from analysis.reading.responses import COLUMNS, validate_responses
from tests.analysis.metrics_golden import unit

CATEGORIES = ["Desert", "Mountain", "Sky", "Water"]


def written(path, *, per_clip=1, clips=2):
    """A small set: `clips` clips in each of four categories, ids as long hashes would be."""
    labels = np.repeat(CATEGORIES, clips)
    partner = np.repeat(np.arange(len(labels)), per_clip)
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((4, 6)).repeat(clips, axis=0)
    audio = unit(centres + 0.5 * rng.standard_normal((len(labels), 6)))
    images = unit(audio[partner] + 0.4 * rng.standard_normal((len(partner), 6)))
    np.savez(
        path,
        image_embeddings=images.astype("f4"),
        image_ids=np.array([f"{row:02}image:{row % per_clip}" for row in range(len(partner))]),
        image_labels=labels[partner],
        audio_embeddings=audio.astype("f4"),
        audio_ids=np.array([f"{row:02}clip" for row in range(len(labels))]),
        audio_labels=labels,
        partner=partner,
        reference_embeddings=np.empty((0, 6), "f4"),
        reference_ids=np.array([], str),
        reference_labels=np.array([], str),
        reference_partner=np.full(len(partner), -1),
        space=np.array(json.dumps({"name": "embedded", "set": "small"})),
    )
    return path


def answers(blocks, *, design="one_to_one", clips=2, per_clip=1) -> pd.DataFrame:
    """Tidy rows from (participant, block, clip rows, chosen image rows or None)."""
    rows = []
    for participant, block, heard, chosen in blocks:
        for position, (clip, image) in enumerate(zip(heard, chosen, strict=True), start=1):
            seen = "" if image is None else CATEGORIES[image // per_clip // clips]
            rows.append(
                {
                    "participant": participant,
                    "block": block,
                    "design": design,
                    "n_clips": len(heard),
                    "n_options": len(heard),
                    "clip": f"{clip:02}clip",
                    "clip_category": CATEGORIES[clip // clips],
                    "clip_position": position,
                    "chosen_stimulus": "" if image is None else f"{image:02}image",
                    "chosen_category": seen,
                    "image_position": "" if image is None else position,
                    "answered": int(image is not None),
                    "choice_ms": "" if image is None else 1000 * position,
                }
            )
    return validate_responses(pd.DataFrame(rows))


FIRST, SECOND = (0, 2, 4, 6), (1, 3, 5, 7)
ONE_TO_ONE = [
    ("p1", "1", FIRST, (0, 2, 4, 6)),
    ("p1", "2", SECOND, (1, 5, 3, 7)),
    ("p2", "1", FIRST, (2, 0, 4, 6)),
    ("p3", "1", SECOND, (1, 3, 5, 7)),
]


@pytest.fixture
def embeddings(tmp_path):
    return load(written(tmp_path / "embeddings.npz"))


def joined(path, frame, **changes):
    metrics = arm_metrics(path, CATEGORIES)
    heard, seen = frame["clip_category"], frame["chosen_category"]
    confusion = [[int(((heard == a) & (seen == b)).sum()) for b in CATEGORIES] for a in CATEGORIES]
    human = {}
    for place, name in enumerate(CATEGORIES):
        n, hits = sum(confusion[place]), confusion[place][place]
        human[name] = {"correct": hits, "n": n, "rate": hits / n if n else None, "ci_low": 0.1, "ci_high": 0.9}
    block = join_arm(frame, load(path), metrics, human, confusion, CATEGORIES)
    json.dumps(block, allow_nan=False)
    return block, metrics, confusion


def test_machine_plays_the_same_boards(tmp_path):
    frame = answers(ONE_TO_ONE)
    block, _, _ = joined(written(tmp_path / "embeddings.npz"), frame)
    machine = block["machine"]
    assert (machine["total"], machine["n_distinct_boards"], machine["expected"]) == (16, 2, 4.0)
    assert np.array(machine["confusion"]).sum(axis=1).tolist() == [4, 4, 4, 4]
    assert np.array(machine["confusion"]).sum(axis=0).tolist() == [4, 4, 4, 4]
    assert machine["agreement"]["chance"] == 0.25
    assert machine["agreement"]["n_participants"] == 3


def test_temperature_weighs_the_boards_as_they_were(tmp_path):
    path = written(tmp_path / "embeddings.npz")
    block, _, _ = joined(path, answers(ONE_TO_ONE))
    embeddings = load(path)
    choices = [
        one_to_one_choice(board.participant, similarities(board, embeddings), board.chosen)
        for board in boards_of(answers(ONE_TO_ONE), embeddings).shown
    ]
    expected = fit_temperature(choices, method="")
    assert block["temperature"]["beta"] == pytest.approx(expected.beta)
    assert (block["temperature"]["n_choices"], block["temperature"]["n_participants"]) == (4, 3)
    assert "permanent" in block["temperature"]["method"]


def test_incomplete_one_to_one_boards_have_no_permanent(tmp_path):
    frame = answers([*ONE_TO_ONE, ("p4", "1", FIRST, (0, 2, 4, None))])
    block, _, _ = joined(written(tmp_path / "embeddings.npz"), frame)
    assert block["n_boards"] == 5
    assert "; 1 board left out, incomplete" in block["temperature"]["method"]
    assert block["machine"]["total"] == 19


def test_free_answers_are_weighed_by_clip(tmp_path):
    blocks = [("p1", "1", FIRST, (0, 0, 4, 6)), ("p2", "1", FIRST, (0, 2, 2, 4)), ("p3", "1", SECOND, (7, 3, 5, None))]
    block, _, _ = joined(written(tmp_path / "embeddings.npz"), answers(blocks, design="free"))
    assert block["temperature"]["n_choices"] == 11
    assert "softmax" in block["temperature"]["method"]


def test_one_row_per_category_with_both_sides(tmp_path):
    block, metrics, confusion = joined(written(tmp_path / "embeddings.npz"), answers(ONE_TO_ONE))
    rows = block["per_category"]
    assert [row["category"] for row in rows] == CATEGORIES
    for place, row in enumerate(rows):
        assert (row["correct"], row["n"]) == (confusion[place][place], 4)
        assert row["ais"]["value"] == metrics["by_category"][row["category"]]["ais"]["score"]
        assert row["giils"]["value"] == metrics["giils"][row["category"]]["score"]
        assert row["vendi"]["value"] == metrics["by_category"][row["category"]]["vendi"]["value"]
        assert row["iis"]["value"] is None
        assert row["median_choice_ms"] == 1000 * (place + 1)
    assert rows[0]["top_confusion"] == {"categories": ["Mountain"], "n": 1}
    assert rows[1]["top_confusion"] == {"categories": ["Desert", "Sky"], "n": 1}
    assert rows[3]["top_confusion"] is None


def test_four_categories_get_no_p_value(tmp_path):
    block, _, _ = joined(written(tmp_path / "embeddings.npz"), answers(ONE_TO_ONE))
    for key in ("ais", "giils", "vendi"):
        assert (block["correlations"][key]["n"], block["correlations"][key]["p_value"]) == (4, None)
        assert block["correlations"][key]["status"] == "too_small"
    assert block["correlations"]["iis"]["n"] == 0
    assert (block["mantel"]["status"], block["mantel"]["categories"]) == ("too_small", CATEGORIES)


def test_both_sides_of_a_correlation_carry_their_reliability(tmp_path):
    frame = answers([*ONE_TO_ONE, ("p4", "1", FIRST, (0, 2, 6, 4)), ("p5", "1", SECOND, (3, 1, 5, 7))])
    block, metrics, _ = joined(written(tmp_path / "embeddings.npz", clips=5), frame)
    found = block["reliability"]
    tables = hit_tables(frame, CATEGORIES)
    assert found["split_half"] == asdict(split_half(*tables))
    assert found["icc"] == asdict(consistency(*tables))
    rows = [metrics["by_category"][name]["ais"] for name in CATEGORIES]
    expected = of_values([row["score"] for row in rows], [row["se_score"] for row in rows], [4] * 4)
    assert found["metrics"]["ais"] == asdict(expected) | {"ceiling": ceiling(split_half(*tables), expected)}
    rows = [metrics["giils"][name] for name in CATEGORIES]
    expected = of_values([row["score"] for row in rows], [row["se_unbiased"] for row in rows], [4] * 4)
    assert found["metrics"]["giils"]["value"] == expected.value is not None
    assert all(0 < row["se_unbiased"] <= row["se_score"] for row in rows)
    assert found["metrics"]["iis"]["reason"] == "0 categories: at least 3 are needed"
    assert found["metrics"]["vendi"]["reason"] == "4 of 4 categories have no standard error"


def test_pictures_carry_human_share_and_similarity(tmp_path):
    path = written(tmp_path / "embeddings.npz")
    block, _, _ = joined(path, answers(ONE_TO_ONE))
    pictures = {(row["clip"], row["image"]): row for row in block["per_picture"]}
    assert len(pictures) == 32
    own = pictures["00clip", "00image:0"]
    assert (own["shown"], own["chosen"], own["share"]) == (2, 1, 0.5)
    assert sum(row["chosen"] for row in block["per_picture"]) == 16
    embeddings = load(path)
    assert own["similarity"] == pytest.approx(float(embeddings.audio[0] @ embeddings.images[0]), abs=1e-6)


def test_no_answers_give_words(tmp_path):
    frame = answers(ONE_TO_ONE).iloc[:0]
    assert list(frame.columns) == list(COLUMNS)
    block, _, _ = joined(written(tmp_path / "embeddings.npz"), frame)
    assert (block["n_boards"], block["n_pictures"], block["per_picture"]) == (0, 0, [])
    assert block["temperature"]["p_value"] is block["temperature"]["nothing"]["p_value"] is None
    assert block["temperature"]["reason"] == "no board whose images are known"
    assert block["machine"]["agreement"]["value"] is None
