"""Importing datasets: from real files to rows, what is skipped, and that importing again changes nothing."""

import errno
import hashlib
import io
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
import soundfile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image

from generation.datasets import imports, inspection
from generation.datasets.imports import import_dataset
from generation.datasets.rows import manifest_sha256
from generation.demo import PACK
from generation.errors import DatasetError, SeedError
from generation.files import decode_image
from generation.media import sha256_of, storage
from generation.models import Artwork, Category, Clip, Content, Dataset, ReferencePair
from tests.generation.files.pictures import scene
from tests.generation.media_files import write_folder, write_manifest, write_picture, write_tone

pytestmark = pytest.mark.django_db


UNKNOWN = "Leakage: not known (piece_id in a manifest, or --piece-pattern, tells recordings)."


def snapshot():
    """Every row of the catalogue, without primary keys and clock times."""
    tables = []
    for model in (Dataset, Category, Clip, Artwork, Content):
        names = [field.name for field in model._meta.concrete_fields if field.name not in {"id", "created_at"}]
        keys = [f"{name}__name" if name in {"dataset", "category"} else name for name in names]
        tables.append(sorted(map(repr, model.objects.values_list(*keys))))
    pairs = ReferencePair.objects.values_list("clip__sha256", "clip__split", "artwork__sha256", "artwork__split")
    return [*tables, sorted(pairs)]


def test_demo_pack_is_imported_whole(capsys):
    call_command("import_dataset", str(PACK), name="demo")
    out, err = capsys.readouterr()
    assert out == (
        "Imported 40 clips, 41 artworks and 12 content images into the dataset demo "
        "(5 categories; clips train/val/test 25/5/10, of 37 recordings); 1 file skipped (reasons above). Leakage: 0 of "
        "10 test and 0 of 5 validation clips share a recording with train; 0 of 37 recordings lie in several splits.\n"
    )
    assert err == (
        'Skipped category "20th century abstractionism (spare)": has no usable audio, so it cannot be matched; '
        "left out with 1 file\n"
    )
    dataset = Dataset.objects.get()
    # Splits and recordings are those that docs/mini.md speaks of.
    assert dataset.manifest_sha256 == "37b9bb42dd8af786da549ae3504ddf03c2d6df4b077c8eecf810698c5282cab1"
    assert [category.name for category in dataset.categories.all()] == [
        "Renaissance symbolism",
        "Asian traditional folklore",
        "Heavy metal",
        "Electronic music",
        "Romanticism open view",
    ]
    clip = Clip.objects.get(title="Mille regrets")
    assert (clip.split, clip.piece_id, clip.creator) == ("train", "josquin-mille-regrets", "Josquin des Prez")
    assert (clip.duration, clip.sample_rate, clip.licence) == (30.0, 44_100, "GPL-2.0-or-later")
    assert clip.metadata["source_package"].startswith("PyPI music21")
    with default_storage.open(clip.file.name) as file:
        assert hashlib.sha256(file.read()).hexdigest() == clip.sha256
    pairs = ReferencePair.objects.select_related("clip__category", "artwork__category")
    assert pairs.count() == 15
    for pair in pairs:
        assert (pair.clip.category, pair.clip.split) == (pair.artwork.category, pair.artwork.split)
    assert "Stand-ins" in dataset.notes


def test_importing_twice_adds_nothing_and_says_so(tmp_path, capsys):
    write_folder(tmp_path, {"A": (4, 4), "B": (3, 3)}, content=2)
    call_command("import_dataset", str(tmp_path), name="art")
    before = snapshot()
    capsys.readouterr()
    call_command("import_dataset", str(tmp_path), name="art")
    assert snapshot() == before
    assert capsys.readouterr().out == (
        "Nothing new: the dataset art already holds all 16 usable files (clips of recordings that are not known); "
        f"nothing skipped. {UNKNOWN}\n"
    )


