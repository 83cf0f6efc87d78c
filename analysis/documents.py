"""Documents as files: plain values, hashes, the libraries that made them."""

import hashlib
import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import AnalysisError
from analysis.names import show_text

LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "jinja2")


def plain(value: Any, where: str = "result") -> Any:
    """JSON-ready copy: dataclasses and numpy values become plain ones; NaN and infinity are refused by name.

    What is no text in texts is named, as `[U+0007]`: the formats that are written from the copy cannot hold it.
    """
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {show_text(str(key)): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return show_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise AnalysisError(f"{where} is {value}: a value that does not exist must be null with a reason.")
    return value


def analysed_with() -> dict[str, str]:
    """Versions of this package, of Python and of the libraries that numbers come from, by name."""
    own = {"paragone": metadata.version("paragone"), "python": platform.python_version()}
    return own | {name: metadata.version(name) for name in LIBRARIES}


def absent(status: str, reason: str, keys: Iterable[str], **known: Any) -> dict[str, Any]:
    """A record whose values do not exist: null under each of `keys`, then what is known, status and reason."""
    return {**dict.fromkeys(keys), **known, "status": status, "reason": reason}


def write_contents(contents: Mapping[str, str | bytes], out_dir: Path) -> dict[str, Path]:
    """Files by name, written below `out_dir`; returns their paths by name.

    Where the folder holds an earlier document of the same kind (the first name), its tables and figures that the new
    one lacks are removed, so that nothing old stands beside what is new.
    """
    if (out_dir / next(iter(contents))).is_file():
        for old in (*out_dir.glob("tables/*.csv"), *out_dir.glob("tables/*.parquet"), *out_dir.glob("figures/*.svg")):
            if old.relative_to(out_dir).as_posix() not in contents:
                old.unlink()
    written = {}
    for name, content in contents.items():
        path = out_dir / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be written ({error.strerror}).") from None
        written[name] = path
    return written


def hash_files(inputs: dict[str, Path]) -> dict[str, str]:
    hashes = {}
    for name, path in inputs.items():
        try:
            hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise AnalysisError(f"{path}: cannot be read ({error.strerror}).") from None
    return hashes
