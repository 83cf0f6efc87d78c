"""The login of accounts with a second factor: a password and a code from an authenticator app, or a backup code."""

from django.contrib.auth.base_user import AbstractBaseUser
from django_otp.admin import OTPAdminAuthenticationForm
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from studyserver.studies.admin.login.limited import LimitedLoginForm

DIGITS = 6


class SecondFactorLoginForm(LimitedLoginForm, OTPAdminAuthenticationForm):
    """Wrong codes count as wrong passwords do. Six signs are the app's code, any other a backup code."""

    otp_error_messages = {
        **OTPAdminAuthenticationForm.otp_error_messages,
        "token_required": "Please enter the code from your authenticator app, or a backup code.",
        "device_required": "This account has no such code; ask whoever runs the server (manage.py add_second_factor).",
        "invalid_token": "This code is not right; codes change twice a minute, and a backup code is good for once.",
    }

    def clean_otp(self, user: AbstractBaseUser | None) -> None:
        kind = TOTPDevice if len(self.cleaned_data.get("otp_token", "")) == DIGITS else StaticDevice
        device = kind.objects.filter(user=user).first() if user else None
        self.cleaned_data["otp_device"] = device.persistent_id if device else ""
        super().clean_otp(user)