def test_closing_sentence_is_returned_and_progress_is_silent(tmp_path, capsys):
    write_folder(tmp_path, {"A": (1, 1)})
    call_command("import_dataset", str(tmp_path), name="art")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_every_sound_format_is_taken(tmp_path, suffix):
    write_tone(tmp_path / "A" / "audio" / f"x{suffix}", rate=16_000)
    write_picture(tmp_path / "A" / "images" / "x.png")
    import_dataset(path=tmp_path, name="art")
    clip = Clip.objects.get()
    assert clip.file.name == storage.address(clip.sha256, suffix)
    assert clip.sample_rate == 16_000
    assert clip.duration == pytest.approx(3.2, abs=0.15)


@pytest.mark.parametrize(
    ("suffix", "kept"), [(".jpg", ".jpg"), (".jpeg", ".jpg"), (".png", ".png"), (".webp", ".webp")]
)
def test_every_image_format_is_taken(tmp_path, suffix, kept):
    write_tone(tmp_path / "A" / "audio" / "x.wav")
    write_picture(tmp_path / "A" / "images" / f"x{suffix}", size=(90, 70))
    import_dataset(path=tmp_path, name="art")
    artwork = Artwork.objects.get()
    assert artwork.file.name == storage.address(artwork.sha256, suffix.replace("jpeg", "jpg"))
    assert (artwork.width, artwork.height) == (90, 70)


def test_suffix_follows_the_content_not_the_name(tmp_path):
    tone = write_tone(tmp_path / "tone.flac")
    target = tmp_path / "set" / "A" / "audio" / "tone.mp3"
    write_picture(tmp_path / "set" / "A" / "images" / "x.png")
    target.parent.mkdir()
    shutil.copy(tone, target)
    import_dataset(path=tmp_path / "set", name="art")
    assert Clip.objects.get().file.name.endswith(".flac")


