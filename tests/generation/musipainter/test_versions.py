"""What decides an image's bytes is named by a hash: no file that does may change unnoticed."""

import shutil

import pytest

from generation.musipainter import versions
from generation.musipainter.versions import code_version, library_versions, sources


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of the files that are named, to be changed."""
    for path in sources():
        target = tmp_path / path.relative_to(versions.GENERATION)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    monkeypatch.setattr(versions, "GENERATION", tmp_path)
    return tmp_path


def hash_now():
    return code_version.__wrapped__()["source_sha256"]


def test_a_change_in_any_file_changes_the_version(tree):
    before = hash_now()
    for path in sources():
        kept = path.read_bytes()
        path.write_bytes(kept + b"#")
        assert hash_now() != before, path
        path.write_bytes(kept)
    assert hash_now() == before


def test_so_does_a_file_that_comes_goes_or_is_renamed(tree):
    seen = {hash_now()}
    new = tree / "musipainter" / "backbones" / "another" / "network.py"
    new.parent.mkdir()
    new.write_text("", encoding="utf-8")
    seen.add(hash_now())
    new.rename(new.with_name("other.py"))
    seen.add(hash_now())
    (tree / "networks" / "kaldi.py").unlink()
    seen.add(hash_now())
    assert len(seen) == 4


def test_the_files_are_those_that_decode_draw_plan_hear_and_paint():
    named = {path.relative_to(versions.GENERATION).as_posix() for path in sources()}
    assert {
        "files/sound/decoding.py",
        "files/images.py",
        "files/colours.py",
        "files/containers.py",
        "seeds.py",
        "stimuli/plan.py",
        "networks/beats.py",
        "musipainter/config.py",
    } <= named
    for folder in ("audio_encoders", "backbones/stable_diffusion", "backbones/style_transfer", "training"):
        assert any(name.startswith(f"musipainter/{folder}/") for name in named), folder
    inside = {name for name in named if name.startswith(("networks/", "musipainter/"))}
    assert named - inside == {*versions.DECODING, "seeds.py", "stimuli/plan.py"}


def test_libraries_that_round_or_encode_are_named():
    assert set(library_versions()) == {*versions.LIBRARIES, "libsndfile"}
    assert all(library_versions().values())
