"""Section: what the report is of, and what must be known before any number."""

from analysis import wording
from analysis.render.parts import Banner, Heading, Paragraph, Parts
from analysis.render.sections.section import Scope, Section, task

DESIGN_WORDS = {
    "one_to_one": "One-to-one matching: every image is used exactly once.",
    "one_to_one spare": "One-to-one matching: every image is used once at most, and some are left over.",
    "free": "Free matching: an image may be chosen for several clips.",
}


def _parts(scope: Scope) -> Parts:
    result = scope.result
    yield Heading(1, result["study"]["title"])
    as_of = f" Answers up to {wording.moment(result['as_of'])}." if result["as_of"] else ""
    yield Paragraph(DESIGN_WORDS[task(result)] + as_of, "quiet")
    for banner in result["banners"]:
        yield Banner(banner["title"], banner["text"])


SECTION = Section(_parts, chapter="")
