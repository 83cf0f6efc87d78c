import math

import pytest

from analysis.similarity.matching import ais
from analysis.similarity.score import ScoreRangeError, to_advantage, to_score


def test_score_map_and_its_inverse():
    assert [to_score(x) for x in (-1.0, 0.0, 1.0)] == [0.0, 50.0, 100.0]
    assert to_score(0.05) == pytest.approx(51.5922, abs=1e-4)
    assert to_score(1.0 + 1e-13) == 100.0
    assert to_advantage(to_score(0.2699)) == pytest.approx(0.2699, abs=1e-12)


@pytest.mark.parametrize("x", [1.001, -1.2, math.inf])
def test_score_is_never_clipped_silently(x):
    with pytest.raises(ScoreRangeError, match=r"outside \[-1, 1\]") as raised:
        to_score(x)
    assert raised.value.x == x


def test_advantage_outside_the_scale_is_refused():
    with pytest.raises(ScoreRangeError):
        ais([[1.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0], [-1.0, 0.1]], [0], denominator="unbiased")
