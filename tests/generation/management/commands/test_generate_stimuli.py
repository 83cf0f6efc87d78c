"""`generate_stimuli` and `paint` on a tiny dataset: rows, files, provenance, and what is refused."""

import json

import numpy as np
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from generation.files.contact_sheets import SheetImage, draw_sheet
from generation.models import Checkpoint, Clip, Content, GenerationJob, Stimulus, StimulusSet
from generation.seeds import image_seed
from tests.generation.files.sound.sounds import fading, tone, variable_mp3, wav, without_count
from tests.generation.tiny import import_tiny, train_tiny


def generate(name, **options):
    return call_command("generate_stimuli", name, checkpoint="tiny-run", dataset="tiny", verbosity=0, **options)


def images(name):
    """(clip, index) -> (file hash, provenance) of a set."""
    return {
        (row.clip.sha256, row.index): (row.sha256, row.provenance)
        for row in Stimulus.objects.filter(set__name=name).select_related("clip")
    }


def read(row):
    with default_storage.open(row.file.name) as file:
        return file.read()


def test_a_set_holds_one_image_per_clip_with_whole_provenance(trained):
    sentence = generate("set-a", split=["val", "test"], seed=5)
    assert sentence.startswith("Made 6 images of 6 clips for the set set-a; contact sheets in")
    stimulus_set = StimulusSet.objects.get(name="set-a")
    checkpoint = Checkpoint.objects.get()
    assert (stimulus_set.status, stimulus_set.checkpoint) == ("ready", checkpoint)
    rows = list(stimulus_set.stimuli.select_related("clip__category"))
    assert len(rows) == 6
    for row in rows:
        assert (row.width, row.height, row.index, row.board) == (384, 384, 0, None)
        assert row.category == row.clip.category
        assert row.file.name == f"{row.sha256[:2]}/{row.sha256}.png"
        provenance = row.provenance
        assert provenance["seed"] == row.seed == image_seed(5, row.clip.sha256, 0)
        assert provenance["audio"] == {"sha256": row.clip.sha256, "window_start_s": 0.0, "window_s": 3.1}
        assert provenance["checkpoint"]["weights_sha256"] == checkpoint.weights_sha256
        assert provenance["painting"]["settings"]["strength"] == 1.2
        assert set(provenance["libraries"]) >= {"torch", "onnxruntime", "pillow"}
        assert len(provenance["code"]["source_sha256"]) == 64
        eligible = sorted(
            Clip.objects.filter(category=row.category, split__in=["val", "test"]).values_list("sha256", flat=True)
        )
        assert (provenance["clip_rank"], provenance["clips_eligible"]) == (eligible.index(row.clip.sha256), 3)
        assert provenance["painting"]["place"] == provenance["clip_rank"]
        pool = set(Content.objects.values_list("sha256", flat=True))
        assert provenance["painting"]["content"]["sha256"] in pool
    assert GenerationJob.objects.values_list("state", "done", "total").get() == ("done", 6, 6)


def test_contact_sheets_show_the_images_of_their_category(trained):
    generate("set-a")
    for category in trained.categories.all():
        rows = Stimulus.objects.filter(category=category).select_related("clip").order_by("clip__sha256")
        sheet = draw_sheet([SheetImage(read(row), f"{row.clip.sha256[:12]} 0") for row in rows])
        assert (settings.SETS_ROOT / "set-a" / f"contact-{category.slug}.png").read_bytes() == sheet


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_files_do_not_depend_on_the_batch_size(trained, batch_size):
    generate("plain", images_per_clip=2)
    generate("batched", images_per_clip=2, batch_size=batch_size)
    assert images("plain") == images("batched")
    assert len(images("plain")) == 8


def test_files_do_not_depend_on_which_images_are_asked_for(trained):
    generate("whole", images_per_clip=2)
    generate("part", images_per_clip=2, categories=["Dark"], clips_per_category=1)
    whole, part = images("whole"), images("part")
    assert len(part) == 2
    assert all(whole[place] == image for place, image in part.items())


def test_another_seed_makes_other_images(trained):
    generate("first", seed=1)
    generate("second", seed=2)
    assert {sha256 for sha256, _ in images("first").values()}.isdisjoint(
        sha256 for sha256, _ in images("second").values()
    )


