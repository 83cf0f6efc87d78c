"""Listings of folders and manifests: what is read, and what is wrong with a row, a header or a file."""

import unicodedata

import pytest

from generation.datasets.manifest import Entry, Skipped, read_csv, read_listing, read_notes
from generation.demo import PACK
from generation.errors import DatasetError
from tests.generation.media_files import write_folder, write_manifest, write_picture, write_tone


def test_folder_layout_lists_music_art_and_content(tmp_path):
    write_folder(tmp_path, {"Heavy metal": (1, 2), "民謡": (1, 1)}, content=1)
    (tmp_path / "Heavy metal" / "audio" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "LICENSE.txt").write_text("free")
    listing = read_listing(tmp_path)
    assert [(entry.kind, entry.category, entry.name, entry.title) for entry in listing.entries] == [
        ("audio", "Heavy metal", "Heavy metal/audio/clip-0.wav", "clip-0"),
        ("image", "Heavy metal", "Heavy metal/images/art-0.png", "art-0"),
        ("image", "Heavy metal", "Heavy metal/images/art-1.png", "art-1"),
        ("content", "", "content/photo-0.jpg", "photo-0"),
        ("audio", "民謡", "民謡/audio/clip-0.wav", "clip-0"),
        ("image", "民謡", "民謡/images/art-0.png", "art-0"),
    ]
    assert listing.skipped == []
    assert listing.entries[0].metadata == {"path": "Heavy metal/audio/clip-0.wav"}


def test_categories_that_a_spreadsheet_would_run_are_refused_by_name(tmp_path):
    write_folder(tmp_path, {"A": (1, 1), "=1+1": (1, 1), "-core": (1, 1), "post-rock": (1, 1)})
    listing = read_listing(tmp_path)
    assert {entry.category for entry in listing.entries} == {"A", "post-rock"}
    reason = 'begins with "{}", which spreadsheets take for a formula; rename it'
    assert [(skip.name, skip.reason) for skip in listing.skipped] == [
        ("-core/", reason.format("-")),
        ("=1+1/", reason.format("=")),
    ]
    rows = [{"kind": "audio", "category": category, "path": "a.wav"} for category in ("@home", "A")]
    listing = read_listing(write_manifest(tmp_path / "manifest.csv", rows))
    assert [entry.category for entry in listing.entries] == ["A"]
    assert listing.skipped[0].reason == "the category of a.wav " + reason.format("@")


def test_folder_without_audio_and_images_is_named(tmp_path):
    write_folder(tmp_path, {"A": (1, 1)})
    (tmp_path / "drafts").mkdir()
    assert read_listing(tmp_path).skipped == [Skipped("drafts/", "has neither an audio nor an images folder", files=0)]


def test_a_category_may_be_called_content(tmp_path):
    write_folder(tmp_path, {"content": (1, 1)})
    assert {entry.category for entry in read_listing(tmp_path).entries} == {"content"}


