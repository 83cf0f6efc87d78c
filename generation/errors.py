"""What can go wrong between music files and images. Every message is one line that says what to do.

GenerationError
├── MediaFileError         a file that cannot be used; the message gives the reason, the caller adds the file's name
│   ├── AudioError
│   └── ImageError
├── DatasetError           a folder, manifest or dataset that cannot be used
├── CheckpointError        a training run or its weights
├── StimulusSetError       a set of images
│   └── GenerationCancelled    somebody ended the job; what was made is kept
├── SeedError              a number that cannot be a seed
├── BrokerError            Redis, through which workers are told of work
└── EmbeddingError         a joint space, its weights or its training data
"""

import errno
import re

# How Python writes an object that has no words of its own: other ones in each run.
OBJECT = re.compile(r"<(?:[\w.]*\.)?(\w+) object at 0x[0-9a-fA-F]+>")


class GenerationError(Exception):
    """Base of all errors of this app."""


class MediaFileError(GenerationError):
    """A file that cannot be read as what it should be."""


class AudioError(MediaFileError):
    """Not a readable sound file, or one without usable sound."""


class ImageError(MediaFileError):
    """Not a readable image file."""


class DatasetError(GenerationError):
    """A dataset that cannot be imported or used."""


class CheckpointError(GenerationError):
    """A training run or checkpoint that cannot be used."""


class StimulusSetError(GenerationError):
    """A stimulus set that cannot be made, changed or used."""


class GenerationCancelled(StimulusSetError):
    """A job that somebody else ended; no failure of its own."""


class SeedError(GenerationError):
    """A number that cannot be a seed."""


class BrokerError(GenerationError):
    """A broker that is not set up or does not answer."""


class EmbeddingError(GenerationError):
    """A joint space that cannot be loaded, fitted or used."""


# What allocators say: torch's on the CPU and on MPS, which have no exception class of their own, CUDA's, onnxruntime's.
MEMORY_WORDS = ("can't allocate memory", "not enough memory", "out of memory", "Failed to allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, torch or onnxruntime says that memory has run out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return not isinstance(error, GenerationError | OSError) and any(words in str(error) for words in MEMORY_WORDS)


# What may be done about an error of the file system; a disk is called full only where it is.
FULL = {errno.ENOSPC, errno.EDQUOT}
REMEDIES = {
    **dict.fromkeys(FULL, "Make room on the disk"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Give this user the right to it"),
    errno.EROFS: "Take a disk that can be written",
    errno.EIO: "Mend the disk",
    errno.ENOENT: "Put back what is missing",
}


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or this user's share of it, is full."""
    return isinstance(error, OSError) and error.errno in FULL


def explain_os_error(error: OSError, what: str) -> str:
    """What of `what` the file system refuses, and what to do about it; the caller goes on with " and ..."."""
    reason = error.strerror or first_line(error)
    if is_disk_full(error):
        return f"{what} cannot be written ({reason}). {REMEDIES[errno.ENOSPC]}"
    file = f": {error.filename}" if error.filename and str(error.filename) not in what else ""
    return f"{what} cannot be written or read ({reason}{file}). {REMEDIES.get(error.errno or 0, 'See why')}"


def first_line(error: BaseException) -> str:
    """What an error of another library says, in one line; the name of its kind when it says nothing.

    Addresses of objects, other ones in each run, are left out.
    """
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return OBJECT.sub(lambda match: "the file" if match[1].endswith("IO") else match[1], line)


def describe(error: BaseException) -> str:
    """An error that nobody foresaw, in one line: its kind and what it says, without the address of any object."""
    says = first_line(error)
    name = type(error).__name__
    return name if says == name else f"{name}: {says}"
