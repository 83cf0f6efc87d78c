"""What became of every picture: how often it was chosen for music of its own category, and for which other."""

import pandas as pd

from analysis.results.shape import PictureHits


def picture_hits(rows: pd.DataFrame) -> list[PictureHits]:
    """Counts of every picture that was chosen, by its name, of one arm's rows.

    On a complete one-to-one board every picture is chosen once, so the rate is that of its showings; elsewhere it is
    that of its choices, as rows do not name pictures that nobody chose. Empty where rows name no pictures.
    """
    known = rows[rows["answered"] & (rows["chosen_stimulus"] != "")]
    columns = ["chosen_category", "chosen_stimulus", "clip_category"]
    counts = known.groupby(columns, sort=True).size()
    found: list[PictureHits] = []
    for (category, image), own in counts.groupby(level=[0, 1], sort=True):
        heard = {str(name): int(n) for name, n in zip(own.index.get_level_values(2), own, strict=True)}
        total, hits = sum(heard.values()), heard.pop(str(category), 0)
        others = sorted(heard.items(), key=lambda item: (-item[1], item[0]))
        found.append(
            {
                "image": str(image),
                "category": str(category),
                "n": total,
                "correct": hits,
                "rate": hits / total,
                "taken_for": [{"category": name, "n": n} for name, n in others],
            }
        )
    return found