@pytest.mark.parametrize("given", ["folder", "file"])
def test_manifest_rows_become_entries(tmp_path, given):
    write_tone(tmp_path / "a.wav")
    rows = [
        {
            "kind": "audio",
            "category": " Heavy metal ",
            "path": "a.wav",
            "split": "test",
            "piece_id": "p1",
            "title": "Noise",
            "creator": "Somebody",
            "year": "1999",
            "licence": "CC0-1.0",
            "sha256": "AB" * 32,
            "bpm": "120",
        },
        {"kind": "content", "category": "", "path": "c.jpg", "split": "train", "bpm": ""},
    ]
    manifest = write_manifest(tmp_path / "manifest.csv", rows)
    listing = read_listing(tmp_path if given == "folder" else manifest)
    assert listing.root == tmp_path
    assert listing.skipped == []
    assert listing.entries == [
        Entry(
            kind="audio",
            category="Heavy metal",
            path=tmp_path / "a.wav",
            name="a.wav",
            split="test",
            piece_id="p1",
            title="Noise",
            creator="Somebody",
            year="1999",
            licence="CC0-1.0",
            sha256="ab" * 32,
            metadata={"path": "a.wav", "bpm": "120"},
        ),
        Entry(kind="content", category="", path=tmp_path / "c.jpg", name="c.jpg", metadata={"path": "c.jpg"}),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"kind": "video"}, 'kind is "video"; it must be one of audio, image, content'),
        ({"path": ""}, "path is empty"),
        ({"category": ""}, "a.wav has no category; only content may go without one"),
        ({"split": "dev"}, 'the split of a.wav is "dev"; it must be one of train, val, test'),
        ({"sha256": "123"}, "the sha256 of a.wav is not 64 hexadecimal digits"),
        ({"licence": "x" * 121}, "the licence of a.wav is longer than 120 characters"),
        ({"category": "x" * 121}, "the category of a.wav is longer than 120 characters"),
    ],
)
def test_a_bad_row_is_skipped_by_its_number(tmp_path, row, reason):
    good = {"kind": "audio", "category": "A", "path": "a.wav"}
    write_manifest(tmp_path / "manifest.csv", [good, good | row])
    listing = read_listing(tmp_path)
    assert len(listing.entries) == 1
    assert listing.skipped == [Skipped("manifest.csv row 3", reason)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"kind,path\naudio,a.wav\n", "has no column category"),
        (b"kind,category,path,path\naudio,A,a,b\n", "has the column path twice"),
        (b"kind,category,path\naudio,A,a.wav,extra\n", "row 2 has more fields than the header"),
        ("kind,category,path\naudio,é,a.wav\n".encode("latin-1"), "is not UTF-8 text"),
        (b"kind,category,path\n", "lists no file"),
        (b"", "has no column kind, category, path"),
    ],
)
def test_an_unreadable_manifest_is_refused(tmp_path, text, message):
    (tmp_path / "manifest.csv").write_bytes(text)
    with pytest.raises(DatasetError, match=message):
        read_listing(tmp_path)


def test_byte_order_mark_and_semicolons_in_texts_are_no_problem(tmp_path):
    (tmp_path / "m.csv").write_bytes("\ufeffimage,clip\na;b.png,c\n".encode())
    assert read_csv(tmp_path / "m.csv", required=("clip", "image")) == [(2, {"image": "a;b.png", "clip": "c"})]


def test_a_folder_of_something_else_and_a_missing_one_are_refused(tmp_path):
    write_picture(tmp_path / "holiday" / "beach.png")
    with pytest.raises(DatasetError, match="holds neither a manifest"):
        read_listing(tmp_path)
    with pytest.raises(DatasetError, match="no folder or manifest"):
        read_listing(tmp_path / "nowhere")


def test_notes_come_from_notes_md_else_from_the_readme_section(tmp_path):
    assert read_notes(tmp_path) == ""
    (tmp_path / "README.md").write_text("# Set\nnice\n## Known limits (print)\n* small\n* old\n\n## More\ntext\n")
    assert read_notes(tmp_path) == "* small\n* old"
    (tmp_path / "notes.md").write_text("tiny\n")
    assert read_notes(tmp_path) == "tiny"


def test_the_demo_pack_states_its_limits():
    notes = read_notes(PACK)
    assert notes.startswith("* **Stand-ins.**")
    assert 'Say "music-conditioned stylisation", not diffusion.' in notes
    assert "How it was made" not in notes


