"""Which recording each image, clip and reference artwork of a set comes from, how many there are, what they allow.

A recording is one draw, whatever was cut from it. An item without a known recording counts as one of its own; a set
that knows of none keeps its intervals by clip, with a line that says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.reading import Embeddings
from analysis.similarity import Ints
from analysis.wording import plural

# Recordings below which an interval would promise more than it holds: in all, and in a label.
FEWEST_IN_ALL = 20
FEWEST_IN_LABEL = 3


@dataclass(frozen=True)
class Recordings:
    """The recordings of a set.

    known      whether any is; else every clip stands for one of its own
    images     (G,) code of each image's recording; audio: (T,) of each clip's
    references (R,) of the clips that a reference belongs to, -1 where it belongs to several recordings
    strata     (C,) code of each recording's label
    unknown    clips with images that name no recording
    """

    known: bool
    images: Ints
    audio: Ints
    references: Ints
    strata: Ints
    unknown: int

    @cached_property
    def in_all(self) -> int:
        """Recordings that images were made from."""
        return len(np.unique(self.images))

    def in_label(self, mine: NDArray[np.bool_]) -> int:
        """Recordings behind the chosen images."""
        return len(np.unique(self.images[mine]))

    def counts(self, mine: NDArray[np.bool_] | None = None) -> int | None:
        """Recordings behind the chosen images (all); None where none is known."""
        if not self.known:
            return None
        return self.in_all if mine is None else self.in_label(mine)

    def too_few(self, n_in_label: int | None = None) -> str:
        """Why intervals are not given, or an empty string."""
        if self.known and self.in_all < FEWEST_IN_ALL:
            return f"too few recordings: {self.in_all}, an interval needs {FEWEST_IN_ALL} in all"
        if self.known and n_in_label is not None and n_in_label < FEWEST_IN_LABEL:
            return f"too few recordings: {n_in_label} in this category, an interval needs {FEWEST_IN_LABEL}"
        return ""

    @property
    def words(self) -> str:
        """What is taken for independent, in a sentence."""
        if not self.known:
            return "The files name no recordings: each clip is taken for a recording of its own."
        found = f"{plural(self.in_all, 'recording')}: what was cut from one counts as one draw."
        if not self.unknown:
            return found
        return f"{found} {plural(self.unknown, 'clip')} without a named recording count as one each."


def recordings_of(used: Embeddings) -> Recordings:
    """The recordings of a set that has images."""
    pieces = np.where(used.audio_pieces != "", np.char.add("r", used.audio_pieces), np.char.add("c", used.audio_ids))
    from_image = (used.audio_pieces[used.partner] == "") & (used.image_pieces != "")
    pieces = pieces.astype(object)
    pieces[used.partner[from_image]] = [f"r{name}" for name in used.image_pieces[from_image]]
    audio = np.unique(pieces.astype(str), return_inverse=True)[1].astype(np.int64)
    images = audio[used.partner]
    labels = np.unique(used.audio_labels, return_inverse=True)[1]
    strata = np.zeros(int(audio.max()) + 1, dtype=np.int64)
    strata[audio] = labels
    strata[images] = np.unique(np.append(used.audio_labels, used.image_labels), return_inverse=True)[1][len(audio) :]
    named = np.array([str(piece).startswith("r") for piece in pieces])
    return Recordings(
        known=bool(named.any()),
        images=images,
        audio=audio,
        references=_reference_units(used, images),
        strata=strata,
        unknown=int((~named[np.unique(used.partner)]).sum()),
    )


def _reference_units(used: Embeddings, images: Ints) -> Ints:
    """The recording of each reference row, by the images that stand beside it; -1 where it has none or several."""
    units = np.full(len(used.references), -1)
    if not len(units):
        return units
    pairs = np.unique(np.stack([used.reference_partner, images], axis=1), axis=0)
    rows, counts = np.unique(pairs[:, 0], return_counts=True)
    alone = np.isin(pairs[:, 0], rows[counts == 1])
    units[pairs[alone, 0]] = pairs[alone, 1]
    return units


def units_of(pieces: NDArray) -> Ints | None:
    """(n,) codes of the recordings that rows come from, each row without one for itself; None where none is known."""
    if not (pieces != "").any():
        return None
    names = [f"r{piece}" if piece else f"#{row}" for row, piece in enumerate(pieces.tolist())]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def without_interval(row: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """A value of a block whose error and interval few recordings do not allow; as it is where there is no reason."""
    if not reason:
        return dict(row)
    empty = {key: None for key in ("se", "se_score", "ci_low", "ci_high") if key in row}
    status = "too_small" if row["status"] == "ok" else row["status"]
    return dict(row) | empty | {"status": status, "reason": reason}


def beside_clips(row: Mapping[str, Any], by_clip: Mapping[str, Any]) -> dict[str, Any]:
    """The value by recording with the error that clips alone would promise, and a word where that is the wider one."""
    kept = {key: by_clip[key] for key in ("se", "se_score", "ci_low", "ci_high")}
    found = dict(row) | {"by_clip": kept}
    own, other = row["se"], by_clip["se"]
    if own is not None and other is not None and own < other:
        found["reason"] = " ".join(filter(None, [row["reason"], NARROWER]))
    return found


NARROWER = "by recording the error is smaller than by clip: recordings of one category differ less than their clips do"
