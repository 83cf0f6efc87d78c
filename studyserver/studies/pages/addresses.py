"""Where a participant is to go next, as an address."""

from django.urls import reverse

from studyserver.studies.places import Place


def locate(code: str, place: Place) -> str:
    """The address of a session's place."""
    if place.page == "trial":
        return reverse("studies:trial", args=[code, place.index])
    return reverse(f"studies:{place.page}", args=[code])
