"""A page read as a browser would: forms, sounds, pictures, and what it says in spans."""

import pytest

from studyserver.studies.errors import SimulationError
from studyserver.studies.simulation.reader import PageReader

PAGE = """
<h1>Round <span class="number">2</span></h1>
<p>Give clip 1 image <span class="instructed">B</span> and <span>go</span> on.</p>
<audio src="/media/a.wav"></audio><audio></audio><img src="/media/b.png"><img src="data:,">
<form action="/there/" method="post">
  <input type="hidden" name="csrf" value="x"><input type="radio" name="clip-1" value="1">
  <input type="radio" name="clip-1" value="2"><button name="action" value="start">Start</button>
</form>
<input type="radio" name="outside" value="1">
"""


def test_what_a_page_has_is_read_in_its_order() -> None:
    page = PageReader(PAGE)
    assert page.title == "Round 2"
    assert page.texts == {"number": "2", "instructed": "B"}
    assert (page.sounds, page.pictures) == (["/media/a.wav"], ["/media/b.png"])
    assert page.form.attributes == {"action": "/there/", "method": "post"}
    assert page.form.hidden == {"csrf": "x"}
    assert page.choices == {"clip-1": ["1", "2"]}
    assert page.form.buttons == {"action": ["start"]}


def test_a_page_without_a_form_is_named() -> None:
    with pytest.raises(SimulationError, match="The page “Closed” has no form"):
        _ = PageReader("<h1>Closed</h1>").form