def test_a_finished_set_asked_for_again_changes_nothing(trained):
    generate("set-a")
    before = list(Stimulus.objects.values()), list(GenerationJob.objects.values())
    assert generate("set-a") == "Nothing to do: the set set-a already holds its 4 images."
    assert (list(Stimulus.objects.values()), list(GenerationJob.objects.values())) == before


def test_missing_images_of_a_set_are_made_again(trained):
    generate("set-a", images_per_clip=2)
    before = images("set-a")
    Stimulus.objects.filter(index=1).first().delete()
    StimulusSet.objects.update(status="building")
    assert "Made 1 image of 4 clips for the set set-a (7 were there already)" in generate("set-a", images_per_clip=2)
    assert images("set-a") == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": 8}, "request.seed is 0 there and 8 here"),
        ({"images_per_clip": 2}, "request.images_per_clip is 1 there and 2 here"),
        ({"split": ["val"]}, "request.splits is"),
    ],
)
def test_a_set_is_not_continued_with_other_settings(trained, options, words):
    generate("set-a")
    with pytest.raises(CommandError, match=words):
        generate("set-a", **options)


def test_another_checkpoint_is_another_setting(trained):
    generate("set-a")
    train_tiny("other-run", seed=1)
    with pytest.raises(CommandError, match="checkpoint.epoch is|checkpoint.name is"):
        call_command("generate_stimuli", "set-a", checkpoint="other-run", dataset="tiny")


def test_past_the_pool_photographs_come_again_changed_and_it_is_said(trained):
    sentence = generate("set-a", images_per_clip=4)
    assert "10 images paint on a photograph that their category has used already, cropped or flipped" in sentence
    for category in trained.categories.all():
        contents = [
            json.dumps(row.provenance["painting"]["content"], sort_keys=True)
            for row in Stimulus.objects.filter(category=category)
        ]
        assert len(set(contents)) == 8


def test_train_clips_are_called_what_they_are(trained):
    assert "6 images are of train clips, which the model has heard in training." in generate("set-a", split=["train"])


def test_without_content_images_the_own_ones_are_used_and_it_is_said(db, data_folder, tmp_path):
    import_tiny(tmp_path / "source", contents=0)
    train_tiny("tiny-run")
    assert "The dataset tiny has no content images; the photographs are Paragone's." in generate("set-a")
    assert StimulusSet.objects.get().settings["photos"]["size"] == 12


def test_an_error_leaves_what_was_made_and_is_kept_with_the_job(trained):
    clip = Clip.objects.filter(split="test").order_by("category__order", "sha256").last()
    path = settings.MEDIA_ROOT / clip.file.name
    good = path.read_bytes()
    path.write_bytes(b"nonsense")
    for cached in (settings.CACHE_ROOT / "musipainter").rglob("*.npy"):
        cached.unlink()
    with pytest.raises(CommandError, match=f"{path.name}: has changed since it was imported"):
        generate("set-a", batch_size=1)
    job = GenerationJob.objects.get()
    assert (job.state, job.done, job.total, job.set.status) == ("failed", 3, 4, "failed")
    assert path.name in job.error
    path.write_bytes(good)
    assert "(3 were there already)" in generate("set-a", batch_size=1)
    assert StimulusSet.objects.get().status == "ready"


