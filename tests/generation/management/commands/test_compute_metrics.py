"""compute_metrics: from the rows of a set to a folder of metrics, complete, repeatable, and refused with a reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from analysis.reading.features import load_features
from generation.encoders.spaces.registry import SPACES
from generation.media.local import LocalFiles
from generation.models import ReferencePair, Stimulus
from generation.run.measuring.embeddings import open_space
from tests.generation.management.commands.test_embed_stimuli import _own_folders, dataset, make_set  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db


def all_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_command_embeds_what_is_missing_and_writes_everything(dataset, tmp_path, capsys):  # noqa: F811
    make_set(dataset, tmp_path, per_clip=2)
    call_command("compute_metrics", "images", out=str(tmp_path / "out"))
    said = capsys.readouterr().out
    assert "Embedded images in the space embedded (12 images, 6 clips, 6 reference artworks)." in said
    assert "Extracted efficientnet-lite2 features of images" in said
    assert f"Metrics of images: {tmp_path / 'out' / 'metrics.html'}" in said
    found = all_of(tmp_path / "out")
    document = json.loads(found["metrics.json"])
    (block,) = document["sets"]["images"]["metrics"]
    assert block["space"]["name"] == "embedded"
    assert block["categories"] == ["A", "B", "木"]
    assert (block["n_images"], block["machine"]["board"]) == (12, 3)
    (distance,) = document["sets"]["images"]["distances"]
    assert distance["names"]["frechet"] == "Fréchet distance (EfficientNet-Lite2)"
    assert b"Not FID" in found["metrics.html"]
    assert found["metrics.html"].count(b'<img src="data:image/jpeg') == 12
    call_command("compute_metrics", "images", out=str(tmp_path / "again"))
    assert capsys.readouterr().out.count("Up to date") == 2
    assert all_of(tmp_path / "again") == found


def test_features_are_those_of_the_distinct_reference_artworks(dataset, tmp_path):  # noqa: F811
    make_set(dataset, tmp_path)
    call_command("compute_metrics", "images", out=str(tmp_path / "out"), board=2, verbosity=0)
    found = load_features(Path(settings.SETS_ROOT) / "images" / "efficientnet-lite2" / "features.npz")
    pairs = ReferencePair.objects.filter(clip__category__name__in=["A", "B", "木"])
    assert sorted(found.reference_ids) == sorted({pair.artwork.sha256 for pair in pairs})
    assert set(found.image_clips) == set(Stimulus.objects.values_list("clip__sha256", flat=True))
    assert (found.images.shape[1], found.images.dtype) == (1280, np.float32)
    assert found.description["set"] == "images"
    with np.load(Path(settings.SETS_ROOT) / "images" / "efficientnet-lite2" / "features.npz") as stored:
        # Files of one folder tell no recordings.
        assert stored["image_pieces"].tolist() == [""] * len(found.image_ids)
        assert stored["reference_pieces"].tolist() == [""] * len(found.reference_ids)


def test_no_features_on_request_and_several_sets_side_by_side(dataset, tmp_path):  # noqa: F811
    make_set(dataset, tmp_path)
    make_set(dataset, tmp_path, name="others")
    call_command("compute_metrics", "images", "others", features=[], out=str(tmp_path / "out"), verbosity=0)
    document = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert [found["distances"] for found in document["sets"].values()] == [[], []]
    assert document["side_by_side"][0]["owners"] == ["images", "others"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no stimulus set nowhere"),
        (["images", "--features", "inception-pytorch-fid"], "put pt_inception"),
        (["images", "--space", "wav2clip-three-10s"], "put Wav2CLIP.pt into"),
        (["images", "--space", "clap"], "choose from .*embedded.*wav2clip.*wav2clip-three-10s"),
        (["images", "--board", "1"], "at least 2 clips"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(dataset, tmp_path, settings, arguments, words):  # noqa: F811
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    make_set(dataset, tmp_path)
    with pytest.raises(CommandError, match=words) as error:
        call_command("compute_metrics", *arguments, "--out", str(tmp_path / "out"))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_weights_file_that_lies_there_is_used_or_refused_by_name_never_passed_over(dataset, tmp_path, settings):  # noqa: F811
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    settings.WEIGHTS_ROOT.mkdir()
    (settings.WEIGHTS_ROOT / "pt_inception-2015-12-05-6726825d.pth").write_bytes(b"not the published file")
    make_set(dataset, tmp_path)
    with pytest.raises(CommandError, match="pt_inception-2015-12-05-6726825d.pth"):
        call_command("compute_metrics", "images", out=str(tmp_path / "out"), verbosity=0)


def test_every_named_space_is_known(dataset, tmp_path, settings):  # noqa: F811
    settings.WEIGHTS_ROOT = tmp_path / "weights"
    for name in list(SPACES)[1:]:
        with pytest.raises(Exception, match="put Wav2CLIP.pt"):
            open_space(name, dataset, local=LocalFiles(None))
    with pytest.raises(Exception, match="the spaces are embedded, wav2clip, wav2clip-three-10s"):
        open_space("clap", dataset, local=LocalFiles(None))