def test_unusable_files_are_skipped_by_name_and_reason(tmp_path, capsys):
    write_folder(tmp_path, {"A": (2, 2)})
    audio, images = tmp_path / "A" / "audio", tmp_path / "A" / "images"
    (audio / "broken.mp3").write_bytes(b"ID3" + bytes(range(256)) * 40)
    (audio / "empty.wav").write_bytes(b"")
    write_tone(audio / "short.wav", seconds=2)
    write_tone(audio / "silence.wav", hertz=0)
    soundfile.write(audio / "sphere.wav", [0.1, -0.1] * 40_000, 8_000, format="NIST")
    (audio / "twin.wav").write_bytes((audio / "clip-0.wav").read_bytes())
    (images / "text.png").write_text("no picture")
    whole = write_picture(images / "cut.jpg", seed=5, size=(400, 400)).read_bytes()
    (images / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    write_picture(images / "tiny.png", seed=6, size=(20, 200))
    Image.new("RGB", (80, 80), "red").save(images / "film.gif")
    call_command("import_dataset", str(tmp_path), name="art")
    out, err = capsys.readouterr()
    assert "; 10 files skipped (reasons above). " in out
    lines = dict(line.removeprefix("Skipped ").split(": ", 1) for line in err.splitlines())
    starts = {
        "A/audio/broken.mp3": "not a readable sound file",
        "A/audio/empty.wav": "is empty",
        "A/audio/short.wav": "is too short: 2.0 s, at least 3 s are needed",
        "A/audio/silence.wav": "is silent",
        "A/audio/sphere.wav": "its format is WAV (NIST Sphere); use WAV, FLAC, OGG or MP3",
        "A/audio/twin.wav": "is the same file as A/audio/clip-0.wav",
        "A/images/cut.jpg": "not a readable image",
        "A/images/film.gif": "its format is GIF; use JPEG, PNG or WebP",
        "A/images/text.png": "not a readable image",
        "A/images/tiny.png": "is too small: 20 x 200 pixels, at least 64 each way are needed",
    }
    assert set(lines) == set(starts)
    assert all(lines[name].startswith(reason) for name, reason in starts.items())
    assert (Clip.objects.count(), Artwork.objects.count()) == (2, 2)


def test_pictures_are_stored_without_what_stands_beside_their_pixels(tmp_path, capsys):
    write_folder(tmp_path, {"A": (1, 1)}, content=1)
    told = Image.Exif()
    told[0x10F], told[0x112] = "a person's camera", 1
    held = Image.Exif()
    held[0x112] = 6
    for place, exif in ((tmp_path / "A/images/told.jpg", told), (tmp_path / "content/held.jpg", held)):
        scene(8).save(place, exif=exif)
    call_command("import_dataset", str(tmp_path), name="art")
    rows = [Artwork.objects.get(title="told"), Content.objects.get(title="held")]
    for row, place in zip(rows, ("A/images/told.jpg", "content/held.jpg"), strict=True):
        data = (tmp_path / place).read_bytes()
        with default_storage.open(row.file.name) as file:
            stored = file.read()
        assert row.original_sha256 == sha256_of(data) != row.sha256 == sha256_of(stored)
        assert not dict(Image.open(io.BytesIO(stored)).getexif())
        assert decode_image(io.BytesIO(stored)).tobytes() == decode_image(io.BytesIO(data)).tobytes()
    assert (rows[1].width, rows[1].height) == scene(8).size[::-1]
    assert not Artwork.objects.get(title="art-0").original_sha256
    before = snapshot()
    default_storage.delete(rows[0].file.name)
    capsys.readouterr()
    call_command("import_dataset", str(tmp_path), name="art")
    out, err = capsys.readouterr()
    assert out == (
        "Nothing new: the dataset art already holds all 5 usable files (clips of recordings that are not known); "
        "nothing skipped. Leakage: no clip is held out.\n"
    )
    assert err == "Note: 1 file whose stored copy was missing or damaged: restored.\n"
    assert snapshot() == before


def test_a_picture_is_the_same_whatever_stands_beside_it(tmp_path):
    write_folder(tmp_path, {"A": (1, 0)})
    told = Image.Exif()
    told[0x10F] = "another camera"
    (tmp_path / "A/images").mkdir()
    scene(8).save(tmp_path / "A/images/one.jpg")
    scene(8).save(tmp_path / "A/images/two.jpg", exif=told)
    result = import_dataset(path=tmp_path, name="art")
    assert [str(item) for item in result.skipped] == ["A/images/two.jpg: is the same file as A/images/one.jpg"]


def test_pictures_that_show_nothing_are_left_out_by_name(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)})
    for name, image in (
        ("black", Image.new("RGB", (80, 80))),
        ("clear", Image.new("RGBA", (80, 80), (9, 9, 9, 0))),
        ("white", Image.new("L", (80, 80), 255)),
    ):
        image.save(tmp_path / f"A/images/{name}.png")
    result = import_dataset(path=tmp_path, name="art")
    assert [str(item) for item in result.skipped] == [
        "A/images/black.png: is one colour throughout (black): there is nothing to see",
        "A/images/clear.png: is wholly transparent: there is nothing to see",
        "A/images/white.png: is one colour throughout (white): there is nothing to see",
    ]


def test_what_artworks_look_like_is_kept(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)})
    scene(3).save(tmp_path / "A/images/x.png")
    scene(3).resize((200, 150)).save(tmp_path / "A/images/y.jpg")
    import_dataset(path=tmp_path, name="art")
    x, y, other = (int(Artwork.objects.get(title=title).look, 16) for title in ("x", "y", "art-0"))
    assert (x ^ y).bit_count() <= 2 < 16 < (x ^ other).bit_count()


def test_manifest_files_missing_changed_or_outside_are_skipped(tmp_path):
    folder = tmp_path / "set"
    clip = write_tone(folder / "a.wav")
    picture = write_picture(folder / "a.png")
    secret = write_picture(tmp_path / "secret.png", seed=9)
    (folder / "link.png").symlink_to(secret)
    category = {"category": "A"}
    image = {"kind": "image", **category}
    write_manifest(
        folder / "manifest.csv",
        [
            {"kind": "audio", **category, "path": "a.wav", "sha256": hashlib.sha256(clip.read_bytes()).hexdigest()},
            {**image, "path": "a.png"},
            {**image, "path": "gone.png"},
            {**image, "path": "../secret.png"},
            {**image, "path": str(secret)},
            {**image, "path": "link.png"},
            {**image, "path": "../set/a.png", "sha256": hashlib.sha256(b"").hexdigest()},
        ],
    )
    result = import_dataset(path=folder, name="art")
    stated, found = hashlib.sha256(b"").hexdigest(), hashlib.sha256(picture.read_bytes()).hexdigest()
    assert [str(item) for item in result.skipped] == [
        "gone.png: is missing",
        "../secret.png: lies outside the dataset's folder",
        f"{secret}: lies outside the dataset's folder",
        "link.png: lies outside the dataset's folder",
        f"../set/a.png: its sha256 is {found[:12]}..., but {stated[:12]}... is stated: not the same file",
    ]
    assert Artwork.objects.count() == 1


