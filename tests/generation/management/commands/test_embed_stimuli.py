"""embed_stimuli: from the rows of a set to embeddings.npz, complete, repeatable, and refused with a reason."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from analysis.metrics.block import arm_metrics
from analysis.reading.embeddings import load
from generation.datasets.imports import import_dataset
from generation.encoders.spaces.embedded import EmbeddedSpace
from generation.media import storage
from generation.models import Artwork, Clip, Dataset, ReferencePair, Stimulus, StimulusSet
from generation.run.measuring import rows
from generation.run.measuring.embeddings import embed_set
from tests.generation.media_files import write_folder, write_manifest, write_picture, write_tone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, settings):
    settings.SETS_ROOT = tmp_path / "sets"
    settings.SPACES_ROOT = tmp_path / "spaces"
    # The features of the same tiny files are shared between tests: they are what takes time.
    settings.CACHE_ROOT = Path(settings.DATA_DIR) / "cache"


@pytest.fixture
def dataset(tmp_path):
    """Four categories of two train, one val and one test clip and artwork each."""
    write_folder(tmp_path / "art", {"A": (4, 4), "B": (4, 4), "C": (4, 4), "木": (4, 4)})
    return import_dataset(path=tmp_path / "art", name="art").dataset


def make_set(dataset, tmp_path, *, name="images", categories=("A", "B", "木"), splits=("val", "test"), per_clip=1):
    """A ready set with one picture (or more) per clip."""
    stimulus_set = StimulusSet.objects.create(name=name, dataset=dataset, status=StimulusSet.Status.READY)
    clips = Clip.objects.filter(category__dataset=dataset, category__name__in=categories, split__in=splits)
    for number, clip in enumerate(clips.order_by("category__order", "id")):
        for index in range(per_clip):
            picture = write_picture(tmp_path / f"{number}-{index}.png", seed=900 + 10 * number + index)
            sha256, file = storage.store(picture.read_bytes(), ".png")
            Stimulus.objects.create(
                set=stimulus_set,
                category=clip.category,
                clip=clip,
                index=index,
                seed=number,
                sha256=sha256,
                file=file,
                width=80,
                height=64,
            )
    return stimulus_set


def read(name="images", space="embedded"):
    path = Path(settings.SETS_ROOT) / name / space / "embeddings.npz"
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def test_every_image_clip_and_reference_has_its_row(dataset, tmp_path, capsys):
    make_set(dataset, tmp_path, per_clip=2)
    call_command("embed_stimuli", "images", space="embedded")
    path = Path(settings.SETS_ROOT) / "images" / "embedded" / "embeddings.npz"
    assert capsys.readouterr().out == (
        f"Embedded 12 images, 6 clips and 6 reference artworks of images in the space embedded: {path}\n"
    )
    found = read()
    stimuli = list(Stimulus.objects.order_by("category__order", "clip__sha256", "index").select_related("clip"))
    assert found["image_ids"].tolist() == [row.sha256 for row in stimuli]
    assert found["image_labels"].tolist() == [row.category.name for row in stimuli]
    assert found["audio_ids"][found["partner"]].tolist() == [row.clip.sha256 for row in stimuli]
    artwork_of = dict(ReferencePair.objects.values_list("clip__sha256", "artwork__sha256"))
    assert found["reference_ids"][found["reference_partner"]].tolist() == [artwork_of[r.clip.sha256] for r in stimuli]
    assert found["reference_labels"][found["reference_partner"]].tolist() == found["image_labels"].tolist()
    for kind in ("image", "audio", "reference"):
        rows = found[f"{kind}_embeddings"]
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert load(path).space["name"] == "embedded"


def test_every_row_names_the_recording_that_it_comes_from(dataset, tmp_path):
    for number, clip in enumerate(Clip.objects.exclude(category__name="木")):
        Clip.objects.filter(pk=clip.pk).update(piece_id=f"recording {number % 3}")
    Artwork.objects.filter(category__name="A").update(piece_id="statue")
    make_set(dataset, tmp_path, per_clip=2)
    embed_set(name="images", space="embedded")
    found = read()
    piece_of = dict(Clip.objects.values_list("sha256", "piece_id"))
    assert found["audio_pieces"].tolist() == [piece_of[sha256] for sha256 in found["audio_ids"]]
    assert found["image_pieces"].tolist() == found["audio_pieces"][found["partner"]].tolist()
    assert set(found["image_pieces"][found["image_labels"] == "木"]) == {""}
    assert "recording 1" in found["image_pieces"]
    assert set(zip(found["reference_labels"], found["reference_pieces"], strict=True)) == {
        ("A", "statue"),
        ("B", ""),
        ("木", ""),
    }
    assert load(Path(settings.SETS_ROOT) / "images" / "embedded" / "embeddings.npz").space["name"] == "embedded"


def test_clips_without_an_image_are_rows_too(dataset, tmp_path):
    stimulus_set = make_set(dataset, tmp_path)
    stimulus_set.stimuli.filter(clip__split="val", category__name="A").delete()
    done = embed_set(name="images", space="embedded")
    assert (done.images, done.clips, done.references) == (5, 6, 6)
    found = read()
    clips = Clip.objects.filter(category__name__in=["A", "B", "木"], split__in=["val", "test"])
    assert set(found["audio_ids"]) == set(clips.values_list("sha256", flat=True))


def test_splits_that_were_asked_for_count_even_where_no_clip_of_them_was_drawn(dataset, tmp_path):
    stimulus_set = make_set(dataset, tmp_path, splits=["test"])
    assert embed_set(name="images", space="embedded").clips == 3
    StimulusSet.objects.update(settings={"request": {"splits": ["val", "test"]}})
    assert embed_set(name="images", space="embedded").clips == 6
    child = StimulusSet.objects.create(name="child", dataset=dataset, parent=stimulus_set, status="ready")
    for row in stimulus_set.stimuli.all():
        row.pk, row.set = None, child
        row.save()
    assert embed_set(name="child", space="embedded").clips == 6


def test_the_space_says_what_the_numbers_rest_on(dataset, tmp_path):
    Dataset.objects.update(notes="Tiny and made up.")
    make_set(dataset, tmp_path)
    embed_set(name="images", space="embedded")
    space = json.loads(str(read()["space"].item()))
    dataset.refresh_from_db()
    assert space["name"] == "embedded"
    assert (space["set"], space["dataset"]) == ("images", "art")
    assert space["dataset_manifest_sha256"] == dataset.manifest_sha256
    assert (space["splits"], space["categories"]) == (["val", "test"], ["A", "B", "木"])
    assert set(space["weights"]) == {"musicnn-msd.safetensors", "efficientnet-lite2-9656183e.pth"}
    assert space["options"]["head"]["fitted_on"]["clips"] == 8
    assert "torch" in space["versions"]
    assert any("not comparable with the paper's Table 1" in note for note in space["notes"])
    assert any("share their training artworks" in note for note in space["notes"])
    assert any("production style" in note for note in space["notes"])
    assert any('Known limits of the dataset "art"' in note for note in space["notes"])


def test_the_head_has_seen_nothing_but_the_train_split(dataset, tmp_path, monkeypatch):
    seen = []
    opened = EmbeddedSpace.open
    monkeypatch.setattr(EmbeddedSpace, "open", lambda opening: seen.append(opening) or opened(opening))
    make_set(dataset, tmp_path)
    embed_set(name="images", space="embedded")
    (opening,) = seen
    for side, model in (("clips", Clip), ("artworks", ReferencePair.artwork.field.related_model)):
        train = model.objects.filter(split="train").values_list("sha256", flat=True)
        assert sorted(file.sha256 for file in getattr(opening, side)()) == sorted(train)
        assert len(train) == 8


def test_embedding_again_computes_nothing_and_changes_nothing(dataset, tmp_path, monkeypatch, capsys):
    make_set(dataset, tmp_path)
    path = embed_set(name="images", space="embedded").path
    before, time = path.read_bytes(), path.stat().st_mtime_ns

    def refuse(*args):
        raise AssertionError("computed again")

    for extractor in ("MusicnnExtractor", "EfficientNetExtractor"):
        monkeypatch.setattr(f"generation.encoders.spaces.embedded.{extractor}.extract", refuse)
    call_command("embed_stimuli", "images")
    assert capsys.readouterr().out.startswith(f"Nothing new: {path} holds 6 images, 6 clips and 6 reference artworks")
    assert path.stat().st_mtime_ns == time
    # Without the cache everything is computed anew, to the same bytes.
    monkeypatch.undo()
    settings.CACHE_ROOT, kept = tmp_path / "empty", settings.CACHE_ROOT
    try:
        assert not embed_set(name="images", space="embedded").changed
    finally:
        settings.CACHE_ROOT = kept
    assert path.read_bytes() == before


def test_an_interrupted_embedding_keeps_what_was_computed(dataset, tmp_path, monkeypatch, settings):
    settings.CACHE_ROOT = tmp_path / "cache"
    make_set(dataset, tmp_path)

    def stop(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rows, "write_durably", stop)
        with pytest.raises(KeyboardInterrupt):
            embed_set(name="images", space="embedded")
    assert not (settings.SETS_ROOT / "images").exists()
    monkeypatch.setattr("generation.encoders.spaces.embedded.MusicnnExtractor.extract", stop)
    assert embed_set(name="images", space="embedded").changed


def test_one_image_for_several_clips_gets_distinct_ids(dataset, tmp_path):
    stimulus_set = make_set(dataset, tmp_path)
    first, second = stimulus_set.stimuli.order_by("category__order", "clip__sha256")[:2]
    Stimulus.objects.filter(pk=second.pk).update(sha256=first.sha256, file=first.file)
    embed_set(name="images", space="embedded")
    ids = read()["image_ids"].tolist()
    assert ids[:2] == [f"{first.sha256}:0", f"{first.sha256}:1"]
    assert len(set(ids)) == 6
    np.testing.assert_array_equal(read()["image_embeddings"][0], read()["image_embeddings"][1])


def test_a_clip_without_reference_leaves_iis_out_and_says_so(dataset, tmp_path):
    make_set(dataset, tmp_path)
    ReferencePair.objects.filter(clip__category__name="A").delete()
    done = embed_set(name="images", space="embedded")
    assert done.references == 0
    block = arm_metrics(done.path, ["A", "B", "木"])
    assert block["iis"]["status"] == "not_applicable"
    assert block["ais"]["score"] is not None
    assert any(note.startswith("No IIS:") for note in block["space"]["notes"])


def test_the_report_reads_what_is_written(dataset, tmp_path):
    make_set(dataset, tmp_path)
    block = arm_metrics(embed_set(name="images", space="embedded").path, ["木", "A"])
    assert (block["set"], block["n_images"], block["n_clips"], block["n_references"]) == ("images", 4, 4, 4)


def test_files_in_another_storage_are_fetched(dataset, tmp_path, monkeypatch):
    make_set(dataset, tmp_path)
    before = embed_set(name="images", space="embedded").path.read_bytes()

    def remote(self, name):
        raise NotImplementedError("no local path")

    opened = default_storage.open
    monkeypatch.setattr(
        "generation.media.local.default_storage",
        type("Remote", (), {"path": remote, "open": lambda self, name: opened(name)})(),
    )
    done = embed_set(name="images", space="embedded")
    assert not done.changed
    assert done.path.read_bytes() == before


def test_a_damaged_image_is_named(dataset, tmp_path):
    stimulus_set = make_set(dataset, tmp_path)
    row = stimulus_set.stimuli.first()
    sha256, file = storage.store(b"no picture at all", ".png")
    Stimulus.objects.filter(pk=row.pk).update(sha256=sha256, file=file)
    with pytest.raises(CommandError, match=rf"{sha256}\.png: not a readable image .*the stimulus {sha256[:12]}"):
        call_command("embed_stimuli", "images")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": StimulusSet.Status.BUILDING}, "is being made; finish it with generate_stimuli first"),
        ({"name": "other"}, "There is no stimulus set images"),
    ],
)
def test_an_unfinished_or_unknown_set_is_refused(dataset, tmp_path, change, message):
    make_set(dataset, tmp_path)
    StimulusSet.objects.update(**change)
    with pytest.raises(CommandError, match=message):
        call_command("embed_stimuli", "images")


def test_an_empty_set_and_an_unknown_space_are_refused(dataset, tmp_path):
    make_set(dataset, tmp_path, categories=())
    with pytest.raises(CommandError, match="holds no images"):
        call_command("embed_stimuli", "images")
    make_set(dataset, tmp_path, name="more")
    with pytest.raises(CommandError, match="invalid choice: 'clap'"):
        call_command("embed_stimuli", "more", "--space", "clap")


def test_wav2clip_without_weights_says_what_to_put_where(dataset, tmp_path, settings):
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    make_set(dataset, tmp_path)
    with pytest.raises(CommandError, match=r"put Wav2CLIP\.pt into .*weights"):
        call_command("embed_stimuli", "images", space="wav2clip")


def test_stored_text_is_plain_unicode(dataset, tmp_path):
    make_set(dataset, tmp_path)
    path = embed_set(name="images", space="embedded").path
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
        assert {stored[key].dtype.kind for key in ("image_ids", "image_labels", "audio_labels", "space")} == {"U"}


def test_no_artwork_of_the_split_means_no_reference_rows(tmp_path):
    rows = []
    for number, category in enumerate("ABC"):
        for n, split in enumerate(["train", "test"]):
            clip, art = f"{category}{n}.wav", f"{category}{n}.png"
            write_tone(tmp_path / "art" / clip, hertz=100 + 200 * number + 30 * n)
            write_picture(tmp_path / "art" / art, seed=2 * number + n)
            rows.append({"kind": "audio", "category": category, "path": clip, "split": split})
            rows.append({"kind": "image", "category": category, "path": art, "split": "train"})
    write_manifest(tmp_path / "art" / "manifest.csv", rows)
    dataset = import_dataset(path=tmp_path / "art", name="few").dataset
    make_set(dataset, tmp_path, categories="ABC", splits=["test"])
    found = embed_set(name="images", space="embedded")
    assert (found.images, found.clips, found.references) == (3, 3, 0)
    assert read()["reference_embeddings"].shape == (0, 2)
    assert read()["reference_partner"].tolist() == [-1, -1, -1]
