from matplotlib.figure import Figure

from analysis.render.drawings import (
    column_labels,
    drawable,
    figure_labels,
    fit,
    lines_of,
    missing_letters,
    picture,
    shared_drawings,
    shorten,
    text_width,
    wrap,
)

STRANGE = "Ragas \U00011315"


def test_inside_one_report_a_figure_is_drawn_once():
    drawn = []

    def draw(width):
        drawn.append(width)
        return Figure(figsize=(width, 1))

    with shared_drawings():
        first = picture(draw, 2, name="x", alt="words", caption="one")
        again = picture(draw, 2, name="x", alt="words", caption="two")
    assert (first.svg, first.caption, again.caption) == (again.svg, "one", "two")
    picture(draw, 2, name="x", alt="words", caption="")
    assert drawn == [2, 2]
    assert '<title id="x-title">words</title>' in first.svg


def test_labels_fit_their_width():
    text = "a long name of a category"
    assert all(text_width(line) <= 1.0 for line in wrap(text, 1.0).split("\n"))
    assert lines_of([wrap(text, 1.0), "x"]) > 1
    assert text_width(fit(text, 1.0)) <= 1.0
    assert fit("x", 1.0) == "x"
    assert shorten("abcdef", 4) == "abc…"
    assert column_labels(["one", "two"], 1.0) == ["one", "two"]
    assert column_labels(["unbreakablewordofmanyletters"], 0.3) == ["1"]


def test_letters_that_no_font_has_are_replaced_or_numbered():
    assert drawable(STRANGE) == "Ragas ?"
    assert missing_letters(STRANGE) == ["\U00011315"]
    labels = figure_labels([STRANGE, "Fado"])
    assert (labels.texts, labels.numbered) == (("1", "2"), True)
    assert "U+11315" in labels.warning
    assert figure_labels(["A\nB", "C"]).texts == ("A B", "C")