def test_a_file_in_two_categories_stays_in_the_first(tmp_path):
    write_folder(tmp_path, {"A": (1, 1), "B": (1, 1)})
    shutil.copy(tmp_path / "A" / "audio" / "clip-0.wav", tmp_path / "B" / "audio" / "copy.wav")
    result = import_dataset(path=tmp_path, name="art")
    assert [str(item) for item in result.skipped] == [
        'B/audio/copy.wav: is the same file as A/audio/clip-0.wav in the category "A"; a file belongs to one category'
    ]


def test_categories_without_audio_or_images_are_named_and_the_dataset_refused_when_none_is_left(tmp_path):
    write_folder(tmp_path, {"A": (1, 1), "B": (0, 2), "C": (1, 0)})
    result = import_dataset(path=tmp_path, name="art")
    assert [str(item) for item in result.skipped] == [
        'category "B": has no usable audio, so it cannot be matched; left out with 2 files',
        'category "C": has no usable image, so it cannot be matched; left out with 1 file',
    ]
    shutil.rmtree(tmp_path / "A")
    with pytest.raises(DatasetError, match='No category of .* is usable; nothing was imported. category "B": has no'):
        import_dataset(path=tmp_path, name="other")
    assert not Dataset.objects.filter(name="other").exists()


def test_the_missing_half_of_a_category_may_come_later(tmp_path):
    write_folder(tmp_path, {"A": (1, 1), "B": (0, 1)})
    import_dataset(path=tmp_path, name="art")
    write_tone(tmp_path / "B" / "audio" / "late.wav", hertz=999)
    result = import_dataset(path=tmp_path, name="art")
    assert result.skipped == []
    assert dict(result.added) == {"audio": 1, "image": 1}
    assert [category.name for category in result.dataset.categories.all()] == ["A", "B"]


def test_more_files_later_are_added_and_no_split_or_pair_moves(tmp_path):
    write_folder(tmp_path, {"A": (8, 8)})
    first = import_dataset(path=tmp_path, name="art").dataset.manifest_sha256
    splits = dict(Clip.objects.values_list("sha256", "split"))
    pairs = dict(ReferencePair.objects.values_list("clip__sha256", "artwork__sha256"))
    for n in range(8):
        write_tone(tmp_path / "A" / "audio" / f"more-{n}.wav", hertz=1_000 + 10 * n)
        write_picture(tmp_path / "A" / "images" / f"more-{n}.png", seed=500 + n)
    result = import_dataset(path=tmp_path, name="art")
    assert dict(result.added) == {"audio": 8, "image": 8}
    assert result.present == 16
    after = dict(Clip.objects.values_list("sha256", "split"))
    assert after.items() >= splits.items()
    assert sorted(after.values()).count("test") == 2
    assert dict(ReferencePair.objects.values_list("clip__sha256", "artwork__sha256")).items() >= pairs.items()
    assert result.dataset.manifest_sha256 != first


def test_a_changed_split_in_the_manifest_is_named_and_not_followed(tmp_path, capsys):
    write_tone(tmp_path / "a.wav")
    write_picture(tmp_path / "a.png")
    rows = [
        {"kind": "audio", "category": "A", "path": "a.wav", "split": "train"},
        {"kind": "image", "category": "A", "path": "a.png", "split": "train"},
    ]
    write_manifest(tmp_path / "manifest.csv", rows)
    call_command("import_dataset", str(tmp_path), name="art")
    rows[0]["split"] = "test"
    write_manifest(tmp_path / "manifest.csv", rows)
    call_command("import_dataset", str(tmp_path), name="art")
    assert Clip.objects.get().split == "train"
    assert "Note: a.wav stays in train although test is stated now" in capsys.readouterr().err


