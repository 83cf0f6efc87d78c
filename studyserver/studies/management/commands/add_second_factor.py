"""`manage.py add_second_factor`: give a researcher the second factor of the login (setting SECOND_FACTOR)."""

import io
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

BACKUP_CODES = 8


class Command(BaseCommand):
    help = (
        "Give an account a new second factor: a QR code for an authenticator app and backup codes, each good for once. "
        "What it had before is void. Needs SECOND_FACTOR=True."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="name of the account")

    def handle(self, *, username: str, **options: Any) -> None:
        if not settings.SECOND_FACTOR:
            raise CommandError("The second factor is off; set SECOND_FACTOR=True and run `manage.py migrate` first.")
        import segno  # noqa: PLC0415 - comes with the extra that the setting needs
        from django_otp.plugins.otp_static.models import StaticDevice, StaticToken  # noqa: PLC0415
        from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: PLC0415

        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username!r}.")
        with transaction.atomic():
            TOTPDevice.objects.filter(user=user).delete()
            StaticDevice.objects.filter(user=user).delete()
            device = TOTPDevice.objects.create(user=user, name="Authenticator app")
            backup = StaticDevice.objects.create(user=user, name="Backup codes")
            codes = [StaticToken.random_token() for _ in range(BACKUP_CODES)]
            StaticToken.objects.bulk_create(StaticToken(device=backup, token=code) for code in codes)
        drawn = io.StringIO()
        segno.make(device.config_url, error="m").terminal(out=drawn, compact=True)
        self.stdout.write(drawn.getvalue())
        self.stdout.write(f"Scan this with an authenticator app, or enter: {device.config_url}")
        self.stdout.write(f"Backup codes, each good for once: {' '.join(codes)}")
