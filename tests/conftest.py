"""What all tests share: whole small things to test with, built by `tests.studies.factories`, and what runs last."""

import os

import hypothesis
import pytest

from studyserver.studies.models import Study
from tests.studies import factories

# A busy machine is slow, not wrong: no deadline. Where a run decides over a change, its examples stay the same.
DECIDES = bool(os.environ.get("CI")) or os.environ.get("PARAGONE_REQUIRE_ALL") == "1"
hypothesis.settings.register_profile("paragone", deadline=None, derandomize=DECIDES, print_blob=True)
hypothesis.settings.load_profile("paragone")


# A process that is killed leaves what it wrote; only a machine that fails would need this, and no test fails one.
os.fsync = lambda handle: None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first and browser tests last, in whatever order each part has been shuffled into.

    Playwright leaves an event loop running in this thread from the first browser test on, and Django's ORM refuses to
    work beside one: a test that asks for the database by name, in its body, would fail or pass by the seed. Of tests
    that are spread over processes, a long one that begins at the end keeps one busy while the others stand idle.
    """

    def marked(item: pytest.Item, mark: str) -> bool:
        return item.get_closest_marker(mark) is not None

    items.sort(key=lambda item: (marked(item, "browser"), not marked(item, "slow")))


@pytest.fixture
def study(db: None) -> Study:
    """An open one-to-one study: four categories, two trials, practice with one category, one arm."""
    return factories.make_study()
