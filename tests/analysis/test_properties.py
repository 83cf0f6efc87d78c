"""Whatever people answer and a set holds: a document of plain numbers and words, and the same for other names."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import permutation
from analysis.confusion.pairs import PERMUTED, pair_tests
from analysis.metrics.block import arm_metrics
from analysis.reading.answers import answers_from
from analysis.results.build import build_result
from tests.analysis.tables import rows_of

NAMES = ("A & B_%#é漢", "Blue", "Claret", "Dun")


@st.composite
def studies(draw: st.DrawFn) -> pd.DataFrame:
    """Boards of 1 to 4 clips of 1 to 4 people, with gaps; one arm or two, the same people or others."""
    k = draw(st.integers(1, 4))
    design = draw(st.sampled_from(["one_to_one", "free"]))
    blocks = draw(st.integers(1, 2))
    spare = draw(st.integers(0, 2))
    arms = draw(st.sampled_from([("a",), ("a", "b")]))
    shared = draw(st.booleans())
    frames = []
    for arm in arms:
        people = draw(st.integers(1, 4)) if not shared else 3
        answers = []
        for _ in range(people * blocks):
            way = draw(
                st.permutations(range(k))
                if design == "one_to_one"
                else st.lists(st.integers(0, k - 1), min_size=k, max_size=k)
            )
            gaps = draw(st.sets(st.integers(0, k - 1), max_size=1))
            answers.append([None if i in gaps else chosen for i, chosen in enumerate(way)])
        rows = rows_of(answers, NAMES[:k], design=design, arm=arm, blocks=blocks, n_options=k + spare)
        if shared:
            rows["participant"] = rows["participant"].str.replace(f"^{arm}", "p", regex=True)
        rows["trial_index"] = rows["block"].astype(int)
        rows["clip_position"] = rows.groupby(["participant", "block"]).cumcount() + 1
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


@given(studies())
@settings(max_examples=5)
def test_every_study_becomes_a_document_without_nan(frame):
    result = build_result(frame)
    json.dumps(result, allow_nan=False)
    for arm in result["arms"].values():
        assert sum(map(sum, arm["confusion"])) == arm["n_answers"]
        overall = arm["overall"]
        assert overall["p_value"] is None or 0 <= overall["p_value"] <= 1
        assert overall["status"] == "ok" or overall["reason"]


@given(studies(), st.permutations(range(4)))
@settings(max_examples=8)
def test_names_of_categories_only_name(frame, order):
    one = frame[frame["arm"] == "a"].reset_index(drop=True)
    fresh = dict(zip(NAMES, (f"c{place}" for place in order), strict=True))
    other = one.assign(
        clip_category=one["clip_category"].map(fresh), chosen_category=one["chosen_category"].replace(fresh)
    )
    names = [name for name in NAMES if name in set(one["clip_category"])]
    shuffled = sorted(fresh[name] for name in names)
    first, second = answers_from(one, names), answers_from(other, shuffled)
    place = [shuffled.index(fresh[name]) for name in names]
    assert (first.matrix == second.matrix[np.ix_(place, place)]).all()
    p = {frozenset((fresh[pair.a], fresh[pair.b])): pair for pair in pair_tests(first)}
    q = {frozenset((pair.a, pair.b)): pair for pair in pair_tests(second)}
    assert p.keys() == q.keys()
    for names_of_pair, pair in p.items():
        assert (pair.errors, pair.method, pair.status) == (
            q[names_of_pair].errors,
            q[names_of_pair].method,
            q[names_of_pair].status,
        )
        # Permutations are drawn in the order of the names: two draws of the same p, six standard errors apart at most.
        apart = 6 * (0.5 / permutation.PERMUTATIONS) ** 0.5 if pair.method == PERMUTED else 1e-9
        assert pair.p_value == pytest.approx(q[names_of_pair].p_value, abs=apart)


@given(studies())
@settings(max_examples=8)
def test_another_participant_adds_blocks_and_answers(frame):
    one = frame[frame["arm"] == "a"].reset_index(drop=True)
    alone = one[one["participant"] == one["participant"].iloc[0]].reset_index(drop=True)
    whole, part = answers_from(one), answers_from(alone)
    assert whole.n_blocks >= part.n_blocks
    assert (whole.matrix.sum(axis=1) >= part.matrix.sum(axis=1)).all()
    assert whole.matrix.sum() == whole.answered.sum()


@st.composite
def embedded(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """2 to 14 images of up to 6 clips in up to 3 categories, some of them copies; references or none."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n_clips, n_images = draw(st.integers(1, 6)), draw(st.integers(2, 14))
    audio = rng.standard_normal((n_clips, 4)) + 0.5
    partner = rng.integers(0, n_clips, n_images)
    images = 0.5 * audio[partner] + rng.standard_normal((n_images, 4))
    if draw(st.booleans()):
        images[-1] = images[0]
    labels = np.array(["x", "y", "z"])[rng.integers(0, draw(st.integers(1, 3)), n_clips)]
    references = audio[: n_clips if draw(st.booleans()) else 0] + 0.1

    def unit(rows: np.ndarray) -> np.ndarray:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")

    own = partner if len(references) else np.full(n_images, -1)
    return {
        "image_embeddings": unit(images), "image_ids": np.array([f"i{n}" for n in range(n_images)]),
        "image_labels": labels[partner], "audio_embeddings": unit(audio),
        "audio_ids": np.array([f"a{n}" for n in range(n_clips)]), "audio_labels": labels, "partner": partner,
        "reference_embeddings": unit(references),
        "reference_ids": np.array([f"r{n}" for n in range(len(references))], dtype="U4"),
        "reference_labels": labels[: len(references)], "reference_partner": own,
        "space": np.array(json.dumps({"name": "embedded", "set": "s", "notes": []})),
    }  # fmt: skip


@given(embedded())
@settings(max_examples=8)
def test_every_set_becomes_a_block_without_nan(tmp_path_factory, stored):
    path = tmp_path_factory.mktemp("set") / "embeddings.npz"
    np.savez(path, **stored)
    block = arm_metrics(path, sorted(set(stored["audio_labels"].tolist())))
    json.dumps(block, allow_nan=False)
    copied = bool((stored["image_embeddings"][-1] == stored["image_embeddings"][0]).all())
    assert not copied or block["duplicates"] is None or block["duplicates"]["n_same"] > 0
    for score in (block["ais"], *block["giils"].values()):
        assert score["score"] is not None or score["reason"]
