from analysis.render.parts import Facts, Only, Paragraph, Picture, Sortable, figure_files, parts_for


def test_pages_and_paper_have_parts_of_their_own():
    parts = [Paragraph("both"), Only(Paragraph("page"), page=True), Only(Paragraph("paper"), page=False)]
    assert [part.text for part in parts_for(parts, page=True)] == ["both", "page"]
    assert [part.text for part in parts_for(parts, page=False)] == ["both", "paper"]


def test_facts_are_a_table_on_paper():
    assert Facts("From.", [("a", "b"), ("c", ["d", "e"])]).table.rows == [["a", "b"], ["c", "d; e"]]


def test_a_figure_is_drawn_once_and_only_when_it_is_asked_for():
    drawn = []
    picture = Picture(lambda: drawn.append("flow") or "<svg/>", "flow", "alt", "caption")
    assert drawn == []
    assert figure_files([Paragraph("x"), picture]) == {"flow.svg": "<svg/>"}
    assert (picture.svg, drawn) == ("<svg/>", ["flow"])


def test_a_cell_sorts_by_its_value():
    assert (Sortable("(1/3)", 1 / 3), Sortable("–", None).value) == ("(1/3)", None)
