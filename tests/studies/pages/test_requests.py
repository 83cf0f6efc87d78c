"""Whatever anybody sends, the server answers; an error of its own (5xx) is none of the answers."""

import json
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as sized
from hypothesis import strategies as st

from generation.models import Clip
from studyserver.studies.models import Study
from tests.studies.participants import begin

pytestmark = pytest.mark.django_db
fuzz = sized(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

DIGITS = "9" * 4_400
ODD = ["", "\x00", "a\x00b", "..", "../../etc/passwd", DIGITS, "-1", "1e999", "\ud800", "\ufffe", "%", "%00"]
odd = st.sampled_from(ODD) | st.text(max_size=30) | st.integers().map(str)
# A header as WSGI hands it on: one line of Latin-1.
line = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
HEADERS = [
    "Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Content-Type", "Cookie", "Expect", "Host",
    "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "Origin", "Range", "Referer", "User-Agent",
    "X-CSRFToken", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-HTTP-Method-Override",
]  # fmt: skip
VALUES = [
    f"bytes={DIGITS}-", f"bytes=-{DIGITS}", f"bytes=0-{DIGITS}", "bytes=-", "text/html; charset=no-such", DIGITS,
    "multipart/form-data", "multipart/form-data; boundary=", f"sessionid={DIGITS}", "1.2.3.4, " * 50, "[::1",
]  # fmt: skip
headers = st.dictionaries(st.sampled_from(HEADERS), st.sampled_from(VALUES) | line, max_size=4)
NAMES = ["action", "clip-1", "clip-2", "confidence-1", "code", "heard", "device", "answer-1", "rt_ms", "choices"]
forms = st.dictionaries(st.sampled_from(NAMES) | odd, odd, max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | odd
bodies: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd, inner, max_size=4), max_leaves=12
)
KNOWN = ["events", "key", "kind", "clip", "data", "version", "matches", "confidence", "choices"]
TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]


@pytest.fixture
def client(settings: Any) -> Client:
    settings.API_CALLS_PER_SESSION = settings.API_BYTES_PER_SESSION = 0  # or most would be answered with 429
    return Client(raise_request_exception=False)


@pytest.fixture
def places(study: Study) -> list[str]:
    """Every kind of address that a stranger or a participant may ask for."""
    code, clip = begin(study).code, Clip.objects.all()[0]
    pages = ["", "sound/", "headphones/", "practice/", "trial/1/", "debrief/", "closed/", "leave/", "left/"]
    trial = f"/api/p/{code}/trial/1/"
    return [
        "/", "/withdraw/", "/admin/", "/admin/login/", f"/s/{study.slug}/", f"/s/{study.slug}/preview/",
        *(f"/p/{code}/{page}" for page in pages), f"/api/p/{code}/events/", trial,
        *(trial + part for part in ("events/", "draft/", "answers/")),
        f"/media/{clip.sha256}.wav", "/static/studies/board.js",
    ]  # fmt: skip


def send(client: Client, method: str, address: str, **extra: Any) -> int:
    """The status of the answer, whose body is read to its end."""
    response = client.generic(method, address, **extra)
    b"".join(response) if response.streaming else response.content  # type: ignore[call-overload]
    response.close()
    return response.status_code


def encode(pairs: dict[str, str]) -> str:
    """As a query or a form."""
    return "&".join(f"{quote(key, errors='replace')}={quote(value, errors='replace')}" for key, value in pairs.items())


@fuzz
@given(st.data())
def test_any_part_of_an_address_and_any_query(client: Client, places: list[str], data: st.DataObject) -> None:
    parts = data.draw(st.sampled_from(places)).split("/")
    any_part = odd.map(lambda text: quote(text, errors="replace", safe="")) | st.binary().map(quote_from_bytes)
    parts[data.draw(st.integers(0, len(parts) - 1))] = data.draw(any_part)
    query = encode(data.draw(st.dictionaries(odd, odd, max_size=3)))
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS"]))
    assert send(client, method, f"/{'/'.join(parts).lstrip('/')}?{query}") < 500


@fuzz
@given(st.data())
def test_any_header(client: Client, places: list[str], data: st.DataObject) -> None:
    method, address = data.draw(st.sampled_from(["GET", "POST"])), data.draw(st.sampled_from(places))
    assert send(client, method, address, headers=data.draw(headers)) < 500


@fuzz
@given(st.data())
def test_any_form_and_any_bytes(client: Client, places: list[str], data: st.DataObject) -> None:
    address, content_type = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(TYPES))
    body = data.draw(forms.map(lambda form: encode(form).encode()) | st.binary(max_size=200))
    assert send(client, "POST", address, data=body, content_type=content_type) < 500


@fuzz
@given(st.data())
def test_any_json(client: Client, places: list[str], data: st.DataObject) -> None:
    address = data.draw(st.sampled_from([place for place in places if place.startswith("/api/")]))
    body = json.dumps(data.draw(st.dictionaries(st.sampled_from(KNOWN), bodies, max_size=5) | bodies))
    assert send(client, "POST", address, data=body, content_type="application/json") < 500


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"events":', "}"), ('{"data":[', "]}")])
@pytest.mark.parametrize("depth", [50, 900, 50_000])
def test_json_that_is_nested_deeply_is_refused(
    client: Client, places: list[str], opening: str, closing: str, depth: int
) -> None:
    body = opening * depth + "1" + closing * depth
    for address in places:
        if address.startswith("/api/") and not address.endswith("trial/1/"):
            assert send(client, "POST", address, data=body, content_type="application/json") == 400


def test_a_range_of_4400_digits_is_answered(client: Client, places: list[str]) -> None:
    (address,) = (place for place in places if place.startswith("/media/"))
    for wanted, status in {f"{DIGITS}-": 416, f"0-{DIGITS}": 206, f"-{DIGITS}": 206, f"{'0' * 4_400}5-9": 206}.items():
        assert send(client, "GET", address, headers={"Range": f"bytes={wanted}"}) == status


def test_a_nul_in_a_file_name_is_not_found(client: Client) -> None:
    for address in ("/media/%00.wav", "/static/%00", "/static/studies/board.js%00.map", "/s/%00/", "/p/%00/"):
        assert send(client, "GET", address) == 404, address
