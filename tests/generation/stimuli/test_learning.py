"""What a model has learned from: clips, and other clips of their recordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from generation.models import Category, Checkpoint, Clip, Dataset, StimulusSet
from generation.stimuli import find_learned, find_listener, is_made_of_words

pytestmark = pytest.mark.django_db


def make_dataset(rows, name="d"):
    """Clips as (hash, recording, split)."""
    dataset = Dataset.objects.create(name=name, root="", manifest_sha256="0")
    category = Category.objects.create(dataset=dataset, name="Jazz", slug="jazz")
    Clip.objects.bulk_create(
        Clip(category=category, sha256=sha256, file=sha256, piece_id=piece, split=split, duration=3, sample_rate=8_000)
        for sha256, piece, split in rows
    )
    return dataset


ROWS = [("a", "p", "train"), ("b", "p", "test"), ("c", "q", "val"), ("d", "", "test"), ("e", "r", "test")]


def names(learned):
    kinds = ("trained", "related", "chosen", "unknown")
    return {kind: [clip.sha256 for clip in getattr(learned, kind)] for kind in kinds}


def test_clips_and_their_recordings_are_told_apart():
    dataset = make_dataset(ROWS)
    found = names(find_learned(dataset.pk, Clip.objects.order_by("sha256")))
    assert found == {"trained": ["a"], "related": ["b"], "chosen": ["c"], "unknown": ["d"]}


def test_in_another_dataset_the_same_bytes_count_and_names_do_not():
    trained = make_dataset(ROWS, name="trained")
    other = make_dataset([("b", "else", "train"), ("x", "p", "test")], name="other")
    clips = Clip.objects.filter(category__dataset=other).order_by("sha256")
    assert names(find_learned(trained.pk, clips)) == {"trained": [], "related": ["b"], "chosen": [], "unknown": ["x"]}


def test_a_control_has_the_model_of_its_set_and_words_have_none():
    dataset = make_dataset(ROWS)
    model = Checkpoint.objects.create(name="run", preset="mini", dataset=dataset, run_dir="", epoch=1)
    made = StimulusSet.objects.create(name="made", dataset=dataset, checkpoint=model)
    control = StimulusSet.objects.create(name="control", dataset=dataset, parent=made, source="shuffled")
    assert find_listener(control) == model
    assert not is_made_of_words(control)
    made.source = StimulusSet.Source.LABEL_PROMPT
    made.save()
    assert find_listener(control) is None
    assert is_made_of_words(control)


rows = st.lists(
    st.tuples(st.sampled_from(["", "p", "q", "r"]), st.sampled_from(["train", "val", "test"])), min_size=1, max_size=12
)


class LearnedProperties(TestCase):
    @given(rows)
    def test_every_clip_of_a_trained_recording_is_found_once(self, drawn):
        dataset = make_dataset([(str(n), piece, split) for n, (piece, split) in enumerate(drawn)])
        found = names(find_learned(dataset.pk, Clip.objects.filter(category__dataset=dataset)))
        heard = {piece for piece, split in drawn if split == "train"} - {""}
        for n, (piece, split) in enumerate(drawn):
            assert (str(n) in found["trained"]) == (split == "train")
            assert (str(n) in found["related"]) == (split != "train" and piece in heard)
            assert (str(n) in found["unknown"]) == (split != "train" and piece == "")
