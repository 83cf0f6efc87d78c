"""Images made elsewhere become a set: how they find their clips, what is skipped, and that nothing is lost twice."""

import io
import os
import shutil

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image, PngImagePlugin

from generation.datasets.imports import import_dataset
from generation.errors import StimulusSetError
from generation.files import find_look
from generation.media.storage import sha256_of
from generation.models import Clip, Stimulus, StimulusSet
from generation.run.sources.imported import import_stimuli
from generation.stimuli.flags import flag_stimuli
from studyserver.studies.design import lifted
from studyserver.studies.models import Arm, Study
from tests.generation.files.pictures import deep, png, scene
from tests.generation.media_files import write_folder, write_manifest, write_picture, write_tone

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    """Two categories of two train, one val and one test clip each, called clip-0 .. clip-3."""
    write_folder(tmp_path / "art", {"Heavy metal": (4, 4), "Folk": (4, 4)})
    return import_dataset(path=tmp_path / "art", name="art").dataset


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, settings):
    settings.SETS_ROOT = tmp_path / "sets"


@pytest.fixture
def images(tmp_path):
    return tmp_path / "images"


def take(images, name="mine"):
    return import_stimuli(path=images, set_name=name, dataset_name="art")


def open_study(stimulus_set, status=Study.Status.OPEN):
    study = Study.objects.create(slug="s", title="A study")
    Arm.objects.create(study=study, name="arm", stimulus_set=stimulus_set)
    Study.objects.filter(pk=study.pk).update(status=status)
    return study


def test_names_bring_images_to_their_clips(dataset, images, capsys, settings):
    write_picture(images / "Heavy metal" / "clip-1.png", seed=1)
    write_picture(images / "Heavy metal" / "clip-2-0.jpg", seed=2)
    write_picture(images / "heavy-metal" / "clip-2_1.webp", seed=3)
    write_picture(images / "Folk" / f"{Clip.objects.get(category__name='Folk', title='clip-3').sha256}.png", seed=4)
    call_command("import_stimuli", str(images), set="mine", dataset="art")
    assert capsys.readouterr().out == "Imported 4 images into the set mine; nothing skipped.\n"
    found = Stimulus.objects.values_list("category__name", "clip__title", "index", "provenance__clip_assigned_by")
    assert sorted(found) == [
        ("Folk", "clip-3", 0, "name"),
        ("Heavy metal", "clip-1", 0, "name"),
        ("Heavy metal", "clip-2", 0, "name"),
        ("Heavy metal", "clip-2", 1, "name"),
    ]
    stimulus_set = StimulusSet.objects.get()
    assert (stimulus_set.source, stimulus_set.status, stimulus_set.dataset) == ("imported", "ready", dataset)
    sheets = (settings.SETS_ROOT / "mine").glob("contact-*.png")
    assert sorted(path.name for path in sheets) == ["contact-folk.png", "contact-heavy-metal.png"]


def test_provenance_names_the_file_by_hash_and_the_stored_image_tells_nothing_else(dataset, images):
    path = images / "Folk" / "clip-1.png"
    write_picture(path, seed=1)
    with Image.open(path) as image:
        pixels, info = image.copy(), PngImagePlugin.PngInfo()
    info.add_text("parameters", "folk music, by some model")
    pixels.save(path, pnginfo=info)
    take(images)
    row = Stimulus.objects.get()
    assert row.provenance == {
        "source": "imported",
        "file": "Folk/clip-1.png",
        "file_sha256": sha256_of(path.read_bytes()),
        "clip_sha256": row.clip.sha256,
        "clip_assigned_by": "name",
        "seed": None,
        "dataset": "art",
        "dataset_manifest_sha256": dataset.manifest_sha256,
        "stated": {},
    }
    with default_storage.open(row.file.name) as file:
        data = file.read()
    assert sha256_of(data) == row.sha256
    assert b"some model" not in data
    with Image.open(io.BytesIO(data)) as stored:
        assert stored.format == "PNG"
        assert stored.tobytes() == pixels.convert("RGB").tobytes()
        assert (row.width, row.height) == stored.size


