"""The researchers' login: a limit on wrong passwords, a second factor where SECOND_FACTOR asks for it."""

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.utils.module_loading import import_string

from studyserver.studies.admin.login.limited import LimitedLoginForm

__all__ = ["LimitedLoginForm", "login_form"]


def login_form() -> type[AdminAuthenticationForm]:
    """The form that this server's settings ask for; the second factor's needs an extra that others need not have."""
    if settings.SECOND_FACTOR:
        return import_string("studyserver.studies.admin.login.second_factor.SecondFactorLoginForm")
    return LimitedLoginForm
