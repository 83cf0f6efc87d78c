"""Stored media over HTTP: ranges, caching, and nothing but what a row knows."""

from io import BytesIO

import numpy as np
import pytest
import soundfile
from django.core.files.storage import default_storage
from django.test import Client

from generation.media import storage
from generation.models import Artwork, Clip, Content, Stimulus
from studyserver.studies.design.document import design_document, is_design_intact
from studyserver.studies.design.freezing import lifted
from studyserver.studies.exports.study_document import study_document
from studyserver.studies.models import Study
from studyserver.studies.pages import media as media_view
from studyserver.studies.sitting import media_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(study: Study) -> Clip:
    found = Clip.objects.first()
    assert found is not None
    return found


def get(client: Client, address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    response = client.get(address, headers=headers)
    body = response.getvalue() if response.status_code != 404 else b""
    response.close()
    return response.status_code, body, dict(response.headers)


def address_of(row: Clip | Stimulus | Artwork | Content) -> str:
    return f"/media/{row.sha256}.{(row.file.name or '').rsplit('.')[-1]}"


def stored(row: Clip) -> bytes:
    with row.file.open("rb") as file:
        return bytes(file.read())


def test_whole_file_is_immutable_and_typed(client: Client, clip: Clip) -> None:
    status, body, headers = get(client, address_of(clip))
    assert (status, body) == (200, stored(clip))
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["ETag"] == f'"{clip.sha256}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(len(body))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-10", -10, None), ("bytes=0-99999999", 0, None)],
)
def test_range_is_answered_with_its_part(client: Client, clip: Clip, wanted: str, first: int, last: int | None) -> None:
    whole = stored(clip)
    status, body, headers = get(client, address_of(clip), Range=wanted)
    expected = whole[first:] if last is None else whole[first : last + 1]
    start = first % len(whole)
    assert (status, body) == (206, expected)
    assert headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(whole)}"
    assert headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
def test_range_beyond_the_end_is_416(client: Client, clip: Clip, wanted: str) -> None:
    status, body, headers = get(client, address_of(clip), Range=wanted)
    assert (status, body) == (416, b"")
    assert headers["Content-Range"] == f"bytes */{len(stored(clip))}"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "bytes=-", "bytes=0-1,5-6", "items=0-5", "bytes=a-b", "nonsense"])
def test_other_ranges_get_the_whole_file(client: Client, clip: Clip, wanted: str) -> None:
    assert get(client, address_of(clip), Range=wanted)[:2] == (200, stored(clip))


def test_long_part_is_read_in_chunks(client: Client, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_view, "CHUNK", 7)
    assert get(client, address_of(clip), Range="bytes=3-1000")[1] == stored(clip)[3:1001]


def test_a_clip_is_sent_without_its_title_and_with_all_of_its_sound(client: Client, study: Study) -> None:
    data = BytesIO()
    with soundfile.SoundFile(data, "w", 8000, 1, format="FLAC") as sound:
        sound.title = "Secret title"
        sound.write(np.linspace(-0.5, 0.5, 30_000))
    sha256, name = storage.store(data.getvalue(), ".flac")
    row = Clip.objects.create(
        category=study.categories.all()[0], split="test", sha256=sha256, file=name, duration=3.75, sample_rate=8000
    )
    status, body, headers = get(client, address_of(row))
    assert (status, headers["Content-Length"]) == (200, str(len(data.getvalue())))
    assert b"Secret" in data.getvalue()
    assert b"Secret" not in body
    assert np.array_equal(soundfile.read(BytesIO(body))[0], soundfile.read(BytesIO(data.getvalue()))[0])
    at = data.getvalue().index(b"Secret")
    assert get(client, address_of(row), Range=f"bytes={at - 5}-{at + 20}")[1] == body[at - 5 : at + 21]


def test_conditions(client: Client, clip: Clip) -> None:
    etag = f'"{clip.sha256}"'
    assert get(client, address_of(clip), **{"If-None-Match": etag})[:2] == (304, b"")
    assert get(client, address_of(clip), **{"Range": "bytes=0-9", "If-Range": etag})[0] == 206
    assert get(client, address_of(clip), **{"Range": "bytes=0-9", "If-Range": '"other"'})[0] == 200


def test_head_has_the_length_and_no_body(client: Client, clip: Clip) -> None:
    response = client.head(address_of(clip))
    assert (response.status_code, response["Content-Length"]) == (200, str(len(stored(clip))))
    assert response.getvalue() == b""
    response.close()
    assert client.post(address_of(clip)).status_code == 405


def test_every_kind_of_row_is_served_and_nothing_else(client: Client, clip: Clip) -> None:
    for row in (clip, Stimulus.objects.first(), Artwork.objects.first(), Content.objects.first()):
        assert row is not None
        assert get(client, address_of(row))[0] == 200
    sha256, name = storage.store(b"stored, but no row knows it", ".png")
    assert default_storage.exists(name)
    for address in (
        f"/media/{sha256}.png",
        f"/media/{clip.sha256}.mp3",
        f"/media/{clip.sha256}.exe",
        f"/media/{clip.sha256.upper()}.wav",
        f"/media/{clip.sha256}",
        f"/media/{clip.sha256[:2]}/{clip.sha256}.wav",
        "/media/../settings.py",
    ):
        assert get(client, address)[0] == 404, address


def test_file_lost_from_the_storage_is_a_plain_404(client: Client, study: Study) -> None:
    row = Clip.objects.last()
    assert row is not None
    with lifted():
        Clip.objects.filter(pk=row.pk).update(sha256="0" * 64, file=storage.address("0" * 64, ".wav"))
    status, _, headers = get(client, f"/media/{'0' * 64}.wav")
    assert status == 404
    assert "immutable" not in headers.get("Cache-Control", "")


def test_one_query_whatever_the_kind(client: Client, clip: Clip, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(1):
        get(client, address_of(clip))


def test_a_copy_for_participants_is_what_a_board_plays_and_is_served(client: Client, study: Study, clip: Clip) -> None:
    assert media_url(clip) == address_of(clip)
    sha256, name = storage.store(b"a copy", ".mp3")
    assert get(client, f"/media/{sha256}.mp3")[0] == 404
    clip.played_sha256, clip.played_file = sha256, name
    with lifted():
        clip.save()
    assert media_url(clip) == f"/media/{sha256}.mp3"
    status, body, headers = get(client, media_url(clip))
    assert (status, body, headers["Content-Type"]) == (200, b"a copy", "audio/mpeg")
    assert get(client, address_of(clip))[0] == 200


def test_designs_and_study_documents_say_which_copies_are_played(study: Study) -> None:
    assert all("played" not in arm for arm in design_document(study)["arms"])
    stimulus = Stimulus.objects.filter(set__arms__study=study, category__in=study.categories.all()).first()
    assert stimulus is not None
    with lifted():
        Clip.objects.filter(pk=stimulus.clip_id).update(played_sha256="f" * 64, played_file="ff/f.mp3", gain=-3.25)
    assert [arm["played"] for arm in design_document(study)["arms"]] == [{stimulus.clip.sha256: "f" * 64}]
    assert not is_design_intact(study)
    shown = [row for arm in study_document(study, interim=True)["arms"].values() for row in arm["stimuli"]]
    assert [row["played"] for row in shown if "played" in row] == [{"sha256": "f" * 64, "gain_db": -3.25}]
