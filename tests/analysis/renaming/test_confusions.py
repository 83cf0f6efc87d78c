"""Single confusions: of all renamings those count that leave as many right."""

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reading import answers_from
from analysis.renaming import confusion_laws, tables_of
from analysis.renaming.laws import EXACT_SIZE
from tests.analysis.tables import FOUR, rows_of

BOARD = st.lists(st.integers(0, 3), min_size=4, max_size=4)


def law_by_hand(picks, cell):
    """Of each person all 24 names with as many right as there were; all people together, each way as likely."""
    heard, chosen = cell
    own = []
    for picked in picks:
        right = sum(image == clip for clip, image in enumerate(picked))
        ways = [names for names in permutations(range(4)) if sum(picked[c] == names[c] for c in range(4)) == right]
        own.append([sum(names[c] == heard and picked[c] == chosen for c in range(4)) for names in ways])
    found = Counter(sum(values) for values in product(*own))
    return {total: n / found.total() for total, n in found.items()}


@given(picks=st.lists(BOARD, min_size=1, max_size=2), cell=st.sampled_from(list(permutations(range(4), 2))))
def test_a_law_is_that_of_all_renamings_with_as_many_right(picks, cell):
    tables = tables_of(answers_from(rows_of(picks, FOUR, design="free"), FOUR))
    laws = confusion_laws(tables)
    assert laws is not None
    law, by_hand = laws.law([cell]), law_by_hand(picks, cell)
    assert [law.sf(total) for total in range(3)] == pytest.approx(
        [sum(chance for value, chance in by_hand.items() if value >= total) for total in range(3)]
    )


def test_a_favourite_image_makes_no_pair():
    """Everything is taken for the first: for whatever is heard that is no confusion of its own."""
    tables = tables_of(answers_from(rows_of([(0, 0, 0, 0)] * 6, FOUR, design="free"), FOUR))
    laws = confusion_laws(tables)
    assert laws is not None
    assert laws.law([(1, 0)]).sf(6) == pytest.approx(1.0)


def test_classes_too_large_to_count_have_no_law():
    names = tuple(f"c{i}" for i in range(EXACT_SIZE + 1))
    tables = tables_of(answers_from(rows_of([tuple(np.arange(len(names)))], names), names))
    assert confusion_laws(tables) is None
