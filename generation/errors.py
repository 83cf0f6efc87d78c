"""What can go wrong between music files and images. Every message is one line that says what to do.

GenerationError
├── MediaFileError         a file that cannot be used; the message gives the reason, the caller adds the file's name
│   ├── AudioError
│   └── ImageError
├── DatasetError           a folder, manifest or dataset that cannot be used
├── CheckpointError        a training run or its weights
├── StimulusSetError       a set of images
└── EmbeddingError         a joint space, its weights or its training data
"""


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


class EmbeddingError(GenerationError):
    """A joint space that cannot be loaded, fitted or used."""
