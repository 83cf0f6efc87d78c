"""A data folder and a tiny dataset of its own for every test that trains or paints."""

import shutil

import pytest

from tests.generation.tiny import import_tiny, train_tiny


@pytest.fixture
def data_folder(settings, tmp_path):
    """A data folder of its own."""
    settings.DATA_DIR = tmp_path / "data"
    for name in ("MEDIA", "RUNS", "SWEEPS", "SETS", "SPACES", "CACHE", "WEIGHTS"):
        setattr(settings, f"{name}_ROOT", settings.DATA_DIR / name.lower())
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "generation.media.ContentStorage",
            "OPTIONS": {"location": settings.DATA_DIR / "media"},
        }
    }
    return settings.DATA_DIR


@pytest.fixture
def tiny(db, data_folder, tmp_path):
    """The imported dataset `tiny`."""
    return import_tiny(tmp_path / "source")


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """Where the run folder and the cache of `tiny-run` are kept once they exist: one training serves all tests."""
    return tmp_path_factory.mktemp("finished")


@pytest.fixture
def trained(tiny, data_folder, finished_run):
    """The dataset `tiny` with the checkpoint `tiny-run`."""
    for name in ("runs", "cache"):
        if (finished_run / name).exists():
            shutil.copytree(finished_run / name, data_folder / name)
    train_tiny("tiny-run")
    for name in ("runs", "cache"):
        if not (finished_run / name).exists():
            shutil.copytree(data_folder / name, finished_run / name)
    return tiny