def test_weights_that_were_exchanged_are_noticed(trained):
    train_tiny("other-run", seed=1)
    runs = settings.RUNS_ROOT
    (runs / "tiny-run" / "embedder.safetensors").write_bytes((runs / "other-run" / "embedder.safetensors").read_bytes())
    with pytest.raises(CommandError, match="weights of tiny-run are not those that were registered"):
        generate("set-a")
    assert not StimulusSet.objects.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checkpoint": None}, "--checkpoint is missing"),
        ({"dataset": None}, "--dataset is missing"),
        ({"checkpoint": "none"}, "There is no checkpoint none. Train it"),
        ({"dataset": "none"}, "There is no dataset none"),
        ({"categories": ["Jazz"]}, 'no category "Jazz"'),
        ({"total": 3, "clips_per_category": 1}, "not for both"),
        ({"batch_size": 0}, "batch size must be at least 1"),
        ({"from_set": "x"}, "--from belongs to --source shuffled"),
        ({"distribute": True}, "REDIS_URL is not set"),
        ({"no_wait": True}, "--no-wait belongs to --distribute"),
        (
            {"distribute": True, "source": "shuffled", "checkpoint": None},
            "--distribute does not go with --source shuf",
        ),
        ({"source": "shuffled"}, "--from is missing"),
        ({"source": "shuffled", "from_set": "x"}, "--checkpoint does not go with --source shuffled"),
        ({"source": "shuffled", "from_set": "x", "checkpoint": None, "dataset": None}, "no stimulus set x to shuffle"),
        (
            {"source": "shuffled", "from_set": "x", "checkpoint": None, "dataset": None, "seed": -1},
            "The seed must lie between 0 and",
        ),
    ],
)
def test_wrong_options_give_one_clear_line_and_no_set(trained, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("generate_stimuli", "set-a", **{"checkpoint": "tiny-run", "dataset": "tiny"} | options)
    assert not StimulusSet.objects.exists()
    assert not (settings.SETS_ROOT / "set-a").exists()


# The shuffled control


def shuffle(name, parent="set-a", **options):
    return call_command("generate_stimuli", name, source="shuffled", from_set=parent, verbosity=0, **options)


def test_a_shuffled_set_relabels_whole_boards(trained):
    generate("set-a", split=["val", "test"])
    # Two categories on an odd number of boards cannot be balanced: the third board is one too many or too few.
    assert shuffle("control", seed=2) == (
        "Shuffled 6 images of set-a on 3 boards into the set control; whoever recognises the music behind every image "
        "matches 2 of 6 (33.3 %; chance 50.0 %)."
    )
    control = StimulusSet.objects.get(name="control")
    assert (control.source, control.parent.name, control.status) == ("shuffled", "set-a", "ready")
    parent = {(row.clip.sha256, row.index): row for row in Stimulus.objects.filter(set__name="set-a")}
    names = control.settings["categories"]
    for number in range(3):
        board = list(control.stimuli.filter(board=number).select_related("clip", "category"))
        assert sorted(row.category.name for row in board) == sorted(names)
        for row in board:
            provenance = row.provenance
            source = parent[provenance["source_clip"], provenance["source_index"]]
            assert (row.sha256, row.file.name, row.seed) == (source.sha256, source.file.name, source.seed)
            assert provenance["image"] == source.provenance
            # The image of category i counts as category perm[i].
            assert row.category.name == names[provenance["perm"][names.index(source.category.name)]]
            assert row.clip.category == row.category
    # Every clip and every image once
    assert len({row.clip_id for row in control.stimuli.all()}) == 6
    assert {row.sha256 for row in control.stimuli.all()} == {row.sha256 for row in parent.values()}


def test_a_shuffled_set_is_made_once_and_only_of_finished_matched_sets(trained):
    generate("set-a")
    assert shuffle("control") == "Shuffled 4 images of set-a on 2 boards into the set control."
    before = list(Stimulus.objects.values())
    assert shuffle("control") == "Nothing to do: the set control already holds its 4 images on 2 boards."
    assert list(Stimulus.objects.values()) == before
    for options, words in (
        ({"seed": 4}, "is begun with other settings|was begun with other settings"),
        ({"parent": "control"}, "is a shuffled control already"),
    ):
        with pytest.raises(CommandError, match=words):
            shuffle("control" if "seed" in options else "again", **options)
    with pytest.raises(CommandError, match="needs images of at least two categories"):
        shuffle("single", categories=["Dark"])
    StimulusSet.objects.filter(name="set-a").update(status="building")
    with pytest.raises(CommandError, match="is being made; finish it first"):
        shuffle("again")


def test_images_that_fill_no_board_are_left_out_and_counted(trained):
    generate("set-a", total=3)
    assert shuffle("control").startswith(
        "Shuffled 2 images of set-a on 1 board into the set control; left out: 1 image that fills no whole board; "
    )


# Any music


def test_paint_leaves_images_grid_and_provenance_and_no_rows(trained, tmp_path):
    source = tmp_path / "source" / "Dark" / "test-0.wav"
    out = tmp_path / "painted"
    sentence = call_command("paint", str(source), checkpoint="tiny-run", n=3, seed=4, out=str(out))
    assert sentence == f"Painted test-0.wav 3 times: 01.png, 02.png, 03.png, grid.png, provenance.json in {out}"
    provenance = json.loads((out / "provenance.json").read_text())
    clip = Clip.objects.get(metadata__path="Dark/test-0.wav")
    assert provenance["audio"] == {"sha256": clip.sha256, "window_start_s": 0.0, "window_s": 3.1}
    assert [image["seed"] for image in provenance["images"]] == [image_seed(4, clip.sha256, n) for n in range(3)]
    assert len({image["sha256"] for image in provenance["images"]}) == 3
    assert str(tmp_path) not in (out / "provenance.json").read_text()
    assert not Stimulus.objects.exists()
    again = tmp_path / "again"
    call_command("paint", str(source), checkpoint="tiny-run", n=3, seed=4, out=str(again))
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {p.name: p.read_bytes() for p in again.iterdir()}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"audio": "nothing.wav"}, "nothing.wav cannot be read"),
        ({"audio": "noise.wav"}, "noise.wav: not a readable sound file"),
        ({"audio": "antiphase.wav"}, "antiphase.wav: has channels that cancel each other out"),
        ({"audio": "constant.wav"}, "constant.wav: is silent: all samples have one value"),
        ({"audio": "integers.wav"}, "integers.wav: holds samples up to 10,000.0, far outside -1 to 1"),
        ({"checkpoint": "none"}, "There is no checkpoint none"),
        ({"n": 0}, "At least 1 image"),
        ({"start": 90.0}, "ends before second 90"),
        ({"start": 2.5}, "test-0.wav: is too short: 0.6 s from second 2.5 on, at least 3 s are needed"),
        ({"start": -1.0}, "cannot be heard from second -1"),
        ({"start": float("nan")}, "cannot be heard from second nan"),
        ({"seed": -1}, "The seed must lie between 0 and"),
        ({"seed": 2**63}, "The seed must lie between 0 and"),
    ],
)
def test_paint_refuses_in_one_line(trained, tmp_path, options, words):
    (tmp_path / "noise.wav").write_bytes(b"nonsense")
    (tmp_path / "antiphase.wav").write_bytes(wav(np.stack([tone(1), -tone(1)], axis=1)))
    (tmp_path / "constant.wav").write_bytes(wav(np.full(90_000, 0.5)))
    (tmp_path / "integers.wav").write_bytes(wav(tone(1) * 20_000, kind="<f4"))
    audio = tmp_path / options.pop("audio", "source/Dark/test-0.wav")
    with pytest.raises(CommandError, match=words):
        call_command("paint", str(audio), **{"checkpoint": "tiny-run", "out": str(tmp_path / "out")} | options)
    assert not (tmp_path / "out").exists()


