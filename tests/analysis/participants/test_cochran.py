import itertools

import numpy as np
import pytest

from analysis.participants.cochran import cochran_q
from analysis.reading.answers import answers_from
from tests.analysis.golden import STATS
from tests.analysis.participants.test_spread import T4
from tests.analysis.tables import table_3


def test_cochran_q_equals_golden():
    found = cochran_q(T4.hits_by_category)
    assert [found.q, found.p_asymptotic, found.df] == pytest.approx(STATS["T4.cochran_q"], rel=1e-9)
    assert found.q == STATS["T4.cochran_q.stat"]
    assert found.p_exact == pytest.approx(STATS["T4.cochran_q.p_exact_perm"], rel=1e-9)


def test_cochran_exact_equals_enumeration():
    hits = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0]])
    observed = (hits.sum(axis=0) ** 2).sum()
    ways = [set(itertools.permutations(row)) for row in hits.tolist()]
    sums = [(np.array(pick).sum(axis=0) ** 2).sum() for pick in itertools.product(*ways)]
    assert cochran_q(hits).p_exact == pytest.approx(np.mean(np.array(sums) >= observed))


def test_cochran_without_contrast_is_not_applicable_and_large_studies_are_asymptotic():
    assert cochran_q(answers_from(table_3()).hits_by_category).status == "not_applicable"
    rng = np.random.default_rng(0)
    found = cochran_q(rng.integers(0, 2, size=(300, 6)))
    assert (found.p_exact, found.status) == (None, "ok")
    assert found.p_asymptotic is not None
