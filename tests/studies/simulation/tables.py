"""Tables of answers, and studies for programs to answer."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from studyserver.studies.exports.answers import read_tidy_rows
from studyserver.studies.models import Study
from tests.studies import factories

PAPER_MUSIC = ["Baroque Classical symbolism", "Electronic music", "Heavy metal", "Asian traditional folklore"]
PAPER_NATURE = ["Sky", "Water", "Mountain", "Desert"]
TABLE_2 = [[9, 3, 0, 0], [4, 7, 1, 0], [1, 2, 9, 0], [1, 0, 0, 11]]
TABLE_3 = [[12, 0, 0, 0], [0, 12, 0, 0], [0, 0, 12, 0], [0, 0, 0, 12]]
TABLE_4 = [[12, 0, 0, 0], [0, 7, 5, 0], [0, 5, 7, 0], [0, 0, 0, 12]]


def make_study(categories: Sequence[str] = factories.CATEGORIES, **fields: object) -> Study:
    names = [*categories, *factories.PRACTICE]
    images = factories.make_set(factories.make_dataset(categories=names, clips=2))
    options = {"simulated_only": True, "trials_per_session": 1} | fields
    return factories.make_study(sets=[images], categories=categories, **options)  # type: ignore[arg-type]


def confusion(study: Study) -> Counter[tuple[str, str | None]]:
    return Counter((row.clip_category, row.chosen_category) for row in read_tidy_rows(study))


def counts_of(table: Sequence[Sequence[int]], names: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(
        {(a, b): n for a, row in zip(names, table, strict=True) for b, n in zip(names, row, strict=True) if n}
    )


def write_matrix(path: Path, table: Sequence[Sequence[int]], names: Sequence[str]) -> Path:
    lines = [["", *names], *([name, *map(str, row)] for name, row in zip(names, table, strict=True))]
    path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def write_answers(path: Path, lines: Sequence[Sequence[str]], names: Sequence[str]) -> Path:
    path.write_text("\n".join(",".join(line) for line in [names, *lines]) + "\n", encoding="utf-8")
    return path
