"""What decides the bytes besides seeds and settings: library versions and our own code."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import soundfile

LIBRARIES = ("torch", "numpy", "scipy", "soundfile", "pillow", "onnxruntime", "safetensors")
DECODING = (
    *("files/images.py", "files/colours.py", "files/containers.py"),
    *(f"files/sound/{name}.py" for name in ("decoding", "judging", "lengths", "mpeg")),
)
GENERATION = Path(__file__).resolve().parent.parent


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that decode, compute and encode."""
    return {name: version(name) for name in LIBRARIES} | {"libsndfile": soundfile.__libsndfile_version__}


def sources() -> list[Path]:
    """Files that decide an image's bytes: decoding, seeds, what is planned, and the folders of networks and models."""
    files = [GENERATION / name for name in (*DECODING, "seeds.py", "stimuli/plan.py")]
    return [
        *files,
        *(path for name in ("networks", "musipainter") for path in sorted((GENERATION / name).rglob("*.py"))),
    ]


@cache
def code_version() -> dict[str, str]:
    """Our version, and a hash over `sources`."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.relative_to(GENERATION).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return {"paragone": version("paragone"), "source_sha256": digest.hexdigest()}
