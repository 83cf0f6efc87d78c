"""Small looks into a board, and researchers' texts, for templates."""

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString

from studyserver.studies.pages import markdown as texts

register = template.Library()


@register.filter
def at(numbers: Mapping[int, int], position: int) -> int | None:
    """The number at a position, if there is one."""
    return numbers.get(position)


@register.filter
def markdown(text: str) -> SafeString:
    """A researcher's text as safe HTML."""
    return texts.render(text)
