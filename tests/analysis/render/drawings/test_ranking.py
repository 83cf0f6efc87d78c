import json

import numpy as np
import pytest

from analysis.errors import MetricError, NotComparableError
from analysis.metrics.block import arm_metrics
from analysis.render.drawings import metrics as draw
from tests.analysis.metrics.test_block import small_file


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    first = arm_metrics(small_file(folder / "a.npz", clips=6))
    space = np.array(json.dumps({"name": "embedded", "set": "second"}))
    rng = np.random.default_rng(3)
    moved = rng.standard_normal((24, 8)) + 1
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    second = arm_metrics(small_file(folder / "b.npz", clips=6, space=space, image_embeddings=moved))
    return {"one": first, "two": second}


ROWS = [
    {"category": name, "rate": rate, "ci_low": rate - 0.1, "ci_high": rate + 0.1,
     "giils": {"value": value, "ci_low": value - 1, "ci_high": value + 1}}
    for name, rate, value in (("Sky", 0.9, 56.0), ("Sea", 0.4, 52.0), ("Wood", 0.6, 51.0))
]  # fmt: skip


def test_ranking_shows_every_score_highest_first(blocks):
    figure = draw.giils_ranking({"one": blocks["one"]})
    axes = figure.axes[0]
    scores = {name: row["score"] for name, row in blocks["one"]["giils"].items()}
    order = sorted(scores, key=lambda name: -scores[name])
    assert [text.get_text() for text in axes.get_yticklabels()] == order
    points = axes.collections[0].get_offsets()
    assert points[:, 0].tolist() == [scores[name] for name in order]
    assert points[:, 1].tolist() == [0, 1, 2, 3]


def test_arms_stand_in_one_ranking_with_their_names(blocks):
    figure = draw.giils_ranking(blocks)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    assert len(axes.collections) == 2
    assert "one:" in draw.giils_ranking_alt(blocks)


def test_ranking_refuses_what_may_not_share_a_column(blocks):
    other = {**blocks["two"], "space": {**blocks["two"]["space"], "name": "wav2clip"}}
    with pytest.raises(NotComparableError, match="space.name"):
        draw.giils_ranking({"one": blocks["one"], "two": other})
    with pytest.raises(MetricError, match="at most 4"):
        draw.giils_ranking({str(place): blocks["one"] for place in range(5)})
    empty = {**blocks["one"], "giils": {}}
    with pytest.raises(MetricError, match="no category has a GIILS"):
        draw.giils_ranking({"one": empty})


def test_scatter_places_categories_at_their_values():
    figure = draw.human_against_metric(ROWS, metric="giils", name="GIILS", chance=0.25)
    places = [tuple(mark.get_offsets()[0]) for mark in figure.axes[0].collections]
    assert places == [(56.0, 0.9), (52.0, 0.4), (51.0, 0.6)]
    assert "Sky 90% at 56.00" in draw.human_against_metric_alt(ROWS, metric="giils", name="GIILS")
    with pytest.raises(MetricError, match="no category has both"):
        draw.human_against_metric([{**ROWS[0], "rate": None}], metric="giils", name="GIILS", chance=None)


def test_heat_map_writes_every_cell():
    figure = draw.category_similarity([[0.5, 0.1], [None, -0.25]], ["Sky", "Sea"], rows="clips", columns="images")
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50", "0.10", "–", "-0.25"]
    assert draw.category_similarity_alt([[0.5, 0.1], [None, -0.25]], ["Sky", "Sea"]).endswith("Sky 0.50; Sea -0.25.")
    nothing = draw.category_similarity([[None]], ["Sky"], rows="clips", columns="images")
    assert nothing.axes[0].texts[0].get_text() == "–"


def test_svg_is_the_same_each_time_and_has_a_title(blocks):
    def picture():
        return draw.as_svg(lambda: draw.giils_ranking(blocks), name="g0", alt="a title")

    first = picture()
    assert first == picture()
    assert '<title id="g0-title">a title</title>' in first
    assert "style=" not in first
