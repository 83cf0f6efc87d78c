"""Files that are either wholly there or not there, whatever kills the process while it writes them."""

import fcntl
import os
import tempfile
from pathlib import Path

TEMPORARY_PREFIX = ".writing-"


def write_durably(target: Path, data: bytes) -> None:
    """Write `data` to `target` so that a killed process or a power cut leaves the old file or the new one, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _open_temporary(target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_temporary(folder: Path) -> tuple[int, str]:
    """A new file under a lock, which tells `sweep_temporary` that the writer is alive and ends with its process."""
    while True:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=TEMPORARY_PREFIX)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, temporary
        os.close(handle)  # a sweeper was quicker than the lock


def sweep_temporary(root: Path) -> int:
    """Remove what killed writers left half-written below `root`; files of living writers stay. Returns how many."""
    removed = 0
    for path in root.rglob(f"{TEMPORARY_PREFIX}*"):
        try:
            with path.open("r+b") as file:  # network file systems lock only what may be written
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        except (BlockingIOError, FileNotFoundError):
            continue
    return removed
