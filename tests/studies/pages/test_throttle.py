"""Limits by network address: counted for all processes, said in words, and nobody else's."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from studyserver.settings import envint
from studyserver.studies.models import Session, Study, Tally
from studyserver.studies.pages import throttle
from studyserver.studies.pages.throttle import STARTS, find_network
from studyserver.studies.simulation.participants import simulate_ability
from tests.studies.pages.browsing import read_hidden
from tests.studies.participants import complete

pytestmark = pytest.mark.django_db
HOUSE, OTHER = "203.0.113.5", "198.51.100.7"


def agree(client: Client, study: Study) -> Any:
    """Read the consent page and agree."""
    address = f"/s/{study.slug}/"
    return client.post(address, {**read_hidden(client.get(address)), "action": "agree"})


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock at the start of a window, to be moved."""

    class Clock:
        now = 1_000_000 * STARTS.window_s

        def time(self) -> float:
            return self.now

    found = Clock()
    monkeypatch.setattr(throttle, "time", found)
    return found


def test_starts_of_one_network_are_limited_for_some_minutes(study: Study, settings: Any, clock: Any) -> None:
    settings.STARTS_PER_ADDRESS = 2
    for _ in range(2):
        assert agree(Client(REMOTE_ADDR=HOUSE), study).status_code == 302
    clock.now += 90
    refused = agree(Client(REMOTE_ADDR=HOUSE), study)
    assert (refused.status_code, refused["Retry-After"]) == (429, "510")
    assert "try again in 9 minutes" in refused.content.decode()
    assert agree(Client(REMOTE_ADDR=OTHER), study).status_code == 302
    clock.now += 510
    assert agree(Client(REMOTE_ADDR=HOUSE), study).status_code == 302
    assert Session.objects.count() == 4


def test_sending_the_same_form_again_and_looking_count_for_nothing(study: Study, settings: Any) -> None:
    settings.STARTS_PER_ADDRESS = 1
    client = Client(REMOTE_ADDR=HOUSE)
    for _ in range(5):
        assert client.get(f"/s/{study.slug}/").status_code == 200
    first = agree(client, study)
    again = client.post(f"/s/{study.slug}/", first.wsgi_request.POST)
    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert Session.objects.count() == 1


def test_wrong_receipts_are_limited_and_right_ones_not_counted(study: Study, settings: Any) -> None:
    settings.RECEIPTS_PER_ADDRESS = 2
    session = complete(study)
    client = Client(REMOTE_ADDR=HOUSE)
    for _ in range(2):
        assert client.post("/withdraw/", {"receipt": "AAAA-BBBB-CCCC", "sure": "on"}).status_code == 422
    refused = client.post("/withdraw/", {"receipt": session.receipt, "sure": "on"})
    assert refused.status_code == 429
    assert "your receipt code stays good" in refused.content.decode()
    assert client.get("/withdraw/").status_code == 200
    done = Client(REMOTE_ADDR=OTHER).post("/withdraw/", {"receipt": session.receipt, "sure": "on"})
    assert "Your answers are erased" in done.content.decode()


