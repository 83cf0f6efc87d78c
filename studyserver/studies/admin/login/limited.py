"""The researchers' login: as Django's, with limits on wrong passwords, from one network and for one account."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from studyserver.studies.errors import TooOften
from studyserver.studies.pages import ACCOUNTS, LOGINS, find_network, give_back, spend


class LimitedLoginForm(AdminAuthenticationForm):
    """Refuses every password, the right one too, while a network or an account has used up its wrong ones.

    An account is locked wherever the wrong passwords came from, and whether or not there is such an account: the answer
    tells nobody which names exist.
    """

    def clean(self) -> dict[str, Any]:
        if self.request is None:
            raise ValueError("A login form needs the request whose address it counts.")
        account = f"account/{self.cleaned_data.get('username', '').casefold()}"
        counted = {LOGINS: find_network(self.request), ACCOUNTS: account}
        # Counted before the password is looked at, so that tries sent at once cannot all pass the check.
        try:
            for limit, who in counted.items():
                spend(who, {limit: 1})
        except TooOften as error:
            raise ValidationError(
                ngettext(
                    "Too many wrong passwords from your network or for this account. Try again in %(minutes)d minute.",
                    "Too many wrong passwords from your network or for this account. Try again in %(minutes)d minutes.",
                    error.minutes,
                ),
                code="too_often",
                params={"minutes": error.minutes},
            ) from error
        cleaned = super().clean()
        for limit, who in counted.items():
            give_back(who, limit)
        return cleaned
