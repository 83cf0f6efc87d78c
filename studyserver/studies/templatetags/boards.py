"""Small looks into a board for its template."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def at(numbers: Mapping[int, int], position: int) -> int | None:
    """The number at a position, if there is one."""
    return numbers.get(position)