def test_paint_hears_a_file_as_long_as_it_is(trained, tmp_path):
    """Of an MP3 file without a count libsndfile hears 12.9 of these 30 s; tiny windows are 3.1 s long."""
    (tmp_path / "radio.mp3").write_bytes(without_count(variable_mp3(fading())))
    options = {"checkpoint": "tiny-run", "n": 1, "start": 20.0, "out": str(tmp_path / "out")}
    call_command("paint", str(tmp_path / "radio.mp3"), **options)
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["audio"]["window_start_s"] == 20.0
    assert provenance["audio"]["window_s"] > 3


def test_paint_does_not_take_a_file_for_a_folder(trained, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(CommandError, match="out is a file; --out takes a folder"):
        call_command(
            "paint",
            str(tmp_path / "source/Dark/test-0.wav"),
            checkpoint="tiny-run",
            out=str(tmp_path / "out"),
        )
    assert (tmp_path / "out").read_text() == "mine"


def test_a_run_trained_with_other_frozen_parts_is_refused(trained):
    path = settings.RUNS_ROOT / "tiny-run" / "config.json"
    config = json.loads(path.read_text())
    config["audio_encoder"]["weights_sha256"] = "0" * 64
    path.write_text(json.dumps(config))
    with pytest.raises(CommandError, match="other frozen parts: audio_encoder.weights_sha256 is"):
        generate("set-a")
    assert not StimulusSet.objects.exists()
