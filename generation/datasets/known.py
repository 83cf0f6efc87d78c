"""What a dataset holds already."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generation.datasets.inspection import Inspected
from generation.datasets.manifest import AUDIO, CONTENT, IMAGE, SPLITS
from generation.models import Artwork, Clip, Dataset

KIND_WORDS = {AUDIO: "clip", IMAGE: "artwork", CONTENT: "content image"}


@dataclass
class Known:
    """What a dataset holds already, by (kind, hash): category, split, and the piece where one is known."""

    category: dict[tuple[str, str], str] = field(default_factory=dict)
    split: dict[tuple[str, str], str] = field(default_factory=dict)
    piece: dict[tuple[str, str], str] = field(default_factory=dict)
    unjudged: set[str] = field(default_factory=set)  # clips of which it was not kept what is heard of them
    originals: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, hash of what was imported) -> stored

    def hashes(self, kind: str) -> dict[str, str]:
        """Of files that need not be looked into again: hash of what was imported or is stored -> hash of the latter."""
        stored = {
            sha256: sha256 for of_kind, sha256 in self.category if of_kind == kind and sha256 not in self.unjudged
        }
        return stored | {original: sha256 for (of_kind, original), sha256 in self.originals.items() if of_kind == kind}

    @property
    def recordings(self) -> dict[str, set[str]]:
        """Known recordings of music, by category."""
        found: dict[str, set[str]] = defaultdict(set)
        for (kind, sha256), piece in self.piece.items():
            if kind == AUDIO and piece:
                found[self.category[kind, sha256]].add(piece)
        return found


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
            known.piece[kind, sha256] = piece
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


def count_leakage(dataset: Dataset) -> dict[str, Any]:
    """How many held-out clips share a recording with the train split, and how many recordings there are.

    `recordings` that are known, `spread` of them over several splits; `clips`, `unknown` of them without a known
    recording; for "val" and "test" `clips`, those that are `shared` with train, and those that are `unknown`.
    """
    rows = list(Clip.objects.filter(category__dataset=dataset).values_list("piece_id", "split"))
    return leakage_of(rows)


def leakage_of(clips: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`count_leakage` of clips as (recording or "", split)."""
    rows = list(clips)
    splits: dict[str, set[str]] = defaultdict(set)
    for piece, split in rows:
        if piece:
            splits[piece].add(split)
    train, *held_out = SPLITS
    counts: dict[str, Any] = {
        "clips": len(rows),
        "unknown": sum(not piece for piece, _ in rows),
        "recordings": len(splits),
        "spread": sum(len(found) > 1 for found in splits.values()),
    }
    for part in held_out:
        pieces = [piece for piece, split in rows if split == part]
        shared = sum(train in splits[piece] for piece in pieces if piece)
        counts[part] = {"clips": len(pieces), "shared": shared, "unknown": sum(not piece for piece in pieces)}
    return counts


def find_leakage(dataset: Dataset) -> dict[str, Any]:
    """The leakage that the last import counted; of a dataset that an earlier version imported, counted now."""
    return dataset.leakage or count_leakage(dataset)


def describe_recordings(leakage: Mapping[str, Any]) -> str:
    """How many recordings clips come from: `of 1,310 recordings`, and of how many clips that is not known."""
    if not leakage["recordings"]:
        return "of recordings that are not known"
    unknown = f" and {leakage['unknown']:,} of unknown ones" if leakage["unknown"] else ""
    return f"of {leakage['recordings']:,} recording{'' if leakage['recordings'] == 1 else 's'}{unknown}"


def describe_leakage(leakage: Mapping[str, Any]) -> str:
    """In a sentence, how many held-out clips share a recording with train."""
    parts = {"test": "test", "val": "validation"}
    held_out = {name: leakage[part] for part, name in parts.items() if leakage[part]["clips"]}
    if not held_out:
        return "Leakage: no clip is held out."
    if not leakage["recordings"]:
        return "Leakage: not known (piece_id in a manifest, or --piece-pattern, tells recordings)."
    counted = " and ".join(f"{part['shared']:,} of {part['clips']:,} {name}" for name, part in held_out.items())
    clips = "clip shares" if [part["clips"] for part in held_out.values()] == [1] else "clips share"
    unknown = sum(part["unknown"] for part in held_out.values())
    return (
        f"Leakage: {counted} {clips} a recording with train; "
        f"{leakage['spread']:,} of {leakage['recordings']:,} recordings lie in several splits"
        + (f"; of {unknown:,} held-out clips the recording is not known." if unknown else ".")
    )


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
