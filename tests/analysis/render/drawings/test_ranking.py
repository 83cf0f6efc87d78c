import pytest

from analysis.errors import MetricError, NotComparableError
from analysis.metrics import arm_metrics
from analysis.render import drawings as draw
from tests.analysis.metric_files import CATEGORIES, write_embeddings


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    names = {"one": 1, "two": 3}
    return {
        name: arm_metrics(write_embeddings(folder / f"{name}.npz", name=name, seed=seed), list(CATEGORIES))
        for name, seed in names.items()
    }


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


def test_svg_is_the_same_each_time_and_has_a_title(blocks):
    def svg():
        return draw.picture(draw.giils_ranking, blocks, name="g0", alt="a title", caption="").svg

    first = svg()
    assert first == svg()
    assert '<title id="g0-title">a title</title>' in first
    assert "style=" not in first
