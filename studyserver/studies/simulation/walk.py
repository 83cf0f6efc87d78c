"""One simulated person's walk through the pages."""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from studyserver.studies.errors import SimulationError
from studyserver.studies.models import Study, Trial
from studyserver.studies.pages import SIMULATED_ENVIRON
from studyserver.studies.rules import ANTIPHASE, QUIET, SOUNDS
from studyserver.studies.simulation.reader import Form, PageReader
from studyserver.studies.sitting.kinds import Screen, kind_of

MOST_PAGES = 20  # beside the trials; a walk that takes longer goes in circles

Page = Any  # an HttpResponse of django.test.Client, which also knows the request that it answers

Answerer = Callable[[Screen, Trial], list[int]]
"""Decides a main trial: image index (from 0) for each clip, in the order shown."""


def sha256_of(address: str) -> str:
    """The hash in a media address."""
    return PurePosixPath(address).stem


def take_part(*, study: Study, answer: Answerer, rng: random.Random, careless: bool = False) -> None:
    """Walk one program from the study's link to the debrief. Raises SimulationError naming the page that refused."""
    walk = Walk(study, answer, rng, careless=careless)
    response = walk.get(reverse("studies:consent", args=[study.slug]))
    page = walk.read(response)
    if "agree" not in (page.form.buttons.get("action", []) if page.forms else []):
        raise SimulationError(f"“{study}” lets nobody in: {page.title.strip()}.")
    response = walk.send(response, page.form, {"action": "agree"})
    steps = {"sound": walk.check_sound, "headphones": walk.check_headphones}
    steps |= {"practice": walk.take_trial, "trial": walk.take_trial}
    code = resolve(response.request["PATH_INFO"]).kwargs.get("code")
    for _ in range(MOST_PAGES + Trial.objects.filter(session__code=code).count()):
        place = resolve(response.request["PATH_INFO"]).url_name
        if place == "debrief":
            return
        step = steps.get(str(place))
        if step is None or not walk.read(response).forms:
            raise SimulationError(f"The walk ended on the page “{walk.read(response).title.strip()}” ({place}).")
        response = step(response)
    raise SimulationError("The walk goes in circles and reaches no debrief.")


class Walk:
    """One program's way through the pages."""

    def __init__(self, study: Study, answer: Answerer, rng: random.Random, *, careless: bool = False) -> None:
        self.study = study
        self.careless = careless
        self.answer = answer
        self.rng = rng
        self.keys = (f"sim-{secrets.token_hex(6)}-{i}" for i in count())
        self.fetched: set[str] = set()
        self.page = PageReader("")
        environ: dict[str, Any] = {"SERVER_NAME": _allowed_host(), SIMULATED_ENVIRON: True}
        self.client = Client(enforce_csrf_checks=True, **environ)

    def get(self, address: str) -> Page:
        """Open a page."""
        response: Page = self.client.get(address, follow=True)
        return response

    def send(self, response: Page, form: Form, fields: Mapping[str, Any]) -> Page:
        """Send a page's form with its hidden fields, as a browser does, and follow where it leads."""
        here = response.request["PATH_INFO"]
        answer: Page = self.client.post(form.attributes.get("action") or here, {**form.hidden, **fields}, follow=True)
        if answer.status_code != 200:
            page = PageReader(answer.content.decode())
            raise SimulationError(f"The page {here} answered with status {answer.status_code}: {page.title.strip()}")
        return answer

    def read(self, response: Page) -> PageReader:
        """What a page shows."""
        return PageReader(response.content.decode())

    def fetch(self, address: str) -> None:
        """Load a sound or a picture, once."""
        if address in self.fetched:
            return
        self.fetched.add(address)
        response = self.client.get(address)
        if response.status_code != 200:
            raise SimulationError(f"{address} answered with status {response.status_code}.")
        # Read to the end, as a player does; the client then closes file and response. Closed once more, they would take
        # the database connection along, in the middle of a transaction that whoever calls this may have begun.
        for _ in response:
            pass

    def check_sound(self, response: Page) -> Page:
        """Hear the sample clearly."""
        return self.send(response, self.read(response).form, {"heard": "clearly", "device": "headphones", "plays": 1})

    def check_headphones(self, response: Page) -> Page:
        """Name the quietest tone of each sound; without headphones that is the one whose channels cancel out."""
        page = self.read(response)
        heard_as = ANTIPHASE if self.careless else QUIET
        fields = {}
        for position, address in enumerate(page.sounds, start=1):
            self.fetch(address)
            fields[f"tone-{position}"] = SOUNDS[PurePosixPath(address).stem].index(heard_as) + 1
        return self.send(response, page.form, fields)

    def take_trial(self, response: Page) -> Page:
        """Load everything on the page and fill it in, as the trial's kind has it; after practice, start."""
        page = self.read(response)
        if "start" in page.form.buttons.get("action", []):
            return self.send(response, page.form, {"action": "start"})
        for address in (*page.sounds, *page.pictures):
            self.fetch(address)
        self.api = page.form.attributes.get("data-api", "")
        self.page = page
        found = resolve(response.request["PATH_INFO"]).kwargs
        trial = Trial.objects.get(session__code=found["code"], index=found.get("index", 0))
        return self.send(response, page.form, kind_of(trial).simulate(page, trial, self))

    def listen(self) -> list[int]:
        """Look at every image and play each clip once, at least as long as the study asks; milliseconds heard of each.

        What a browser reports of that is reported.
        """
        clips = self.client.get(self.api).json()["clips"]
        events: list[dict[str, Any]] = [self._said("media_ready", watches=True)]
        events += [self._said("image_shown", image=i) for i in range(1, len(self.page.pictures) + 1)]
        heard: list[int] = []
        for clip in clips:
            end = self.rng.randint(clip["needed_ms"], clip["duration_ms"])
            events += self._played(clip["clip"], end, sum(heard))
            heard.append(end)
        for start in range(0, len(events), 100):
            body = {"events": events[start : start + 100]}
            response = self.client.post(f"{self.api}events/", body, content_type="application/json")
            if response.status_code != 200:
                raise SimulationError(f"{self.api}events/ answered with status {response.status_code}.")
        return heard

    def _said(self, kind: str, **data: Any) -> dict[str, Any]:
        return {"key": next(self.keys), "kind": kind, "data": data}

    def _played(self, position: int, end: int, clock: int) -> Iterator[dict[str, Any]]:
        yield {"key": next(self.keys), "kind": "play", "clip": position, "at_ms": clock}
        yield {"key": next(self.keys), "kind": "heard", "clip": position, "to_ms": end, "at_ms": clock + end}


def _allowed_host() -> str:
    """A host name that the settings let in."""
    name = next(iter(settings.ALLOWED_HOSTS), "localhost")
    return "localhost" if name == "*" else name.lstrip(".")