def test_images_without_clip_names_stand_for_the_held_out_clips_in_order(dataset, images, capsys):
    for n in range(3):
        write_picture(images / "Folk" / f"image{n}.png", seed=n)
    call_command("import_stimuli", str(images), set="mine", dataset="art")
    assert capsys.readouterr().out == (
        "Imported 3 images into the set mine; 3 of them stand for clips in order, not by name; nothing skipped.\n"
    )
    held_out = list(
        Clip.objects.filter(category__name="Folk")
        .exclude(split="train")
        .order_by("sha256")
        .values_list("pk", flat=True)
    )
    rows = Stimulus.objects.order_by("provenance__file").values_list("clip", "index", "provenance__clip_assigned_by")
    assert list(rows) == [(held_out[0], 0, "order"), (held_out[1], 0, "order"), (held_out[0], 1, "order")]


def test_csv_names_clip_and_image(dataset, images):
    for n in range(4):
        write_picture(images / f"{n}.png", seed=n)
    folk = Clip.objects.get(category__name="Folk", title="clip-0")
    write_manifest(
        images.parent / "images" / "stimuli.csv",
        [
            {"clip": "Folk/audio/clip-0.wav", "image": "0.png", "index": "", "seed": "17", "model": "other"},
            {"clip": folk.sha256, "image": "1.png", "index": ""},
            {"clip": folk.sha256[:12], "image": "2.png", "index": "7", "category": "Folk"},
            {"clip": "clip-0", "image": "3.png"},
            {"clip": "nothing", "image": "3.png"},
            {"clip": folk.sha256, "image": "3.png", "category": "Heavy metal"},
            {"clip": folk.sha256, "image": "3.png", "index": "-1"},
            {"clip": folk.sha256, "image": "3.png", "seed": "x"},
            {"clip": folk.sha256, "image": ""},
            {"clip": folk.sha256, "image": "4.png"},
            {"clip": folk.sha256, "image": "../art/Folk/images/art-0.png"},
            {"clip": folk.sha256, "image": "3.png", "index": "7"},
        ],
    )
    done = take(images)
    assert [str(item) for item in done.skipped] == [
        'stimuli.csv row 5: 2 clips are called "clip-0"; name it by file or sha256',
        'stimuli.csv row 6: no clip is called "nothing" (name it by title, file or sha256)',
        'stimuli.csv row 7: category is "Heavy metal", but the clip belongs to "Folk"',
        "stimuli.csv row 8: index -1 is out of range",
        'stimuli.csv row 9: seed is "x"; it must be a whole number',
        "stimuli.csv row 10: image is empty",
        "4.png: is missing",
        "../art/Folk/images/art-0.png: lies outside the folder",
        "3.png: image 7 of clip-0 has another image already",
    ]
    rows = Stimulus.objects.order_by("index").values_list("clip", "index", "seed", "provenance__stated")
    assert list(rows) == [(folk.pk, 0, 17, {"model": "other"}), (folk.pk, 1, 0, {}), (folk.pk, 7, 0, {})]


def test_importing_again_adds_nothing_and_more_later_is_added(dataset, images, capsys):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    take(images)
    row = Stimulus.objects.values().get()
    call_command("import_stimuli", str(images), set="mine", dataset="art")
    assert capsys.readouterr().out == "Nothing new: the set mine already holds all 1 usable images; nothing skipped.\n"
    assert Stimulus.objects.values().get() == row
    write_picture(images / "Folk" / "clip-2.png", seed=2)
    assert (take(images).added, take(images).present) == (1, 2)


def test_a_changed_image_does_not_replace_the_first(dataset, images):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    take(images)
    sha256 = Stimulus.objects.get().sha256
    write_picture(images / "Folk" / "clip-1.png", seed=2)
    with pytest.raises(StimulusSetError, match="image 0 of clip-1 has another image already"):
        take(images)
    assert Stimulus.objects.get().sha256 == sha256


