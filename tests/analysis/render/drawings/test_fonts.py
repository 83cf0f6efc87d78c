from fontTools.ttLib import TTFont

from analysis.render.drawings.fonts import CJK_FAMILY, CJK_FONT, figure_labels, missing_letters


def test_the_font_that_is_carried_is_free_and_its_licence_lies_beside_it():
    with TTFont(CJK_FONT, lazy=True) as font:
        name = font["name"]
        assert name.getDebugName(1) == CJK_FAMILY
        assert name.getDebugName(5).startswith("Version 2.004")
        assert "SIL Open Font License, Version 1.1" in name.getDebugName(13)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (CJK_FONT.parent / "OFL.txt").read_text(encoding="utf-8")


def test_east_asian_names_are_drawn_and_others_numbered():
    assert missing_letters("Jazz 民謡 민요 民谣 ブルース") == []
    drawn = figure_labels(["民謡", "Jazz"])
    assert (drawn.texts, drawn.numbered, drawn.warning) == (("民謡", "Jazz"), False, "")
    numbered = figure_labels(["\u1900", "Jazz"])
    assert (numbered.texts, numbered.numbered) == (("1", "2"), True)
    assert "U+1900" in numbered.warning