def test_pieces_never_span_splits(tmp_path):
    rows = []
    for n in range(12):
        write_tone(tmp_path / f"{n}.wav", hertz=300 + 20 * n)
        write_picture(tmp_path / f"{n}.png", seed=n)
        rows += [
            {"kind": "audio", "category": "AB"[n % 2], "path": f"{n}.wav", "piece_id": f"piece-{n // 4}"},
            {"kind": "image", "category": "AB"[n % 2], "path": f"{n}.png", "piece_id": ""},
        ]
    write_manifest(tmp_path / "manifest.csv", rows)
    import_dataset(path=tmp_path, name="art")
    sides = {}
    for piece, split in Clip.objects.values_list("piece_id", "split"):
        sides.setdefault(piece, set()).add(split)
    assert len(sides) == 3
    assert all(len(splits) == 1 for splits in sides.values())


def test_a_piece_stated_in_two_splits_stays_in_both_and_is_counted(tmp_path, capsys):
    rows = []
    for n, split in enumerate(["train", "test", "", "val"]):
        write_tone(tmp_path / f"{n}.wav", hertz=300 + 20 * n)
        piece = {"piece_id": "q" if split == "val" else "p", "split": split}
        rows.append({"kind": "audio", "category": "A", "path": f"{n}.wav", **piece})
    write_picture(tmp_path / "a.png")
    rows.append({"kind": "image", "category": "A", "path": "a.png", "piece_id": "", "split": ""})
    write_manifest(tmp_path / "manifest.csv", rows)
    call_command("import_dataset", str(tmp_path), name="art")
    # What states no split goes with its piece, into train where that is one of them.
    assert Counter(Clip.objects.values_list("piece_id", "split")) == {
        ("p", "train"): 2, ("p", "test"): 1, ("q", "val"): 1
    }  # fmt: skip
    assert capsys.readouterr().out.endswith(
        "Leakage: 1 of 1 test and 0 of 1 validation clips share a recording with train; 1 of 2 recordings lie in "
        "several splits.\n"
    )
    assert Dataset.objects.get().leakage["test"] == {"clips": 1, "shared": 1, "unknown": 0}


def test_later_cuts_of_a_recording_follow_it_and_earlier_files_keep_what_was_known(tmp_path):
    write_folder(tmp_path, {"Jazz": (1, 1)})
    for n, name in enumerate(["a", "b", "c", "d", "e"]):
        write_tone(tmp_path / "Jazz" / "audio" / f"{name}_part1.wav", hertz=1_000 + n)
    first = import_dataset(path=tmp_path, name="art", piece_pattern="none")
    assert first.dataset.leakage["recordings"] == 0
    Dataset.objects.update(piece_pattern="")  # as an earlier version imported it
    write_tone(tmp_path / "Jazz" / "audio" / "a_part2.wav", hertz=1_100)
    again = import_dataset(path=tmp_path, name="art")
    assert Clip.objects.get(title="a_part2").piece_id == "a"
    words = "5 files imported earlier keep what was known of their recordings then (Jazz/audio/a_part1.wav: nothing)"
    assert any(notice.startswith(words) for notice in again.notices)
    fresh = import_dataset(path=tmp_path, name="fresh").dataset
    splits = dict(Clip.objects.filter(category__dataset=fresh).values_list("title", "split"))
    write_tone(tmp_path / "Jazz" / "audio" / "a_part3.wav", hertz=1_200)
    import_dataset(path=tmp_path, name="fresh")
    clip = Clip.objects.get(category__dataset=fresh, title="a_part3")
    assert (clip.piece_id, clip.split) == ("a", splits["a_part1"])


