"""The researchers' login: as Django's, with a limit on wrong passwords from one network address."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from studyserver.studies.errors import TooOften
from studyserver.studies.pages import LOGINS, find_network, give_back, spend


class LimitedLoginForm(AdminAuthenticationForm):
    """Refuses every password, the right one too, while the address has used up its wrong ones."""

    def clean(self) -> dict[str, Any]:
        if self.request is None:
            raise ValueError("A login form needs the request whose address it counts.")
        network = find_network(self.request)
        # Counted before the password is looked at, so that tries sent at once cannot all pass the check.
        try:
            spend(network, {LOGINS: 1})
        except TooOften as error:
            raise ValidationError(
                ngettext(
                    "Too many wrong passwords from your network. Try again in %(minutes)d minute.",
                    "Too many wrong passwords from your network. Try again in %(minutes)d minutes.",
                    error.minutes,
                ),
                code="too_often",
                params={"minutes": error.minutes},
            ) from error
        cleaned = super().clean()
        give_back(network, LOGINS)
        return cleaned
