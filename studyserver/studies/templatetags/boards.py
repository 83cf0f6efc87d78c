"""Small looks into a board, researchers' texts, and whose language a part of a page is in, for templates."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from studyserver.studies.languages import ENGLISH, direction_of
from studyserver.studies.pages import markdown
from studyserver.studies.rules import tell_day

register = template.Library()
register.filter("markdown", markdown.render)  # a researcher's text as safe HTML
register.filter("last_day", tell_day)  # 1 December 2026 (anywhere on Earth)


@register.filter
def at(numbers: Mapping[int, int], position: int) -> int | None:
    """The number at a position, if there is one."""
    return numbers.get(position)


@register.simple_tag(takes_context=True)
def page_language(context: Mapping[str, Any]) -> SafeString:
    """Attributes of a page: the language of its study and where its lines begin; English without a study."""
    tag = _language_of(context)
    return format_html('lang="{}" dir="{}"', tag, direction_of(tag))


@register.simple_tag(takes_context=True)
def own_words(context: Mapping[str, Any]) -> SafeString | str:
    """Attributes of a part of a study's page that holds the page's own words, where these are another language."""
    return "" if _language_of(context) == ENGLISH else format_html('lang="{}" dir="ltr"', ENGLISH)


@register.simple_tag(takes_context=True)
def study_words(context: Mapping[str, Any]) -> SafeString:
    """Attributes of a researcher's words: the study's language; they begin where their own letters do."""
    tag = _language_of(context)
    return SafeString('dir="auto"') if tag == ENGLISH else format_html('lang="{}" dir="auto"', tag)


def _language_of(context: Mapping[str, Any]) -> str:
    study = context.get("study")
    return study.language if study else ENGLISH
