"""Files that are either wholly there or not there, whatever kills the process while it writes them."""

import fcntl
import os
import tempfile
from pathlib import Path

TEMPORARY_PREFIX = ".writing-"


def write_durably(target: Path, data: bytes) -> None:
    """Write `data` to `target` so that a killed process or a power cut leaves the old file or the new one, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY_PREFIX)
    try:
        with os.fdopen(handle, "wb") as file:
            # The lock tells `sweep_temporary` that the writer is alive; the system frees it when the process ends.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep_temporary(root: Path) -> int:
    """Remove what killed writers left half-written below `root`; files of living writers stay. Returns how many."""
    removed = 0
    for path in root.rglob(f"{TEMPORARY_PREFIX}*"):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
    return removed