def test_a_preview_names_what_is_missing_and_categories_that_cannot_be_matched(tmp_path, capsys):
    write_folder(tmp_path, {"A": (3, 1), "B": (1, 0)})
    image = {"kind": "image", "category": "A"}
    rows = [{"kind": "audio", "category": "A", "path": f"A/audio/clip-{n}.wav"} for n in range(3)]
    rows += [image | {"path": "A/images/art-0.png"}, image | {"path": "gone.png"}]
    rows += [{"kind": "audio", "category": "B", "path": "B/audio/clip-0.wav"}]
    write_manifest(tmp_path / "manifest.csv", rows)
    call_command("import_dataset", str(tmp_path), name="art", preview=True)
    out, err = capsys.readouterr()
    assert err == 'Skipped category "B": has no usable image, so it cannot be matched; left out with 1 file\n'
    assert out == (
        "A: 3 clips and 2 artworks\n"
        "Preview, nothing imported: 3 clips and 2 artworks listed (1 category; clips train/val/test 1/1/1, of "
        f"recordings that are not known); 1 file missing. {UNKNOWN}\n"
    )
    assert not Dataset.objects.exists()


def test_categories_of_fewer_than_three_recordings_are_named(tmp_path):
    for label, names in {"One": ["p-1", "p-2"], "Two": ["q-1", "q-2", "r-1"]}.items():
        for name in names:
            write_tone(
                tmp_path / label / "audio" / f"{name}.wav", hertz=100 * len(names) + 10 * int(name[-1]) + ord(name[0])
            )
        write_picture(tmp_path / label / "images" / "x.png", seed=len(names))
    result = import_dataset(path=tmp_path, name="art", piece_pattern=r"^(\w)-")
    assert result.notices[1:4] == [
        "Split by recording: clips train/val/test 4/0/1; 80/10/10 % are 4/0/1.",
        'The category "One" has a single recording: all its clips are in train.',
        'The category "Two" has 2 recordings: validation has none of them.',
    ]


def test_a_new_excerpt_follows_its_piece(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)})
    rows = [
        {"kind": "audio", "category": "A", "path": "A/audio/clip-0.wav", "piece_id": "p", "split": "test"},
        {"kind": "image", "category": "A", "path": "A/images/art-0.png", "piece_id": "", "split": "test"},
    ]
    write_manifest(tmp_path / "manifest.csv", rows)
    import_dataset(path=tmp_path, name="art")
    write_tone(tmp_path / "b.wav", hertz=777)
    write_manifest(tmp_path / "manifest.csv", [*rows, rows[0] | {"path": "b.wav", "split": ""}])
    import_dataset(path=tmp_path, name="art")
    assert set(Clip.objects.values_list("split", flat=True)) == {"test"}


def test_seed_decides_split_and_pairs_and_is_fixed(tmp_path):
    write_folder(tmp_path, {"A": (12, 12)})
    splits = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        dataset = import_dataset(path=tmp_path, name=name, seed=seed).dataset
        pairs = ReferencePair.objects.filter(clip__category__dataset=dataset)
        splits.append(sorted(pairs.values_list("clip__sha256", "clip__split", "artwork__sha256")))
    assert splits[0] == splits[1] != splits[2]
    with pytest.raises(DatasetError, match="was split with seed 1, and a split never changes"):
        import_dataset(path=tmp_path, name="c", seed=2)
    for seed in (-1, 2**63):
        with pytest.raises(SeedError, match=f"The seed must lie between 0 and 2\\^63 - 1, not {seed}"):
            import_dataset(path=tmp_path, name="d", seed=seed)
    assert import_dataset(path=tmp_path, name="c").dataset.split_seed == 1


def test_held_out_clips_without_artwork_of_their_split_are_noted(tmp_path, capsys):
    write_folder(tmp_path, {"A": (4, 1)})
    call_command("import_dataset", str(tmp_path), name="art")
    err = capsys.readouterr().err
    assert 'Note: The category "A" has no test artwork, so 1 of its test clips has no reference for IIS.' in err
    assert ReferencePair.objects.count() == 0


