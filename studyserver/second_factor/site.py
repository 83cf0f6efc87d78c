"""The admin site that asks for a code; loaded only where the setting is on, for it needs the extra `otp`."""

from django_otp.admin import OTPAdminSite


class SecondFactorSite(OTPAdminSite):
    """Whoever has logged in without a code, before the setting was on, logs in again."""

    login_template = "admin/login_second_factor.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
