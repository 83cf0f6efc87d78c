"""What a control lets somebody score who recognises everything."""

from collections.abc import Iterable
from dataclasses import dataclass

from generation.models import Stimulus


@dataclass(frozen=True)
class Recognition:
    """A perfect recogniser, who knows which clip each image was really made from: `right` of a control's images."""

    right: int
    images: int
    boards: int

    @property
    def at_chance(self) -> bool:
        """Whether that is one on each board on average, what matching at random gives."""
        return self.right == self.boards

    def __str__(self) -> str:
        rate, chance = 100 * self.right / self.images, 100 * self.boards / self.images
        return (
            f"whoever recognises the music behind every image matches {self.right} of {self.images} ({rate:.1f} %; "
            f"chance {chance:.1f} %)"
        )


def find_recognition(stimuli: Iterable[Stimulus]) -> Recognition | None:
    """The perfect recogniser's score over all boards of a shuffled control; None for other sets."""
    relabelled = [row for row in stimuli if row.board is not None and "source_clip" in row.provenance]
    if not relabelled:
        return None
    right = sum(row.provenance["source_clip"] == row.clip.sha256 for row in relabelled)
    return Recognition(right, len(relabelled), len({row.board for row in relabelled}))