def test_an_interrupted_import_leaves_no_rows_and_ends_the_same_when_started_again(tmp_path, monkeypatch):
    write_folder(tmp_path, {"A": (4, 4), "B": (3, 3)}, content=1)
    import_dataset(path=tmp_path, name="art")
    whole = snapshot()
    Dataset.objects.all().delete()
    for stop in ("draw_reference_pairs", "manifest_sha256", "add_rows"):
        with monkeypatch.context() as patch:
            patch.setattr(imports, stop, _stop)
            with pytest.raises(KeyboardInterrupt):
                import_dataset(path=tmp_path, name="art")
        assert not Dataset.objects.exists()
        assert not Clip.objects.exists()
    import_dataset(path=tmp_path, name="art")
    assert snapshot() == whole


def _stop(*args, **kwargs):
    raise KeyboardInterrupt


def test_a_dataset_without_images_made_from_it_can_be_deleted(tmp_path):
    write_folder(tmp_path, {"A": (4, 4)}, content=1)
    import_dataset(path=tmp_path, name="art").dataset.delete()
    assert snapshot() == [[], [], [], [], [], []]


def test_manifest_hash_names_the_content_not_the_way(tmp_path):
    write_folder(tmp_path / "one", {"A": (3, 3)}, content=1)
    one = import_dataset(path=tmp_path / "one", name="one").dataset
    clips = Clip.objects.filter(category__dataset=one)
    rows = [{"kind": "content", "category": "", "path": "content/photo-0.jpg", "split": ""}]
    for row in [*clips, *Artwork.objects.filter(category__dataset=one)]:
        kind = "audio" if isinstance(row, Clip) else "image"
        rows.insert(0, {"kind": kind, "category": "A", "path": row.metadata["path"], "split": row.split})
    write_manifest(tmp_path / "one" / "manifest.csv", rows)
    two = import_dataset(path=tmp_path / "one" / "manifest.csv", name="two").dataset
    assert two.manifest_sha256 == one.manifest_sha256
    clips.filter(split="train").update(split="val")
    assert manifest_sha256(one) != two.manifest_sha256


def test_notes_are_kept_unless_a_file_is_given(tmp_path, capsys):
    write_folder(tmp_path, {"A": (1, 1)})
    (tmp_path / "notes.md").write_text("Small.")
    call_command("import_dataset", str(tmp_path), name="art")
    Dataset.objects.update(notes="Edited.")
    call_command("import_dataset", str(tmp_path), name="art")
    assert Dataset.objects.get().notes == "Edited."
    (tmp_path / "other.txt").write_text("Given.\n")
    call_command("import_dataset", str(tmp_path), name="art", notes=tmp_path / "other.txt")
    assert Dataset.objects.get().notes == "Given."
    with pytest.raises(CommandError, match="The notes .* cannot be read"):
        call_command("import_dataset", str(tmp_path), name="art", notes=tmp_path / "none.txt")


@pytest.mark.parametrize("name", ["", "my set", "ä/ö", "x" * 81])
def test_a_name_that_commands_cannot_use_is_refused(tmp_path, name):
    with pytest.raises(DatasetError, match="cannot name a dataset"):
        import_dataset(path=tmp_path, name=name)


def test_categories_of_any_script_get_distinct_slugs(tmp_path):
    write_folder(tmp_path, {"民謡": (1, 1), "!!!": (1, 1), "???": (1, 1), "Heavy metal": (1, 1)})
    dataset = import_dataset(path=tmp_path, name="art").dataset
    slugs = dict(dataset.categories.values_list("name", "slug"))
    assert slugs == {"!!!": "category", "???": "category-2", "Heavy metal": "heavy-metal", "民謡": "民謡"}


def test_a_file_that_changes_while_it_is_imported_stops_the_import(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)})

    def swap(items, what):
        if what == "Storing":
            write_tone(tmp_path / "A" / "audio" / "clip-0.wav", hertz=50)
        return items

    with pytest.raises(DatasetError, match=r"A/audio/clip-0.wav changed while it was imported"):
        import_dataset(path=tmp_path, name="art", progress=swap)
    assert not Dataset.objects.exists()