def test_loose_files_and_deeper_folders_are_left_out_by_name(tmp_path):
    write_folder(tmp_path, {"Jazz": (1, 1)})
    for name in ("loose.wav", "README.md", "Jazz/loose.wav", "Jazz/audio/Album/a.wav", "Jazz/video/b.mp4", "old/c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listing = read_listing(tmp_path)
    assert [entry.name for entry in listing.entries] == ["Jazz/audio/clip-0.wav", "Jazz/images/art-0.png"]
    assert {skip.name: skip.files for skip in listing.skipped} == {
        "loose.wav": 1,
        "Jazz/loose.wav": 1,
        "Jazz/audio/Album/a.wav": 1,
        "Jazz/video/b.mp4": 1,
        "old/": 1,
    }


def test_folders_of_media_may_be_written_in_capitals(tmp_path):
    write_folder(tmp_path, {"Jazz": (1, 1)})
    (tmp_path / "Jazz" / "audio").rename(tmp_path / "Jazz" / "Audio")
    assert [entry.kind for entry in read_listing(tmp_path).entries] == ["audio", "image"]


@pytest.mark.parametrize("name", ["Jazz\x07bell", "x" * 121, "NA", "=1+1"])
def test_a_folder_that_cannot_name_a_category_is_left_out_with_its_files(tmp_path, name):
    write_folder(tmp_path, {"Jazz": (1, 1), name: (2, 1)})
    (skip,) = read_listing(tmp_path).skipped
    assert (skip.name, skip.files) == (f"{name}/", 3)
    assert "\x07" not in str(skip)


def test_semicolons_marks_and_words_for_no_value_are_read(tmp_path):
    rows = ["kind;category;path;piece_id;title;bpm", "audio; Jazz ;a.wav;NA;nan;120", "content;NA;c.jpg;;Two\nlines;"]
    rows[2] = 'content;NA;c.jpg;;"Two\nlines";'
    (tmp_path / "manifest.csv").write_bytes(("\ufeff" + "\r\n".join(rows)).encode())
    first, second = read_listing(tmp_path).entries
    assert (first.category, first.piece_id, first.title) == ("Jazz", "", "")
    assert first.metadata == {"path": "a.wav", "bpm": "120"}
    assert (second.category, second.title, second.metadata) == ("", "Two lines", {"path": "c.jpg"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"category": "Jazz\x07bell"}, "the category of a.wav holds the control character U+0007; take it out"),
        ({"category": "Jazz\x00x"}, "the category of a.wav holds the control character U+0000; take it out"),
        ({"category": "NA"}, "a.wav has no category; only content may go without one"),
        ({"title": "a\x00b"}, "the title of a.wav holds the control character U+0000; take it out"),
        ({"bpm": "\x1b[31m"}, "the bpm of a.wav holds the control character U+001B; take it out"),
        ({"path": "a\nb.wav", "split": "dev"}, 'the split of a\\nb.wav is "dev"; it must be one of train, val, test'),
        ({"path": "a\x00.wav"}, "path holds the control character U+0000; take it out"),
    ],
)
def test_control_characters_are_refused_by_row(tmp_path, row, reason):
    good = {"kind": "audio", "category": "A", "path": "a.wav", "title": "", "bpm": "", "split": ""}
    write_manifest(tmp_path / "manifest.csv", [good, good | row])
    assert read_listing(tmp_path).skipped == [Skipped("manifest.csv row 3", reason)]


@pytest.mark.parametrize("listed", ["Cafe\u0301 1.wav", "Café 1.wav", "sub\\Café 1.wav", " lead.wav"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_files_are_found_however_their_names_are_composed(tmp_path, listed, form):
    name = unicodedata.normalize(form, listed.replace("\\", "/"))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    write_manifest(tmp_path / "manifest.csv", [{"kind": "audio", "category": "A", "path": listed}])
    (entry,) = read_listing(tmp_path).entries
    assert entry.path == tmp_path / name


def test_notes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "notes.md").write_bytes("Nur für Tests".encode("latin-1"))
    with pytest.raises(DatasetError, match="notes.md are no UTF-8 text; save them as UTF-8"):
        read_notes(tmp_path)
    (tmp_path / "notes.md").write_bytes(b"one\x00two")
    with pytest.raises(DatasetError, match="the text holds the control character"):
        read_notes(tmp_path)
    (tmp_path / "notes.md").write_bytes(b"\xef\xbb\xbftiny\r\nold")
    assert read_notes(tmp_path) == "tiny\nold"


def test_a_table_of_another_encoding_is_named(tmp_path):
    (tmp_path / "manifest.csv").write_bytes("kind,category,path\n".encode("utf-16"))
    with pytest.raises(DatasetError, match="manifest.csv is UTF-16 text, which spreadsheets call Unicode text"):
        read_listing(tmp_path)


@pytest.mark.parametrize("name", ["manifest.csv", "notes.md", "README.md"])
def test_documents_that_lie_outside_are_not_read(tmp_path, name):
    root = write_folder(tmp_path / "set", {"A": (1, 1)})
    (tmp_path / "secret").write_text("kind,category,path\n")
    (root / name).symlink_to("../secret")
    with pytest.raises(DatasetError, match=f"{name} lies outside the dataset's folder; put the file itself there"):
        read_listing(root)