def test_pictures_that_show_nothing_are_left_out_and_others_stand_as_browsers_show_them(dataset, images):
    (images / "Folk").mkdir(parents=True)
    Image.new("RGB", (80, 80)).save(images / "Folk" / "clip-1.png")
    grey = scene(4).convert("L")
    (images / "Folk" / "clip-2.png").write_bytes(png(deep(grey), 0))
    done = take(images)
    assert [str(item) for item in done.skipped] == [
        "Folk/clip-1.png: is one colour throughout (black): there is nothing to see"
    ]
    stored = Stimulus.objects.get()
    with default_storage.open(stored.file.name) as file:
        assert Image.open(io.BytesIO(file.read())).tobytes() == grey.convert("RGB").tobytes()
    assert stored.look == find_look(grey)


def test_bad_files_and_folders_are_named(dataset, images, capsys):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    write_picture(images / "Folk" / "stranger.png", seed=2)
    write_picture(images / "Folk" / "clip-2.png", seed=3, size=(10, 10))
    (images / "Folk" / "clip-3.png").write_text("no image")
    write_picture(images / "Jazz" / "a.png", seed=4)
    call_command("import_stimuli", str(images), set="mine", dataset="art")
    out, err = capsys.readouterr()
    assert out == "Imported 1 image into the set mine; 4 files skipped (reasons above).\n"
    assert [line.split(" (")[0] for line in err.splitlines()] == [
        "Skipped Folk/stranger.png: names no clip of its category",
        "Skipped Jazz/: is no category of art",
        "Skipped Folk/clip-2.png: is too small: 10 x 10 pixels, at least 64 are needed",
        "Skipped Folk/clip-3.png: not a readable image",
    ]


def test_nothing_usable_makes_no_set(dataset, images):
    (images / "Folk").mkdir(parents=True)
    with pytest.raises(StimulusSetError, match="holds neither a stimuli.csv nor folders"):
        take(images)
    (images / "Folk" / "clip-1.png").write_text("no image")
    with pytest.raises(StimulusSetError, match=r"No image of .* is usable.* Folk/clip-1\.png: not a readable image"):
        take(images)
    assert not StimulusSet.objects.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "none"}, "There is no dataset none; import it first"),
        ({"set": "a b"}, '"a b" cannot name a set'),
        ({"folder": "nowhere"}, "There is no folder or csv file nowhere"),
    ],
)
def test_wrong_names_are_refused(dataset, images, options, message):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    arguments = {"folder": str(images), "set": "mine", "dataset": "art"} | options
    with pytest.raises(CommandError, match=message):
        call_command("import_stimuli", arguments.pop("folder"), **arguments)


def test_a_set_of_another_source_or_dataset_is_not_touched(dataset, images, tmp_path):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    StimulusSet.objects.create(name="generated", dataset=dataset)
    with pytest.raises(StimulusSetError, match="holds generated by a Musipainter checkpoint images"):
        take(images, name="generated")
    write_folder(tmp_path / "other", {"Folk": (1, 1)})
    other = import_dataset(path=tmp_path / "other", name="other").dataset
    StimulusSet.objects.create(name="theirs", dataset=other, source=StimulusSet.Source.IMPORTED)
    with pytest.raises(StimulusSetError, match="belongs to another dataset"):
        take(images, name="theirs")


@pytest.mark.parametrize("status", [Study.Status.OPEN, Study.Status.CLOSED])
def test_a_set_that_an_opened_study_shows_takes_no_more_images_and_no_flags(dataset, images, status):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    stimulus_set = take(images).stimulus_set
    study = open_study(stimulus_set, status=status)
    write_picture(images / "Folk" / "clip-2.png", seed=2)
    with pytest.raises(StimulusSetError, match='The study "A study" was opened with the set mine'):
        take(images)
    with pytest.raises(StimulusSetError, match="part of a frozen design"):
        flag_stimuli(stimuli=Stimulus.objects.all())
    assert not Stimulus.objects.filter(flagged=True).exists()
    with lifted():
        Study.objects.filter(pk=study.pk).update(status=Study.Status.DRAFT)
    assert take(images).added == 1
    assert flag_stimuli(stimuli=Stimulus.objects.all()) == 2


