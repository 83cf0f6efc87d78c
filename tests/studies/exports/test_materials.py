"""What an export holds of the images: each set's files once, those of earlier exports gone."""

from pathlib import Path
from typing import Any

from studyserver.studies.design.freezing import lifted
from studyserver.studies.exports.materials import copy_vectors, shown_stimuli, vectors_of, write_thumbnails
from tests.studies import factories


def test_a_set_of_two_arms_is_written_once_and_what_was_there_before_goes(
    db: None, settings: Any, tmp_path: Path
) -> None:
    settings.SETS_ROOT = tmp_path / "sets"
    images = factories.make_set(factories.make_dataset())
    for what in ("embeddings", "features"):
        path = settings.SETS_ROOT / images.name / "space" / f"{what}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(what.encode())
    study = factories.make_study(sets=[images, images])
    out = tmp_path / "out"
    out.mkdir()
    for name in ("embeddings-old.npz", "features-old.npz", "thumbnails-old.zip"):
        (out / name).touch()
    embeddings, features = copy_vectors(study, out, "embeddings"), copy_vectors(study, out, "features")
    thumbnails = write_thumbnails(study, out)
    assert [path.name for path in embeddings] == [name for name, _ in vectors_of(images, "embeddings")]
    assert embeddings[0].read_bytes() == b"embeddings"
    assert sorted(path.name for path in out.iterdir()) == [
        "embeddings-set-a-space.npz",
        "features-set-a-space.npz",
        "thumbnails-set-a.zip",
    ]
    assert len(features) == len(thumbnails) == 1


def test_images_are_shown_in_the_order_of_categories_and_none_that_is_flagged(db: None) -> None:
    study = factories.make_study()
    arm = study.arms.get()
    with lifted():
        arm.stimulus_set.stimuli.filter(category__name="Heavy metal").update(flagged=True)
    names = [stimulus.category.name for stimulus in shown_stimuli(arm, study)]
    assert names == [name for name in factories.CATEGORIES if name != "Heavy metal" for _ in range(3)]
