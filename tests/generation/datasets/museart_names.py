"""Tables as large as the paper's published ones, with the counts that hold for those; the names are made up."""

import csv
import random
from pathlib import Path

from generation.datasets import museart

CLIPS, RECORDINGS = 24_216, 1_310
FEW = {"Renaissance symbolism": 15, "Baroque Classical symbolism": 16, "American traditional folklore": 17}
MANY = {"Modern instrumental music": 279, "Electronic music": 196, "20th century abstractionism": 172}
SPREAD = 949  # recordings that lie in more than one split
HELD_OUT = {"test": (2_425, 2_396), "validation": (2_425, 2_411)}  # clips, those that share a recording with train
IN_TEST = 780  # recordings
LARGEST = 217


def recordings_of_labels() -> list[str]:
    """The label of each recording."""
    counts = FEW | MANY
    others = [label for label in museart.LABELS if label not in counts]
    rest = RECORDINGS - sum(counts.values())
    counts |= {label: rest // len(others) + (place < rest % len(others)) for place, label in enumerate(others)}
    return [label for label, n in counts.items() for _ in range(n)]


def make_rows(seed: int = 0) -> list[tuple[str, str, str]]:
    """Rows of audio.csv: id, class, set."""
    draw = random.Random(seed)
    labels = recordings_of_labels()
    order = draw.sample(range(RECORDINGS), RECORDINGS)
    spread, alone = order[:SPREAD], order[SPREAD:]
    parts: list[tuple[int, str]] = []
    own = {part: clips - shared for part, (clips, shared) in HELD_OUT.items()}
    # Recordings of one clip that lie in a held-out part alone; all others are in train.
    for part, n in own.items():
        parts += [(alone.pop(), part) for _ in range(n)]
    in_test = spread[: IN_TEST - own["test"]]
    in_validation = [*spread[len(in_test) :], *in_test[: 300 - own["validation"]]]
    for part, members in (("test", in_test), ("validation", in_validation)):
        shared = HELD_OUT[part][1]
        parts += [(members[n % len(members)], part) for n in range(shared)]
    trained = spread + alone
    largest = trained[0]
    before = sum(recording == largest for recording, _ in parts)
    parts += [(largest, "train")] * (LARGEST - before)
    parts += [(trained[1 + n % (len(trained) - 1)], "train") for n in range(CLIPS - len(parts))]
    numbers: dict[int, int] = {}
    rows = []
    for recording, part in parts:
        numbers[recording] = numbers.get(recording, 0) + 1
        rows.append(
            (f"Artist {recording % 97} - Work No. {recording}segment{numbers[recording]}", labels[recording], part)
        )
    draw.shuffle(rows)
    return rows


def write_tables(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    """audio.csv and images.csv of the same numbers; one image id stands twice."""
    folder.mkdir(parents=True, exist_ok=True)
    images = [(f"picture{place}", label, part) for place, (_, label, part) in enumerate(rows)]
    images[1] = (images[0][0], *images[1][1:])
    for name, table in (("audio.csv", rows), ("images.csv", images)):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "class", "set"))
            writer.writerows(table)
    return folder
