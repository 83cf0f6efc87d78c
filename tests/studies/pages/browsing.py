"""A participant's browser, reduced to its requests."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from studyserver.studies.models import Session, Study

LISTENED = {"listening_declared": "on"}
STRAIGHT = {f"clip-{i}": str(i) for i in (1, 2, 3, 4)} | LISTENED


def read_hidden(response: Any) -> dict[str, str]:
    """The hidden fields of a page's form, as a browser would send them."""
    html = response.content.decode()
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', html))


def consent(client: Client, study: Study, query: str = "", **extra: Any) -> Session:
    """Read the consent page and agree."""
    address = f"/s/{study.slug}/{query}"
    page = client.get(address, **extra)
    response = client.post(address, {**read_hidden(page), "action": "agree"}, **extra)
    assert response.status_code == 302, response.content.decode()
    return Session.objects.get(code=response["Location"].split("/")[2])


def walk_to_trial(client: Client, study: Study) -> Session:
    """Consent, sound check and practice."""
    session = consent(client, study)
    base = f"/p/{session.code}/"
    client.post(base + "sound/", {"heard": "clearly", "device": "headphones"})
    page = client.get(base + "practice/")
    names = sorted(set(re.findall(r'name="(clip-\d+)"', page.content.decode())))
    client.post(base + "practice/", {name: str(i) for i, name in enumerate(names, start=1)} | LISTENED)
    client.post(base + "practice/", {"action": "start"})
    return session


def location(response: Any) -> str:
    return urlsplit(response["Location"]).path


def finish(client: Client, study: Study) -> Session:
    session = walk_to_trial(client, study)
    for index in (1, 2):
        client.get(f"/p/{session.code}/trial/{index}/")
        client.post(f"/p/{session.code}/trial/{index}/", STRAIGHT)
    return session
