"""What a browser does with the admin: it reads pages, fills forms and presses buttons."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from studyserver.studies.models import Study

pytestmark = pytest.mark.django_db


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    return html.unescape(response.content.decode())


def page(study: Study) -> str:
    return f"/admin/studies/study/{study.pk}/change/"


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def act(client: Client, study: Study, step: str, **fields: str) -> Any:
    return client.post(f"/admin/studies/study/{study.pk}/{step}/", fields, follow=True)


def open_it(client: Client, study: Study, **fields: Any) -> Any:
    """Go to the opening page, tick what it asks, and press its button."""
    address = f"/admin/studies/study/{study.pk}/open/"
    text = text_of(client, address)
    keys = re.findall(r'name="accept" value="([^"]+)"', text)
    seen = re.findall(r'name="seen" value="([^"]+)"', text)
    return client.post(address, {"accept": keys, "seen": seen} | fields, follow=True)


def read_form(text: str) -> dict[str, Any]:
    """Fields of the study form as a browser would send them back untouched."""
    found: dict[str, Any] = {}
    form = text[text.index('id="study_form"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if name is None or kind == "submit" or "__prefix__" in name:
            continue
        if kind in ("checkbox", "radio") and " checked" not in tag:
            continue
        value = html.unescape(attributes.get("value", "on" if kind == "checkbox" else ""))
        if kind == "checkbox" and value != "on":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        if chosen and "__prefix__" not in name:
            found[name] = html.unescape(chosen[1])
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(value)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        if "__prefix__" not in name:
            values = re.findall(r'value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
            found[name] = values[0]
    return found
