"""Small looks into a board, and researchers' texts, for templates."""

from collections.abc import Mapping

from django import template

from studyserver.studies.pages import markdown

register = template.Library()
register.filter("markdown", markdown.render)  # a researcher's text as safe HTML


@register.filter
def at(numbers: Mapping[int, int], position: int) -> int | None:
    """The number at a position, if there is one."""
    return numbers.get(position)
