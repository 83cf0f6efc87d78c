"""What lies in a folder, without opening any of it: files, folders, and everything else with why it is left out."""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from generation.errors import MediaFileError
from generation.names import BREAKS, is_no_text

# What systems leave behind beside names that begin with a dot.
LEFTOVERS = {"Thumbs.db", "desktop.ini", "__MACOSX"}
DATASET = "the dataset's folder"
KINDS = {
    stat.S_IFIFO: "is a named pipe, not a file",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}
# A file is read whole, and memory is not without end.
MAX_BYTES = 2 * 10**9


@dataclass(frozen=True)
class Skipped:
    """A file, or a category with its files, that is left out, and why."""

    name: str
    reason: str
    files: int = 1

    def __str__(self) -> str:
        return f"{show_path(self.name)}: {self.reason}"


@dataclass
class Found:
    """What a folder holds, sorted by name. `hidden`: entries whose names say that they are nobody's material."""

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left_out: list[Skipped] = field(default_factory=list)
    hidden: int = 0


@dataclass
class FolderReading:
    """A folder while it is read: what is left out of it, by name, and how many entries were passed over."""

    root: Path
    skipped: list[Skipped] = field(default_factory=list)
    hidden: int = 0
    whole: str = DATASET

    def look_into(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """Files and folders that may be of use; the other entries are left out."""
        found = list_folder(folder, self.root, whole=self.whole)
        self.skipped += found.left_out
        self.hidden += found.hidden
        return found.files, found.folders

    def leave_out(self, path: Path, reason: str) -> None:
        """Leave out a file."""
        self.skipped.append(Skipped(name_below(path, self.root), reason))

    def leave_out_below(self, folder: Path, reason: str) -> None:
        """Leave out all that lies in and below a folder, one by one."""
        self.skipped += leave_out_below(folder, self.root, reason)

    def leave_out_whole(self, folder: Path, reason: str) -> None:
        """Leave out a folder in one line, with the number of its files."""
        inside = sum(1 for _ in leave_out_below(folder, self.root, reason))
        self.skipped.append(Skipped(f"{name_below(folder, self.root)}/", reason, files=inside))


def list_folder(folder: Path, root: Path, *, whole: str = DATASET) -> Found:
    """The entries of a folder below `root`, called `whole`; links are followed within it, nothing is opened."""
    found = Found()
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(Path(entry.path) for entry in scanned)
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        found.left_out.append(Skipped(f"{name_below(folder, root)}/", reason, files=0))
        return found
    for path in entries:
        if is_hidden(path.name):
            found.hidden += 1
            continue
        try:
            mode = look_at(path, root, whole=whole)
        except MediaFileError as error:
            found.left_out.append(Skipped(name_below(path, root), str(error)))
            continue
        (found.folders if stat.S_ISDIR(mode) else found.files).append(path)
    return found


def leave_out_below(folder: Path, root: Path, reason: str) -> Iterator[Skipped]:
    """Each entry in and below a folder that is left out as a whole, one by one; linked folders are not entered."""
    if folder.is_symlink():
        yield Skipped(f"{name_below(folder, root)}/", f"is a link to a folder; it {reason}")
        return
    found = list_folder(folder, root)
    yield from found.left_out
    for path in found.files:
        yield Skipped(name_below(path, root), reason)
    for inner in found.folders:
        yield from leave_out_below(inner, root, reason)


def look_at(path: Path, root: Path, *, whole: str = DATASET) -> int:
    """The mode of a file or folder below `root`; MediaFileError says why another entry is neither."""
    if any("\ud800" <= c <= "\udfff" for c in path.name):
        raise MediaFileError("its name is no UTF-8 text; rename it")
    try:
        place = path.resolve(strict=True)
        if not place.is_relative_to(root.resolve()):
            raise MediaFileError(f"lies outside {whole}")
        mode = place.stat().st_mode
    except FileNotFoundError:
        raise MediaFileError("is a link to nothing" if path.is_symlink() else "is missing") from None
    except (OSError, ValueError, RuntimeError) as error:
        # Before Python 3.13 resolve() makes a RuntimeError of a circle.
        if isinstance(error, RuntimeError) or getattr(error, "errno", None) == errno.ELOOP:
            raise MediaFileError("is a link that leads back to itself") from None
        raise MediaFileError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if reason := KINDS.get(stat.S_IFMT(mode)):
        raise MediaFileError(reason)
    return mode


def read_below(path: Path, root: Path, *, whole: str = DATASET) -> bytes:
    """The bytes of a file below `root`. Raises MediaFileError: outside, missing, no file, unreadable, empty, huge."""
    if stat.S_ISDIR(look_at(path, root, whole=whole)):
        raise MediaFileError("is a folder, not a file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MediaFileError(f"is larger than {MAX_BYTES // 10**9} GB; cut it into clips, or compress it")
        data = path.read_bytes()
    except OSError as error:
        raise MediaFileError(f"cannot be read ({error.strerror or error})") from error
    if not data:
        raise MediaFileError("is empty")
    return data


def is_hidden(name: str) -> bool:
    """Whether a name says that an entry is nobody's material."""
    return name.startswith(".") or name in LEFTOVERS


def name_below(path: Path, root: Path) -> str:
    """How messages call a file or folder."""
    return path.relative_to(root).as_posix()


def show_path(name: str) -> str:
    """A path on one line of any terminal: bytes that are no UTF-8 and control characters as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace") if not name.isprintable() else name
    return "".join(c.encode("unicode_escape").decode() if c in BREAKS or is_no_text(c) else c for c in text)


def same_name(name: str) -> str:
    """What decomposed and composed writings of a file's name have in common."""
    return unicodedata.normalize("NFC", name)
