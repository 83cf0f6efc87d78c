"""How often one network address may do something within some minutes: start sessions, try receipt codes or passwords.

Counts live in the memory of this process alone, under a keyed hash of the address, and are forgotten when their minutes
are over; no address is stored. Each server process counts for itself. The machine itself (a demo, a laboratory's own
computer, a proxy whose header is not trusted) is never limited, because everybody would be.
"""

import contextlib
import hmac
import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from studyserver.studies.errors import TooOften

WINDOW_S = 600

Limit = str
"""What is counted: the setting that says how much of it one address may do within WINDOW_S; 0 is no limit."""

STARTS: Limit = "STARTS_PER_ADDRESS"
RECEIPTS: Limit = "RECEIPTS_PER_ADDRESS"
LOGINS: Limit = "LOGINS_PER_ADDRESS"


def check_limit(limit: Limit, request: HttpRequest) -> None:
    """Raise TooOften, which says for how long, when the request's address has used up what it may."""
    key = _key(limit, request)
    if key and cache.get(key, 0) >= getattr(settings, limit):
        raise TooOften(wait_s=math.ceil(WINDOW_S - time.time() % WINDOW_S))


def count_towards(limit: Limit, request: HttpRequest) -> None:
    """One more from this address."""
    if key := _key(limit, request):
        cache.add(key, 0, timeout=WINDOW_S)
        with contextlib.suppress(ValueError):  # the store was full and has just forgotten it
            cache.incr(key)


def give_back(limit: Limit, request: HttpRequest) -> None:
    """One less: what was counted beforehand was nothing to count."""
    if key := _key(limit, request):
        with contextlib.suppress(ValueError):  # forgotten since
            cache.decr(key)


def _key(limit: Limit, request: HttpRequest) -> str | None:
    """Where the address's count is kept in this window; None where nobody is limited."""
    network = find_network(request)
    if network is None or not getattr(settings, limit):
        return None
    window = int(time.time() // WINDOW_S)
    secret = hmac.digest(settings.SECRET_KEY.encode(), f"{window}/{network}".encode(), "sha256").hex()
    return f"throttle/{limit}/{secret}"


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
