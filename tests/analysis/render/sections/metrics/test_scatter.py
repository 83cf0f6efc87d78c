from analysis.render.sections.metrics.scatter import scatter_alt, scatter_figure

ROWS = [
    {"category": name, "rate": rate, "ci_low": rate - 0.1, "ci_high": rate + 0.1,
     "giils": {"value": value, "ci_low": value - 1, "ci_high": value + 1}}
    for name, rate, value in (("Sky", 0.9, 56.0), ("Sea", 0.4, 52.0), ("Wood", 0.6, 51.0))
]  # fmt: skip


def test_categories_stand_at_their_values_with_their_names():
    figure = scatter_figure(ROWS, "giils", "GIILS", 0.25)
    (axes,) = figure.axes
    assert [tuple(mark.get_offsets()[0]) for mark in axes.collections] == [(56.0, 0.9), (52.0, 0.4), (51.0, 0.6)]
    assert {text.get_text() for text in axes.texts} == {"chance", "Sky", "Sea", "Wood"}
    assert "Sky 90% at 56.00" in scatter_alt(ROWS, "giils", "GIILS")


def test_many_categories_are_numbered_and_no_name_covers_another():
    rows = [{**ROWS[0], "category": str(n), "rate": 0.5 + n / 1000} for n in range(9)]
    (axes,) = scatter_figure(rows, "giils", "GIILS", None).axes
    assert [text.get_text() for text in axes.texts] == [str(n + 1) for n in range(9)]
    assert len({text.get_position() for text in axes.texts}) == 9