def test_an_import_that_another_one_overtook_is_refused(tmp_path):
    write_folder(tmp_path / "one", {"A": (1, 1)})
    write_folder(tmp_path / "two", {"A": (2, 2)})
    import_dataset(path=tmp_path / "one", name="art")

    def overtake(items, what):
        if what == "Storing":
            import_dataset(path=tmp_path / "two", name="art")
        return items

    write_tone(tmp_path / "one" / "A" / "audio" / "new.wav", hertz=55)
    with pytest.raises(DatasetError, match="Another import changed art meanwhile"):
        import_dataset(path=tmp_path / "one", name="art", progress=overtake)


def test_command_says_one_line_when_nothing_can_be_imported(tmp_path):
    with pytest.raises(CommandError, match=r"There is no folder or manifest .*/nothing\."):
        call_command("import_dataset", str(tmp_path / "nothing"), name="art")


def test_stored_bytes_are_the_files_bytes(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)}, content=1)
    import_dataset(path=tmp_path, name="art")
    for row in [Clip.objects.get(), Artwork.objects.get(), Content.objects.get()]:
        with default_storage.open(row.file.name) as file:
            data = file.read()
        assert data == (tmp_path / row.metadata["path"]).read_bytes()


def test_links_pipes_and_names_of_other_systems_end_nothing(tmp_path, capsys):
    root = write_folder(tmp_path / "set", {"Jazz": (2, 2)})
    write_tone(tmp_path / "outside.wav", hertz=999)
    audio = root / "Jazz" / "audio"
    for name, target in {"out": "../../../outside.wav", "gone": "no", "ring": "ring", "twin": "clip-0.wav"}.items():
        (audio / f"{name}.wav").symlink_to(target)
    os.mkfifo(audio / "pipe.wav")
    os.rename(write_tone(audio / "x.wav", hertz=998), os.fsencode(audio) + b"/caf\xe9.wav")
    call_command("import_dataset", str(root), name="art")
    out, err = capsys.readouterr()
    assert "; 6 files skipped (reasons above). " in out
    assert {line.split(":")[0] for line in err.splitlines()} == {
        f"Skipped Jazz/audio/{name}.wav" for name in ("out", "gone", "ring", "twin", "pipe", "caf\\xe9")
    }
    assert Clip.objects.count() == 2


def test_what_no_decoder_foresaw_is_one_skipped_file(tmp_path, monkeypatch):
    write_folder(tmp_path, {"A": (2, 2)})

    monkeypatch.setattr(inspection, "judge_sound", lambda source, **_: (_ for _ in ()).throw(TypeError(repr(source))))
    with pytest.raises(DatasetError, match="A/audio/clip-0.wav: cannot be used .TypeError: the file.. A/audio"):
        import_dataset(path=tmp_path, name="art")

    def full(source, **_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(inspection, "judge_sound", full)
    with pytest.raises(OSError, match="No space left"):
        import_dataset(path=tmp_path, name="art")


def test_only_a_full_disk_is_called_full(tmp_path, monkeypatch):
    write_folder(tmp_path, {"A": (1, 1)})
    for number, words in ((errno.ENOSPC, "Make room on the disk and run"), (errno.EACCES, "Give this user the right")):

        def refuse(data, suffix, number=number):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(imports.media, "store", refuse)
        with pytest.raises(DatasetError, match=rf"A/audio/clip-0.wav cannot be written.*{words}"):
            import_dataset(path=tmp_path, name="art")


def test_categories_that_read_alike_and_that_spreadsheets_change_are_noted(tmp_path):
    write_folder(tmp_path, {"jazz": (1, 1), "Jazz": (1, 1), "001": (1, 1)})
    notices = import_dataset(path=tmp_path, name="art").notices
    assert notices == import_dataset(path=tmp_path, name="art").notices
    assert notices[0].startswith('The categories "Jazz", "jazz" read alike (case, look-alike letters or blanks)')
    assert notices[1].startswith('Spreadsheets make a number of the category "001"')


def test_a_path_that_cannot_be_written_down_is_refused(tmp_path):
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    with pytest.raises(DatasetError, match=r"The path .*caf\\xe9 cannot be used: it holds half of a character U\+DCE9"):
        import_dataset(path=Path(os.fsdecode(folder)), name="art")