def test_no_limit_this_machine_and_programs_are_let_through(study: Study, settings: Any) -> None:
    settings.STARTS_PER_ADDRESS = 1
    for _ in range(3):
        assert agree(Client(), study).status_code == 302
    simulate_ability(study=study, n=2, ability=1)
    settings.STARTS_PER_ADDRESS = 0
    for _ in range(3):
        assert agree(Client(REMOTE_ADDR=HOUSE), study).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "network"),
    [
        (0, HOUSE, "", HOUSE),
        (0, HOUSE, OTHER, HOUSE),  # nobody is trusted to say who somebody is
        (1, "127.0.0.1", OTHER, OTHER),
        (1, "127.0.0.1", f"10.9.9.9, {OTHER}", OTHER),  # what the client made up stands first
        (2, "127.0.0.1", f"10.9.9.9, {OTHER}, 10.0.0.1", OTHER),
        (2, HOUSE, OTHER, HOUSE),  # fewer proxies than said
        (1, "127.0.0.1", "", None),
        (0, "127.0.0.1", "", None),
        (0, "::1", "", None),
        (0, "", "", None),
        (1, HOUSE, "nonsense", None),
        (1, "127.0.0.1", f"{OTHER}:4431", OTHER),  # as some proxies write it
        (1, "127.0.0.1", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        (1, "127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (0, f"::ffff:{HOUSE}", "", HOUSE),
    ],
)
def test_whose_request_it_is(settings: Any, proxies: int, remote: str, forwarded: str, network: str | None) -> None:
    settings.TRUSTED_PROXIES = proxies
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert find_network(RequestFactory().get("/", REMOTE_ADDR=remote, **more)) == network


def test_no_address_stands_in_the_store(study: Study) -> None:
    agree(Client(REMOTE_ADDR=HOUSE), study)
    (stored,) = Tally.objects.values_list("key", flat=True)
    assert HOUSE not in stored


def test_old_counts_are_forgotten_without_a_job(study: Study, clock: Any) -> None:
    agree(Client(REMOTE_ADDR=HOUSE), study)
    clock.now += STARTS.window_s + 1
    agree(Client(REMOTE_ADDR=HOUSE), study)
    assert Tally.objects.get().used == 1


def test_a_number_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STARTS_PER_ADDRESS", "many")
    with pytest.raises(ImproperlyConfigured, match="must be a whole number of 0 or more, not 'many'"):
        envint("STARTS_PER_ADDRESS", 100)
    monkeypatch.setenv("STARTS_PER_ADDRESS", "30")
    assert envint("STARTS_PER_ADDRESS", 100) == 30
    monkeypatch.delenv("STARTS_PER_ADDRESS")
    assert envint("STARTS_PER_ADDRESS", 100) == 100


def login(client: Client, password: str) -> Any:
    return client.post("/admin/login/", {"username": "ada", "password": password})


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    return django_user_model.objects.create_superuser("ada", password="right")


def test_an_account_is_locked_wherever_wrong_passwords_come_from(ada: Any, settings: Any, clock: Any) -> None:
    settings.LOGINS_PER_ACCOUNT = 2
    for address, name in (("198.51.100.7", "ada"), ("127.0.0.1", "Ada")):
        Client(REMOTE_ADDR=address).post("/admin/login/", {"username": name, "password": "wrong"})
    assert "for this account. Try again in" in login(Client(REMOTE_ADDR=OTHER), "right").content.decode()
    nobody = Client(REMOTE_ADDR=OTHER)
    for _ in range(2):  # a name that nobody has is locked just so
        nobody.post("/admin/login/", {"username": "eve", "password": "wrong"})
    locked = nobody.post("/admin/login/", {"username": "eve", "password": "wrong"})
    assert "for this account. Try again in" in locked.content.decode()
    clock.now += 600
    assert login(Client(REMOTE_ADDR=OTHER), "right").status_code == 302


def test_wrong_passwords_of_one_network_are_limited_whatever_follows(ada: Any, settings: Any, clock: Any) -> None:
    settings.LOGINS_PER_ADDRESS = 2
    for wrong in ("a", "b"):
        refused = login(Client(REMOTE_ADDR=HOUSE), wrong)
        assert "Please enter the correct username and password" in refused.content.decode()
    clock.now += 570
    refused = login(Client(REMOTE_ADDR=HOUSE), "right")
    page = refused.content.decode()
    assert refused.status_code == 200
    assert "Too many wrong passwords from your network or for this account. Try again in 1 minute." in page
    assert "_auth_user_id" not in refused.client.session
    assert login(Client(REMOTE_ADDR=OTHER), "right").status_code == 302
    clock.now += 30
    assert login(Client(REMOTE_ADDR=HOUSE), "right").status_code == 302


def test_right_passwords_and_forms_without_one_are_not_counted(ada: Any, settings: Any) -> None:
    settings.LOGINS_PER_ADDRESS = 1
    for _ in range(3):
        assert login(Client(REMOTE_ADDR=HOUSE), "").status_code == 200
        assert login(Client(REMOTE_ADDR=HOUSE), "right").status_code == 302


def test_whoever_may_not_enter_the_admin_is_counted_as_wrong(django_user_model: Any, settings: Any) -> None:
    settings.LOGINS_PER_ADDRESS = 1
    django_user_model.objects.create_user("ada", password="right")
    assert "Please enter the correct" in login(Client(REMOTE_ADDR=HOUSE), "right").content.decode()
    assert "Too many wrong passwords" in login(Client(REMOTE_ADDR=HOUSE), "right").content.decode()


def test_tries_sent_at_once_are_counted_before_their_passwords_are_looked_at(
    ada: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOGINS_PER_ADDRESS = 1
    meanwhile: list[str] = []

    def look(*args: Any, **credentials: Any) -> None:
        meanwhile.append(login(Client(REMOTE_ADDR=HOUSE), "right").content.decode())

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", look)
    login(Client(REMOTE_ADDR=HOUSE), "wrong")
    assert len(meanwhile) == 1
    assert "Too many wrong passwords" in meanwhile[0]
