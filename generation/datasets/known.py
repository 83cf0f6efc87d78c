"""What a dataset holds already."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from generation.datasets.inspection import Inspected
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE, SPLITS
from generation.models import Artwork, Clip, Dataset

KIND_WORDS = {AUDIO: "clip", IMAGE: "artwork", CONTENT: "content image"}


@dataclass
class Known:
    """What a dataset holds already: category by (kind, hash), and split by (kind, hash) and by (kind, piece)."""

    category: dict[tuple[str, str], str] = field(default_factory=dict)
    split: dict[tuple[str, str], str] = field(default_factory=dict)
    pieces: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # -> (category, split)
    unjudged: set[str] = field(default_factory=set)  # clips of which it was not kept what is heard of them
    originals: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, hash of what was imported) -> stored

    def hashes(self, kind: str) -> dict[str, str]:
        """Of files that need not be looked into again: hash of what was imported or is stored -> hash of the latter."""
        stored = {
            sha256: sha256 for of_kind, sha256 in self.category if of_kind == kind and sha256 not in self.unjudged
        }
        return stored | {original: sha256 for (of_kind, original), sha256 in self.originals.items() if of_kind == kind}


def read_known(dataset: Dataset) -> Known:
    known = Known()
    if dataset.pk is None:
        return known
    for kind, rows in (
        (AUDIO, Clip.objects.filter(category__dataset=dataset)),
        (IMAGE, Artwork.objects.filter(category__dataset=dataset)),
    ):
        for sha256, category, split, piece in rows.values_list("sha256", "category__name", "split", "piece_id"):
            known.category[kind, sha256] = category
            known.split[kind, sha256] = split
            known.pieces[kind, piece or sha256] = (category, split)
    clips = Clip.objects.filter(category__dataset=dataset)
    known.unjudged = set(clips.filter(peak=None).values_list("sha256", flat=True))
    for sha256 in dataset.contents.values_list("sha256", flat=True):
        known.category[CONTENT, sha256] = ""
    for kind, pictures in ((IMAGE, Artwork.objects.filter(category__dataset=dataset)), (CONTENT, dataset.contents)):
        changed = pictures.exclude(original_sha256="").values_list("original_sha256", "sha256")
        known.originals |= {(kind, original): sha256 for original, sha256 in changed}
    return known


def file_key(file: Inspected) -> tuple[str, str]:
    return file.entry.kind, file.sha256


def count_splits(dataset: Dataset) -> dict[str, int]:
    """Clips per split, in the order train, val, test."""
    counts = Counter(Clip.objects.filter(category__dataset=dataset).values_list("split", flat=True))
    return {split: counts[split] for split in SPLITS}


def count_files(n: int) -> str:
    """`1 file`, `2 files`."""
    return f"{n} file{'' if n == 1 else 's'}"


def hidden_files(n: int) -> str:
    """What was passed over because of its name."""
    return f"{count_files(n)} whose names begin with a dot, or are a system's, passed over."


def list_counts(counts: Iterable[tuple[str, int]]) -> str:
    """`40 clips, 41 artworks and 1 content image`; kinds without any are left out."""
    parts = [f"{n} {KIND_WORDS[kind]}{'' if n == 1 else 's'}" for kind, n in counts if n]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"
