import pytest

from analysis.render.drawings import confusion_map, ink_on, similarity_map, two_confusions

NAMES = ["Sky", "Sea"]


def written(axes):
    return [text.get_text() for text in axes.texts]


def test_similarities_stand_in_every_cell():
    figure = similarity_map([[0.5, 0.1], [None, -0.25]], NAMES, "clips", "images")
    assert written(figure.axes[0]) == ["0.50", "0.10", "–", "-0.25"]
    assert written(similarity_map([[None]], ["Sky"], "clips", "images").axes[0]) == ["–"]


def test_many_similarities_have_a_scale_in_place_of_numbers():
    names = [f"category {n}" for n in range(12)]
    axes, scale = similarity_map([[0.1 * (i == j) for j in range(12)] for i in range(12)], names, "a", "b").axes
    assert written(axes) == []
    assert scale.get_xlabel() == "mean cosine"


def test_confusions_have_count_and_share_and_a_frame_on_the_diagonal():
    (axes,) = confusion_map([[3, 1], [0, 0]], [[0.75, 0.25], [None, None]], NAMES).axes
    assert written(axes) == ["3", "75%", "1", "25%"]
    assert [patch.get_xy() for patch in axes.patches] == [(-0.47, -0.47), (0.53, 0.53)]
    assert [text.get_text() for text in axes.get_yticklabels()] == NAMES


def test_names_that_do_not_fit_over_their_columns_become_numbers():
    names = [f"A category called {n} with a long name" for n in range(9)]
    counts = [[int(i == j) for j in range(9)] for i in range(9)]
    (axes,) = confusion_map(counts, counts, names).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == [str(n) for n in range(1, 10)]
    assert axes.get_yticklabels()[0].get_text().startswith("1  A category")
    assert written(axes) == ["1"] * 9


@pytest.mark.parametrize(("k", "beside"), [(2, True), (8, False)])
def test_people_and_machine_stand_side_by_side_or_one_below_the_other(k, beside):
    counts = [[int(i == j) for j in range(k)] for i in range(k)]
    left, right = two_confusions(counts, counts, [str(n) for n in range(k)]).axes
    assert (left.get_position().y0 == right.get_position().y0) == beside
    assert (left.get_title("left"), right.get_title("left")) == ("people", "machine")


def test_ink_stands_out_from_its_cell():
    assert (ink_on(1.0), ink_on(0.0)) == ("white", "#1d1d1b")
