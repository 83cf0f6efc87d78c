"""What a complete matching is."""

import string
from collections.abc import Mapping


def letter(position: int) -> str:
    """A, B ... Z, AA ... of a position that counts from 1."""
    signs = string.ascii_uppercase
    return letter((position - 1) // 26) + signs[(position - 1) % 26] if position > 26 else signs[position - 1]


def find_match_problems(matches: Mapping[int, int], *, n_clips: int, n_images: int, one_to_one: bool) -> list[str]:
    """What is wrong with the matches of one board, one sentence each; empty when they may be stored."""
    problems = []
    used: dict[int, list[int]] = {}
    for position in range(1, n_clips + 1):
        image = matches.get(position)
        if image is None:
            problems.append(f"Clip {position} has no image yet.")
        elif not 1 <= image <= n_images:
            problems.append(f"The image chosen for clip {position} is not on this board.")
        else:
            used.setdefault(image, []).append(position)
    problems += [f"Clip {i} is not on this board." for i in sorted(matches) if not 1 <= i <= n_clips]
    if one_to_one:
        problems += [
            f"Image {letter(image)} is matched with clips {' and '.join(map(str, clips))}; "
            "each image goes with one clip only."
            for image, clips in sorted(used.items())
            if len(clips) > 1
        ]
    return problems
