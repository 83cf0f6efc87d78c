"""How often somebody may do something within some minutes: start sessions, try receipt codes, call the API.

Counts lie in the database, so that all processes of a server share them, under a keyed hash of the network address or
of the session's code; no address is stored. They are forgotten when their minutes are over: whoever adds a new count
sweeps old ones. The machine itself (a demo, a laboratory's own computer, a proxy whose header is not trusted) is never
limited by its address, because everybody would be.
"""

import hmac
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from studyserver.studies.errors import TooOften
from studyserver.studies.models import Tally

SWEPT_AT_ONCE = 1000


@dataclass(frozen=True)
class Limit:
    """What is counted: the setting that says how much of it may be within `window_s` seconds; 0 is no limit."""

    setting: str
    window_s: int = 600

    @property
    def most(self) -> int:
        """How much may be."""
        most: int = getattr(settings, self.setting)
        return most

    def wait_s(self) -> int:
        """Seconds until counting begins anew."""
        return math.ceil(self.window_s - time.time() % self.window_s)


STARTS = Limit("STARTS_PER_ADDRESS")
ARRIVALS = Limit("ID_TRIES_PER_ADDRESS")
RECEIPTS = Limit("RECEIPTS_PER_ADDRESS")
LOGINS = Limit("LOGINS_PER_ADDRESS")
ACCOUNTS = Limit("LOGINS_PER_ACCOUNT")
CALLS = Limit("API_CALLS_PER_SESSION", window_s=60)
BYTES = Limit("API_BYTES_PER_SESSION", window_s=60)


def spend(who: str | None, amounts: Mapping[Limit, int]) -> None:
    """Count so much more for `who` (None: nobody is limited).

    Raises TooOften, which says for how long, when that is more than may be. What is done next is counted already, so
    that tries sent at once, to whichever process, cannot all pass. Where trying turns out to be nothing to count, it
    is given back.
    """
    for limit, amount in amounts.items():
        if who and amount and limit.most and not (_add(limit, who, amount) or _begin(limit, who, amount)):
            raise TooOften(wait_s=limit.wait_s())


def give_back(who: str | None, limit: Limit) -> None:
    """One less: what was counted beforehand was nothing to count."""
    if who and limit.most:
        Tally.objects.filter(key=_key(limit, who), used__gt=0).update(used=F("used") - 1)


def _add(limit: Limit, who: str, amount: int) -> bool:
    """Count more if it may be, in one statement that no other process can come between."""
    room = Tally.objects.filter(key=_key(limit, who), used__lte=limit.most - amount)
    return bool(room.update(used=F("used") + amount))


def _begin(limit: Limit, who: str, amount: int) -> bool:
    """Count more where nothing was counted yet in this window."""
    if Tally.objects.filter(key=_key(limit, who)).exists():
        return False
    _sweep()
    until = datetime.fromtimestamp(time.time() + limit.wait_s(), UTC)
    Tally.objects.bulk_create([Tally(key=_key(limit, who), until=until)], ignore_conflicts=True)
    return _add(limit, who, amount)


def _sweep() -> None:
    """Forget counts whose minutes are over; those that another process is just forgetting are left to it."""
    now = datetime.fromtimestamp(time.time(), UTC)
    with transaction.atomic():
        old = Tally.objects.filter(until__lt=now).select_for_update(skip_locked=True)
        if keys := list(old.values_list("pk", flat=True)[:SWEPT_AT_ONCE]):
            Tally.objects.filter(pk__in=keys).delete()


def _key(limit: Limit, who: str) -> str:
    """Where the count of the present window is kept."""
    told = f"{limit.setting}/{time.time() // limit.window_s:.0f}/{who}"
    return hmac.digest(settings.SECRET_KEY.encode(), told.encode(), "sha256").hex()


def find_network(request: HttpRequest) -> str | None:
    """Who asks: an IPv4 address, or the /64 of an IPv6 one, since that is what one household or host gets.

    Behind TRUSTED_PROXIES proxies it is the address that the outermost of them saw. None: this machine, or unknown.
    """
    proxies = settings.TRUSTED_PROXIES
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    told = seen[-proxies] if 0 < proxies <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(_without_port(told))
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return None
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _without_port(told: str) -> str:
    """The address in "203.0.113.5:4431" or "[2001:db8::1]:443", as some proxies write it; anything else as it is."""
    if told.startswith("["):
        return told[1:].partition("]")[0]
    host, colon, _ = told.partition(":")
    return host if colon and told.count(":") == 1 else told
