"""Researchers' texts become safe HTML."""

import re

import pytest

from studyserver.studies.pages.markdown import render


def test_markdown_keeps_its_structure_below_the_pages_own_heading() -> None:
    html = render("# Title\n\nSome **bold** text.\n\n- one\n- two")
    assert html.replace(' dir="auto"', "") == (
        "<h2>Title</h2>\n<p>Some <strong>bold</strong> text.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


def test_each_part_begins_where_its_own_letters_do() -> None:
    html = render("# مرحبا\n\nHello.\n\n- شكرا\n\n> نعم")
    assert re.findall(r'<(\w+) dir="auto"', html) == ["h2", "p", "ul", "blockquote"]
    assert (
        render('<p dir="rtl" onclick="x()">y</p>') == '<p dir="auto">&lt;p dir="rtl" onclick="x()"&gt;y&lt;/p&gt;</p>\n'
    )


def test_links_leave_without_a_referrer() -> None:
    assert render("[a](https://example.org)") == (
        '<p dir="auto"><a href="https://example.org" rel="noopener noreferrer">a</a></p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/pixel.png)",
        "<a href='https://example.org' onclick='x()'>y</a>",
        '<div style="position:fixed">x</div>',
    ],
)
def test_nothing_active_gets_through(text: str) -> None:
    html = render(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<div" not in html
    assert 'href="javascript' not in html
    assert "<a href='" not in html
