"""Museart's labels and the exact totals of its splits."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.datasets import museart
from generation.datasets.imports import import_dataset
from generation.datasets.known import count_splits
from generation.datasets.splits import assign_splits
from tests.generation.media_files import write_folder
from tests.generation.musipainter.toy import clip_tokenizer

# Any share-out of 24,216 pieces over 18 labels will do: the paper prints no sizes of its labels.
UNEVEN = {label: 700 + 76 * place for place, label in enumerate(museart.LABELS)}


def museart_counts():
    counts = dict(UNEVEN)
    counts[museart.LABELS[0]] += museart.PIECES - sum(counts.values())
    return counts


def test_there_are_18_labels_as_the_paper_spells_them():
    assert len(set(museart.LABELS)) == 18
    assert museart.is_museart(set(museart.LABELS))
    assert not museart.is_museart(set(museart.LABELS[:-1]))
    assert not museart.is_museart({*museart.LABELS, "Jazz"})


def test_all_pieces_give_the_papers_totals():
    counts = museart_counts()
    assert sum(counts.values()) == museart.PIECES == museart.TRAINED_ON + 2 * museart.HELD_OUT
    sizes = museart.held_out_sizes(counts)
    assert sum(sizes.values()) == 2_425
    for label, count in counts.items():
        assert abs(sizes[label] - count * 2_425 / 24_216) < 1


@given(st.dictionaries(st.sampled_from(museart.LABELS), st.integers(0, 3000)))
def test_shares_are_kept_for_any_number_of_pieces(counts):
    sizes = museart.held_out_sizes(counts)
    assert sum(sizes.values()) == round(sum(counts.values()) * 2_425 / 24_216)
    for label, count in counts.items():
        assert 0 <= 2 * sizes[label] <= count + 1


def test_a_seeded_draw_splits_24216_pieces_as_the_paper_did():
    counts = museart_counts()
    sizes = museart.held_out_sizes(counts)

    def draw(seed):
        splits = {}
        for label, count in counts.items():
            pieces = [f"{label}/{number}.wav" for number in range(count)]
            held_out = {"test": sizes[label], "val": sizes[label]}
            splits |= assign_splits(pieces, seed=seed, group=label, taken={}, sizes=held_out)
        return splits

    splits = draw(0)
    assert Counter(splits.values()) == {"train": 19_366, "val": 2_425, "test": 2_425}
    assert draw(0) == splits != draw(1)


@pytest.mark.django_db
def test_importing_museart_without_a_split_keeps_its_share_per_label(tmp_path):
    folder = write_folder(tmp_path, dict.fromkeys(museart.LABELS, (15, 1)))
    dataset = import_dataset(path=folder, name="museart").dataset
    # 270 clips: a tenth of each label, rounded up or down so that the total is the share; alone, 15 would give 2.
    assert count_splits(dataset) == {"train": 216, "val": 27, "test": 27}
    sizes = museart.held_out_sizes(dict.fromkeys(museart.LABELS, 15))
    for category in dataset.categories.all():
        held_out = Counter(category.clips.values_list("split", flat=True))
        assert held_out["val"] == held_out["test"] == sizes[category.name]
    # One image per label cannot be shared out like that: it stays where training needs it.
    assert all(artwork == "train" for artwork in dataset.categories.values_list("artworks__split", flat=True))


@pytest.mark.parametrize(
    ("label", "tokens"),
    list(zip(museart.LABELS, [2, 3, 2, 3, 7, 4, 2, 3, 7, 7, 6, 3, 3, 3, 3, 3, 4, 6], strict=True)),
)
def test_tokens_of_the_labels_in_clips_vocabulary(tokenizer, label, tokens):
    assert len(tokenizer(label, add_special_tokens=False).input_ids) == tokens


@pytest.fixture(scope="module")
def tokenizer():
    return clip_tokenizer()