def test_flagging_is_all_or_nothing_and_can_be_taken_back(dataset, images):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    write_picture(images / "Folk" / "clip-2.png", seed=2)
    free = take(images, name="free").stimulus_set
    shown = take(images, name="shown").stimulus_set
    open_study(shown)
    with pytest.raises(StimulusSetError, match="was opened with the set shown"):
        flag_stimuli(stimuli=Stimulus.objects.all())
    assert not Stimulus.objects.filter(flagged=True).exists()
    assert flag_stimuli(stimuli=free.stimuli.all()) == 2
    assert flag_stimuli(stimuli=free.stimuli.all()) == 0
    assert flag_stimuli(stimuli=free.stimuli.all()[:1], flagged=False) == 1
    assert free.stimuli.filter(flagged=True).count() == 1


def test_a_copied_folder_gives_the_same_set(dataset, images, tmp_path):
    for n in range(3):
        write_picture(images / "Heavy metal" / f"x{n}.png", seed=n)
    shutil.copytree(images, tmp_path / "copy")
    for path, name in ((images, "one"), (tmp_path / "copy", "two")):
        import_stimuli(path=path, set_name=name, dataset_name="art")
    one, two = (
        list(
            StimulusSet.objects.get(name=name)
            .stimuli.values_list("clip", "index", "sha256", "provenance")
            .order_by("pk")
        )
        for name in ("one", "two")
    )
    assert one == two


def test_decomposed_folders_and_clips_are_found(tmp_path, capsys):
    name = "Chanson franc\u0327aise"
    write_folder(tmp_path / "art", {name: (2, 2)})
    write_tone(tmp_path / "art" / name / "audio" / "cafe\u0301.wav", hertz=999)
    import_dataset(path=tmp_path / "art", name="french")
    write_picture(tmp_path / "made" / name / "caf\u00e9-1.png", seed=1)
    write_picture(tmp_path / "made" / "Chanson française" / "clip-0.png", seed=2)
    done = import_stimuli(path=tmp_path / "made", set_name="mine", dataset_name="french")
    assert (done.added, done.by_order, done.skipped) == (2, 0, [])


def test_tables_of_spreadsheets_and_of_pandas_name_images(dataset, images):
    write_picture(images / "a.png", seed=1)
    rows = [
        "\ufeffclip;image;category;index;seed;model",
        "Folk/audio/clip-1.wav;a.png;NA;2.0;nan;x",
        "clip-1;b\x00.png;;;;",
    ]
    (images / "stimuli.csv").write_text("\r\n".join(rows), encoding="utf-8", newline="")
    done = take(images)
    assert done.added == 1
    assert Stimulus.objects.get().index == 2
    assert [str(skip) for skip in done.skipped] == [
        "stimuli.csv row 3: image holds the control character U+0000; take it out"
    ]


def test_every_entry_of_the_folder_is_taken_or_named(dataset, images):
    write_picture(images / "Folk" / "clip-1.png", seed=1)
    write_picture(images / "Folk" / "old" / "clip-2.png", seed=2)
    write_picture(images / "loose.png", seed=3)
    (images / "Folk" / ".hidden").write_bytes(b"x")
    (images / "Folk" / "clip-3.png").symlink_to("nowhere.png")
    os.mkfifo(images / "Folk" / "clip-4.png")
    done = take(images)
    assert (done.added, done.hidden) == (1, 1)
    assert [str(skip) for skip in done.skipped] == [
        "loose.png: lies beside the categories; move it into the folder of its own",
        "Folk/clip-3.png: is a link to nothing",
        "Folk/clip-4.png: is a named pipe, not a file",
        "Folk/old/clip-2.png: lies deeper than Folk/; move it up",
    ]
