"""Tables as the paper's authors publish them: id, class, set."""

from collections import Counter
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from generation.datasets.imports import import_dataset
from generation.datasets.inspection import Inspected
from generation.datasets.known import Known, leakage_of
from generation.datasets.placing import plan_splits
from generation.datasets.published import read_published
from generation.datasets.recordings import find_pieces
from generation.errors import DatasetError
from generation.models import Artwork, Clip, Dataset
from tests.generation.datasets.museart_names import FEW, make_rows, write_tables
from tests.generation.media_files import write_picture, write_tone

STEMS = ["Ode No. 1", "b", "c", "d", "e"]


def write_published(root, *, audio="audio", images="images", clips=3, splits=("train", "validation", "test")):
    """A small dataset of two labels in the authors' layout; endings vary."""
    tables = {"audio.csv": ["id,class,set"], "images.csv": ["id,class,set"]}
    number = 0
    for label in ("Jazz", "民謡"):
        for stem in STEMS:
            for cut in range(clips):
                number += 1
                name = f"{stem}{label}segment{cut}"
                write_tone(root / audio / f"{name}.wav", hertz=200 + 10 * number)
                tables["audio.csv"].append(f"{name},{label},{splits[cut % len(splits)]}")
        for n, ending in enumerate(("jpg", "PNG", "Jpeg", "png")):
            number += 1
            write_picture(root / images / f"art {number}.{ending}", seed=number)
            tables["images.csv"].append(f"art {number},{label},{['train', 'test', 'validation', 'train'][n]}")
    for name, lines in tables.items():
        (root / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.mark.django_db
@pytest.mark.parametrize(("audio", "images"), [("audio", "images"), ("Audio", "image"), ("music", "IMAGES")])
def test_the_stated_split_is_kept_and_leakage_counted(tmp_path, capsys, audio, images):
    write_published(tmp_path, audio=audio, images=images)
    call_command("import_dataset", str(tmp_path), name="art")
    out, err = capsys.readouterr()
    assert out == (
        "Imported 30 clips and 8 artworks into the dataset art (2 categories; clips train/val/test 10/10/10, of 10 "
        "recordings); nothing skipped. Leakage: 10 of 10 test and 10 of 10 validation clips share a recording with "
        "train; 10 of 10 recordings lie in several splits.\n"
    )
    assert err == "Note: 30 clips of 10 recordings, told by the ends of file names. The largest is “e民謡” (3 clips).\n"
    dataset = Dataset.objects.get()
    assert dataset.leakage["test"] == {"clips": 10, "shared": 10, "unknown": 0}
    clip = Clip.objects.get(title="Ode No. 1Jazzsegment1")
    assert (clip.category.name, clip.split, clip.piece_id) == ("Jazz", "val", "Ode No. 1Jazz")
    assert Counter(Artwork.objects.values_list("split", flat=True)) == {"train": 4, "test": 2, "val": 2}
    call_command("import_dataset", str(tmp_path / "audio.csv"), name="art")
    assert capsys.readouterr().out.startswith("Nothing new: the dataset art already holds all 38 usable files")


def test_what_tables_and_folders_do_not_share_is_named(tmp_path):
    write_published(tmp_path)
    write_picture(tmp_path / "images" / "twin.jpg", seed=901)
    write_picture(tmp_path / "images" / "twin.PNG", seed=902)
    write_tone(tmp_path / "audio" / "spare.wav", hertz=99)
    with (tmp_path / "images.csv").open("a", encoding="utf-8") as file:
        file.write("twin,Jazz,train\ntwin,Jazz,train\ntwin,Jazz,test\ngone,Jazz,train\nodd,Jazz,often\n,Jazz,train\n")
    listing = read_published(tmp_path)
    assert [(skip.name, skip.reason) for skip in listing.skipped] == [
        ("audio/", "lie there without a row in audio.csv, e.g. audio/spare.wav"),
        ("images.csv row 12", 'the id "twin" stands in the table twice; it is taken once'),
        ("images.csv row 14", 'its set is "often"; it must be one of train, validation, test'),
        ("images.csv row 15", "id is empty"),
    ]
    # An id of two files has both of them.
    assert [entry.name for entry in listing.entries[-3:]] == ["images/twin.PNG", "images/twin.jpg", "images/gone.*"]


def test_half_a_dataset_is_refused_and_other_tables_are_left_to_others(tmp_path):
    root = write_published(tmp_path / "set")
    (root / "images.csv").rename(root / "pictures.csv")
    with pytest.raises(DatasetError, match=r"audio.csv lists one half of a dataset; images.csv must lie beside it"):
        read_published(root)
    (root / "audio.csv").write_text("name,class\nx,y\n")
    assert read_published(root) is None
    assert read_published(tmp_path / "nothing") is None
    write_published(root)
    (root / "manifest.csv").write_text("kind,category,path\n")
    assert read_published(root) is None


def test_nothing_outside_the_folder_is_read_or_named(tmp_path):
    root = write_published(tmp_path / "set")
    secret = tmp_path / "elsewhere"
    write_tone(secret / "secret.wav", hertz=77)
    (root / "music").symlink_to(secret)
    (root / "audio" / "deeper").mkdir()
    write_tone(root / "audio" / "deeper" / "low.wav", hertz=55)
    (root / "audio" / "gone.wav").symlink_to("nothing")
    assert [str(skip) for skip in read_published(root).skipped] == [
        "music: lies outside the dataset's folder",
        "audio/gone.wav: is a link to nothing",
        "audio/deeper/low.wav: lies deeper than audio/; move it up",
    ]
    (root / "images.csv").rename(tmp_path / "images.csv")
    (root / "images.csv").symlink_to(tmp_path / "images.csv")
    with pytest.raises(DatasetError, match="lies outside the dataset's folder"):
        read_published(root)


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    """The whole tables as they are read, without any media; the time is spent once."""
    return read_published(write_tables(tmp_path_factory.mktemp("tables"), make_rows()))


def split_and_place(entries, **how):
    """Clips of entries as an import places them: recording and split."""
    files = [Inspected(entry, f"{entry.kind}/{entry.name}") for entry in entries]
    placed, notices = plan_splits(files, Known(), 0, **how)
    return [(file.entry.piece_id, file.entry.split) for file in placed if file.entry.kind == "audio"], notices


def test_the_whole_tables_give_the_counts_that_are_known_of_the_papers_dataset(listing):
    assert Counter(entry.kind for entry in listing.entries) == {"audio": 24_216, "image": 24_215}
    assert [str(skip) for skip in listing.skipped] == [
        'images.csv row 3: the id "picture0" stands in the table twice; it is taken once'
    ]
    entries, told = find_pieces(listing.entries, "")
    assert told[0].startswith(
        "24,216 clips of 1,310 recordings, told by the ends of file names. The largest is “Artist"
    )
    assert told[0].endswith("(217 clips).")
    clips, notices = split_and_place(entries)
    assert notices == []
    assert Counter(split for _, split in clips) == {"train": 19_366, "val": 2_425, "test": 2_425}
    assert leakage_of(clips) == {
        "clips": 24_216,
        "unknown": 0,
        "recordings": 1_310,
        "spread": 949,
        "val": {"clips": 2_425, "shared": 2_411, "unknown": 0},
        "test": {"clips": 2_425, "shared": 2_396, "unknown": 0},
    }
    labels = {label: {e.piece_id for e in entries if e.kind == "audio" and e.category == label} for label in FEW}
    assert {label: len(found) for label, found in labels.items()} == FEW


def test_without_a_stated_split_recordings_stay_whole_and_sizes_near_the_papers(listing):
    unsaid = [replace(entry, split="") for entry in listing.entries if entry.kind == "audio"]
    entries, _ = find_pieces(unsaid, "")
    clips, notices = split_and_place(entries)
    counts, sizes = leakage_of(clips), Counter(split for _, split in clips)
    assert counts["spread"] == counts["test"]["shared"] == counts["val"]["shared"] == 0
    assert all(abs(sizes[split] - 2_425) <= 18 for split in ("val", "test"))  # one clip for each label
    got = "/".join(f"{sizes[split]:,}" for split in ("train", "val", "test"))
    assert notices == [f"Split by recording: clips train/val/test {got}; the paper's shares are 19,366/2,425/2,425."]
    clips, notices = split_and_place(entries, by_clip=True)
    assert notices == []
    assert Counter(split for _, split in clips) == {"train": 19_366, "val": 2_425, "test": 2_425}
    assert leakage_of(clips)["test"]["shared"] > 2_300


@pytest.mark.django_db
def test_a_preview_says_what_would_be_taken_and_writes_nothing(tmp_path, capsys):
    write_published(tmp_path)
    call_command("import_dataset", str(tmp_path), name="art", preview=True)
    assert capsys.readouterr().out == (
        "Jazz: 15 clips and 4 artworks, 5 recordings\n"
        "民謡: 15 clips and 4 artworks, 5 recordings\n"
        "Preview, nothing imported: 30 clips and 8 artworks listed (2 categories; clips train/val/test 10/10/10, of 10 "
        "recordings); 0 files missing. Leakage: 10 of 10 test and 10 of 10 validation clips share a recording with "
        "train; 10 of 10 recordings lie in several splits.\n"
    )
    assert not Dataset.objects.exists()
    with pytest.raises(CommandError, match="no regular expression"):
        call_command("import_dataset", str(tmp_path), name="art", preview=True, piece_pattern="(")


@pytest.mark.django_db
def test_recordings_and_what_stays_together_are_fixed_by_the_first_import(tmp_path):
    write_published(tmp_path, splits=("",))
    kept = import_dataset(path=tmp_path, name="kept")
    assert kept.dataset.leakage["spread"] == 0
    assert kept.notices[1] == "Split by recording: clips train/val/test 18/6/6; 80/10/10 % are 22/4/4."
    loose = import_dataset(path=tmp_path, name="loose", piece_pattern="none", split_by="clip").dataset
    assert loose.leakage["recordings"] == 0
    clipwise = import_dataset(path=tmp_path, name="clipwise", split_by="clip").dataset
    # Clip by clip the draw is that of files of which no recording is known.
    drawn = [dict(Clip.objects.filter(category__dataset=d).values_list("sha256", "split")) for d in (loose, clipwise)]
    assert drawn[0] == drawn[1]
    assert clipwise.leakage["spread"] > 0
    for asked in ({"piece_pattern": "^."}, {"split_by": "clip"}):
        with pytest.raises(DatasetError, match="Import under another name"):
            import_dataset(path=tmp_path, name="kept", **asked)
    assert import_dataset(path=tmp_path, name="clipwise").added == {}


@pytest.mark.django_db
def test_a_thousand_files_give_exact_counts(tmp_path):
    lines = {"audio.csv": ["id,class,set"], "images.csv": ["id,class,set"]}
    parts = ["train", "train", "train", "validation", "test"]
    for number in range(500):
        label, recording, cut = ("Jazz", "民謡")[number % 2], number // 10, number % 10 // 2
        name = f"Work {recording} of {label}segment{cut}"
        # Every second recording lies in train alone.
        lines["audio.csv"].append(f"{name},{label},{parts[cut] if recording % 2 else 'train'}")
        write_tone(tmp_path / "audio" / f"{name}.{'WAV' if number % 3 else 'wav'}", hertz=100 + number)
        lines["images.csv"].append(f"art {number},{label},{parts[cut]}")
        write_picture(
            tmp_path / "images" / f"art {number}.{'PNG' if number % 3 else 'png'}", seed=number, size=(64, 64)
        )
    for name, table in lines.items():
        (tmp_path / name).write_text("\n".join(table) + "\n", encoding="utf-8")
    result = import_dataset(path=tmp_path, name="thousand")
    assert (dict(result.added), result.skipped) == ({"audio": 500, "image": 500}, [])
    assert result.dataset.leakage == {
        "clips": 500,
        "unknown": 0,
        "recordings": 100,
        "spread": 50,
        "val": {"clips": 50, "shared": 50, "unknown": 0},
        "test": {"clips": 50, "shared": 50, "unknown": 0},
    }
    assert Counter(Artwork.objects.values_list("split", flat=True)) == {"train": 300, "val": 100, "test": 100}
