import numpy as np
import pytest

from analysis.errors import MetricError
from analysis.similarity.rows import BLOCK, FLOAT32_FROM, Rows, read_matched

DIMENSIONS = 6


def unit(rows: np.ndarray) -> np.ndarray:
    wide = rows.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def unread(*tables: np.ndarray) -> list[Rows]:
    return [Rows(table, name=f"table {place}", read=False) for place, table in enumerate(tables)]


def sums_by_hand(rows: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
    sums = np.zeros((n_groups, rows.shape[1]))
    np.add.at(sums, groups[groups >= 0], rows[groups >= 0])
    return sums


PARTNERS = {
    "each once": lambda rng, n, others: rng.permutation(others)[:n],
    "several images of one item, items of no image": lambda rng, n, others: rng.integers(0, others // 2, n),
    "in file order": lambda rng, n, others: np.arange(n),
    "all of one item": lambda rng, n, others: np.full(n, others - 1),
}


@pytest.mark.parametrize("words", PARTNERS)
@pytest.mark.parametrize("n_groups", [1, 5, BLOCK + 100])
def test_tables_read_together_hold_what_tables_read_apart_hold(words, n_groups):
    n, n_others = 2 * BLOCK + 37, 3 * BLOCK + 5
    rng = np.random.default_rng(n_groups)
    images, audio, pictures = (rng.normal(size=(rows, DIMENSIONS)) + 0.2 for rows in (n, n_others, n_others))
    partners = [PARTNERS[words](rng, n, n_others) for _ in range(2)]
    groups = rng.integers(-1, n_groups, n)
    tables = unread(images, audio, pictures)
    found = read_matched(tables[0], tables[1:], partners, groups, n_groups)
    for table, array in zip(tables, (images, audio, pictures), strict=True):
        np.testing.assert_allclose(table.scale, 1 / np.linalg.norm(array, axis=1), rtol=1e-14)
        np.testing.assert_allclose(table.total, unit(array).sum(axis=0), rtol=0, atol=1e-11)
        np.testing.assert_allclose(table.total, Rows(array, name="apart").total, rtol=0, atol=1e-11)
    np.testing.assert_allclose(tables[0].group_totals, sums_by_hand(unit(images), groups, n_groups), atol=1e-11)
    apart = Rows(images, name="images", groups=groups, n_groups=n_groups)
    np.testing.assert_allclose(apart.group_totals, tables[0].group_totals, atol=1e-11)
    np.testing.assert_allclose(apart.group_sums(groups, n_groups), tables[0].group_totals, atol=1e-11)
    for cosines, partner, other in zip(found, partners, (audio, pictures), strict=True):
        np.testing.assert_allclose(cosines, (unit(images) * unit(other)[partner]).sum(axis=1), atol=1e-13)
        np.testing.assert_allclose(cosines, apart.paired_with(Rows(other, name="o"), partner), atol=1e-13)


def test_large_tables_of_short_numbers_keep_means_to_a_few_billionths():
    n = FLOAT32_FROM // DIMENSIONS + 1
    rng = np.random.default_rng(3)
    images, audio = (rng.normal(size=(n, DIMENSIONS)).astype(np.float32) + np.float32(0.2) for _ in range(2))
    partner, groups = rng.permutation(n), rng.integers(0, 7, n)
    tables = unread(images, audio)
    (cosines,) = read_matched(tables[0], tables[1:], [partner], groups, 7)
    assert tables[0].work is np.float32
    for table, array in zip(tables, (images, audio), strict=True):
        np.testing.assert_allclose(table.total / n, unit(array).mean(axis=0), rtol=0, atol=3e-9)
    assert cosines.mean() == pytest.approx((unit(images) * unit(audio)[partner]).sum(axis=1).mean(), abs=3e-9)


@pytest.mark.parametrize(("place", "row"), [(0, 300), (1, 12), (1, 7), (2, 511)])
def test_a_bad_row_is_named_by_its_table_and_its_place_there(place, row):
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=(512, DIMENSIONS)) for _ in range(3)]
    arrays[place][row] = 0.0 if row != 12 else np.nan
    tables = unread(*arrays)
    partners = [rng.permutation(512), rng.permutation(512)]
    partners[0][partners[0] == 7] = 8  # row 7 of the first is no image's partner
    what = "holds a value that is not a finite number" if row == 12 else "is a zero vector"
    with pytest.raises(MetricError, match=f"^table {place}: row {row} {what}$"):
        read_matched(tables[0], tables[1:], partners, np.zeros(512, dtype=np.int64), 1)
