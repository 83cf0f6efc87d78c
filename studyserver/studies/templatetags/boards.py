"""Small looks into a board, and researchers' texts, for templates."""

from collections.abc import Mapping

from django import template

from studyserver.studies.pages import markdown
from studyserver.studies.rules import tell_day

register = template.Library()
register.filter("markdown", markdown.render)  # a researcher's text as safe HTML
register.filter("last_day", tell_day)  # 1 December 2026 (anywhere on Earth)


@register.filter
def at(numbers: Mapping[int, int], position: int) -> int | None:
    """The number at a position, if there is one."""
    return numbers.get(position)
