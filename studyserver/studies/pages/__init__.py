"""Pages that participants see."""

from studyserver.studies.pages import markdown, media, sitting
from studyserver.studies.pages.consent import SIMULATED_ENVIRON, show_consent, show_home
from studyserver.studies.pages.leaving import show_leave, show_left, show_withdraw
from studyserver.studies.pages.preview import show_preview
from studyserver.studies.pages.sitting import locate
from studyserver.studies.pages.throttle import ACCOUNTS, BYTES, CALLS, LOGINS, find_network, give_back, spend

__all__ = [
    "ACCOUNTS",
    "BYTES",
    "CALLS",
    "LOGINS",
    "SIMULATED_ENVIRON",
    "find_network",
    "give_back",
    "locate",
    "markdown",
    "media",
    "show_consent",
    "show_home",
    "show_leave",
    "show_left",
    "show_preview",
    "show_withdraw",
    "sitting",
    "spend",
]
