import numpy as np
import pytest

from analysis.distribution.frechet import frechet_distance
from analysis.distribution.kernels import cmmd, kid
from analysis.distribution.variety import prdc, vendi
from analysis.errors import MetricError
from tests.analysis.metrics_golden import random_set


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: frechet_distance([[1.0]], [[1.0], [2.0]]), "first set: 1 rows, at least 2"),
        (lambda: frechet_distance([[1.0], [2.0]], [[1.0, 2.0], [2.0, 1.0]]), "1 and 2 dimensions"),
        (lambda: kid([[1.0], [np.nan]], [[1.0], [2.0]]), "first set: row 1 holds a value that is not a finite"),
        (lambda: cmmd([[1.0], [0.0]], [[1.0], [2.0]]), "first set: row 1 is a zero vector"),
        (lambda: prdc(random_set(1, 5), random_set(2, 9)), "real: 5 rows, at least 6"),
        (lambda: prdc(random_set(1, 9), random_set(2, 9, 2)), "6 and 2 dimensions"),
        (lambda: prdc(random_set(1, 9), random_set(2, 9), 0), "k: at least 1"),
        (lambda: vendi([1.0, 2.0]), "images: expected a table of numbers"),
    ],
)
def test_bad_input_is_named_in_one_line(call, words):
    with pytest.raises(MetricError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)
