"""The head of the embedded space: what it finds, that its size is chosen by held-out pieces, and its bytes."""

import numpy as np
import pytest

from generation.encoders.spaces.head import Head, Side, check_sizes, fit_head, fit_projections, scale_rows
from generation.errors import EmbeddingError

LABELS = ["a", "b", "c", "d"]


def make_side(seed, *, features=30, pieces=5, per_piece=1, noise=0.3, labels=LABELS, signal=True):
    """Features that follow their category (with `signal`), as both modalities of a joint dataset would."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(labels), features))
    rows, names, ids = [], [], []
    for number, label in enumerate(labels):
        for piece in range(pieces):
            for _ in range(per_piece):
                rows.append((centres[number] if signal else 0) + noise * rng.normal(size=features))
                names.append(label)
                ids.append(f"{label}{piece}")
    return Side(np.array(rows), names, ids)


def advantage(head, audio, image):
    cosines = scale_rows(head.image(image.features)) @ scale_rows(head.audio(audio.features)).T
    own = np.array(image.labels)[:, None] == np.array(audio.labels)[None]
    return cosines[own].mean() - cosines[~own].mean()


def test_matching_categories_are_found_in_files_that_took_no_part():
    head = fit_head(make_side(1), make_side(2, features=50))
    rng = np.random.default_rng(9)
    audio, image = make_side(1), make_side(2, features=50)
    fresh_audio = Side(audio.features + 0.3 * rng.normal(size=audio.features.shape), audio.labels, audio.pieces)
    fresh_image = Side(image.features + 0.3 * rng.normal(size=image.features.shape), image.labels, image.pieces)
    assert advantage(head, fresh_audio, fresh_image) > 0.9


def test_directions_equal_the_singular_vectors_of_the_cross_covariance():
    audio, image = make_side(1), make_side(2, features=50)
    to_audio, to_image = fit_projections(audio, image, LABELS, 3)

    def means(side):
        z = (side.features - side.features.mean(0)) / side.features.std(0)
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        means = np.stack([z[np.array(side.labels) == label].mean(0) for label in LABELS])
        return means - means.mean(0)

    left, values, right = np.linalg.svd(means(audio).T @ means(image))
    np.testing.assert_allclose(np.abs((to_audio.directions * left[:, :3]).sum(0)), 1, atol=1e-9)
    np.testing.assert_allclose(np.abs((to_image.directions * right[:3].T).sum(0)), 1, atol=1e-9)
    # Both sides keep the same sign, so cosines between them mean what they say.
    assert np.all(((means(audio) @ to_audio.directions) * (means(image) @ to_image.directions)).sum(0) > 0)
    assert values[3] < 1e-9


def test_the_check_of_features_without_a_category_finds_no_advantage():
    audio, image = make_side(3, signal=False, pieces=10), make_side(4, signal=False, pieces=10)
    for check in check_sizes(audio, image, LABELS, [2, 3]):
        assert abs(check.advantage) < 0.1
        assert check.n > 100
    # The same head looks splendid on the files it was fitted to: this is what the check guards against.
    assert advantage(fit_head(audio, image), audio, image) > 0.3


def test_the_size_with_the_largest_checked_advantage_is_taken():
    head = fit_head(make_side(1), make_side(2))
    best = max(head.checks, key=lambda check: check.advantage)
    assert [check.size for check in head.checks] == [2, 3]
    assert head.size == best.size
    assert head.describe()["directions"] == best.size


def test_excerpts_of_one_piece_are_held_out_together(monkeypatch):
    audio, image = make_side(1, per_piece=2), make_side(2)
    fitted = []
    monkeypatch.setattr(
        "generation.encoders.spaces.head.fit_projections",
        lambda a, i, labels, size: fitted.append((a, i)) or fit_projections(a, i, labels, size),
    )
    check_sizes(audio, image, LABELS, [2])
    assert len(fitted) == 25
    for kept, art in fitted:
        assert set(kept.labels) == set(art.labels) == set(LABELS)
        assert all(kept.pieces.count(piece) == 2 for piece in kept.pieces)
        assert len(kept.pieces) == 32
        assert len(art.pieces) == 16


def test_a_category_of_one_piece_is_never_held_out():
    audio = make_side(1, pieces=1)
    assert check_sizes(audio, make_side(2), LABELS, [2, 3]) == []
    head = fit_head(audio, make_side(2))
    assert (head.size, head.checks) == (2, [])


def test_categories_with_one_half_only_take_no_part():
    audio, image = make_side(1), make_side(2, labels=["a", "b", "c", "x"])
    assert fit_head(audio, image).labels == ["a", "b", "c"]
    with pytest.raises(EmbeddingError, match="needs 3 categories .* this dataset has 2"):
        fit_head(audio, make_side(2, labels=["a", "b", "x"]))


def test_features_that_never_vary_do_no_harm():
    audio, image = make_side(1), make_side(2)
    audio.features[:, :5] = 1.0
    head = fit_head(audio, image)
    assert np.isfinite(head.audio(audio.features)).all()
    assert advantage(head, audio, image) > 0.9


def test_equal_fits_have_equal_bytes_and_survive_storing():
    head = fit_head(make_side(1), make_side(2))
    data = head.to_bytes()
    assert data == fit_head(make_side(1), make_side(2)).to_bytes()
    back = Head.from_bytes(data)
    assert back.to_bytes() == data
    assert back.describe() == head.describe()
    rows = make_side(5).features
    np.testing.assert_array_equal(back.audio(rows), head.audio(rows))
