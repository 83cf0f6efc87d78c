"""Headers that go with every answer, static files and stored media included."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# A study plays sound, and asks the browser for nothing else.
DENIED = ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb")
PERMISSIONS = ", ".join(["autoplay=(self)", *(f"{feature}=()" for feature in DENIED)])


class ProtectiveHeaders:
    """Middleware: no page of another site may use ours, and no page of ours may use what it does not need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
