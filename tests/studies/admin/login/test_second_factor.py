"""The login with a second factor, on a server of its own: the setting changes which applications there are."""

import json

import pytest

from tests.studies.server import Server

LOGIN = """
import io, json, re
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

call_command("migrate", verbosity=0)
user = get_user_model().objects.create_superuser("ada", password="a long password")
said = io.StringIO()
call_command("add_second_factor", "ada", stdout=said)

def log_in(code):
    client = Client(SERVER_NAME="localhost")
    typed = {"username": "ada", "password": "a long password", "otp_token": code}
    page = client.post("/admin/login/?next=/admin/", typed)
    return page.status_code, client.get("/admin/studies/study/").status_code

device = TOTPDevice.objects.get(user=user)
right = f"{TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token():06d}"
backup = re.search("for once: (.+)", said.getvalue())[1].split()
form = Client(SERVER_NAME="localhost").get("/admin/login/").content.decode()
found = {"none": log_in(""), "backup": log_in(backup[0]), "again": log_in(backup[0]), "right": log_in(right)}
found["asks"] = "Code from your authenticator app" in form
found["url"] = "otpauth://totp/" in said.getvalue()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("second-factor"))
    server.environment["SECOND_FACTOR"] = "True"
    return server


def test_a_password_alone_opens_nothing_and_each_code_opens_once(server):
    found = json.loads(server.run(LOGIN).splitlines()[-1])
    assert found == {
        "none": [200, 302],
        "backup": [302, 200],
        "again": [200, 302],
        "right": [302, 200],
        "asks": True,
        "url": True,
    }


def test_the_command_says_what_is_missing(server, capsys):
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="set SECOND_FACTOR=True"):
        call_command("add_second_factor", "ada")
