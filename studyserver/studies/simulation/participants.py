"""Simulated participants: programs that take a study through its real pages, from consent to debrief.

They use HTTP semantics only (django.test.Client with CSRF checks on): they read each page's form, fetch its sounds and
pictures, report what they heard to the participants' API, and send the form in. What they answer comes from
`simulation_answers`. Their sessions are marked by a value in the WSGI environment that no request from outside can
set, and stay marked in every export.
"""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from pathlib import PurePosixPath
from typing import Any, Protocol

from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from generation.models import Clip, Stimulus
from studyserver.studies.errors import SimulationError
from studyserver.studies.models import Study, Trial
from studyserver.studies.pages.sitting import SIMULATED_ENVIRON
from studyserver.studies.rules.headphones import ANTIPHASE, QUIET, SOUNDS
from studyserver.studies.simulation.answers import AbilityModel, Wish
from studyserver.studies.sitting.boards import letter

MOST_PAGES = 20  # beside the trials; a walk that takes longer goes in circles

Page = Any  # an HttpResponse of django.test.Client, which also knows the request that it answers


class Answerer(Protocol):
    """Decides a main trial: image index (from 0) for each clip, in the order shown."""

    def __call__(self, board: "Board", trial: Trial) -> list[int]: ...


@dataclass
class Form:
    """A form as the page has it: fields with their preset value, choices by field, buttons."""

    attributes: dict[str, str]
    hidden: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Board:
    """What a participant perceives of a board: addresses of its sounds and pictures, in the order shown."""

    form: Form
    sounds: list[str]
    pictures: list[str]


class PageReader(HTMLParser):
    """Reads the forms, sounds and pictures of a page, and the image that an attention check asks for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.sounds: list[str] = []
        self.pictures: list[str] = []
        self.title = ""
        self.instructed = ""
        self._in_heading = False
        self._in_instruction = False
        self._in_form = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(named))
            self._in_form = True
        elif tag == "h1":
            self._in_heading = True
        elif named.get("class") == "instructed":
            self._in_instruction = True
        elif tag == "audio" and "src" in named:
            self.sounds.append(named["src"])
        elif tag == "img" and named.get("src", "").startswith("/"):
            self.pictures.append(named["src"])
        elif tag in ("input", "button") and self._in_form and "name" in named:
            form, name, value = self.forms[-1], named["name"], named.get("value", "")
            kind = named.get("type", "submit" if tag == "button" else "text")
            if kind == "submit":
                form.buttons.setdefault(name, []).append(value)
            elif kind == "radio":
                form.choices.setdefault(name, []).append(value)
            elif kind == "hidden":
                form.hidden[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "h1":
            self._in_heading = False
        elif tag == "span":
            self._in_instruction = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.title += data
        elif self._in_instruction:
            self.instructed += data

    @property
    def form(self) -> Form:
        """The page's one form."""
        if not self.forms:
            raise SimulationError(f"The page “{self.title.strip()}” has no form.")
        return self.forms[0]


def check_may_simulate(study: Study, *, among_people: bool) -> None:
    """Raise SimulationError unless programs may take part now.

    A study for people takes them only when asked for explicitly; their answers stay marked.
    """
    if study.status != Study.Status.OPEN:
        raise SimulationError(f"“{study}” is {study.status}; simulated participants need an open study.")
    if not study.simulated_only and not among_people:
        raise SimulationError(
            f"“{study}” is a study for people. Make one with --simulated-only, or mix marked answers of programs into "
            "it with --among-people."
        )


def simulate_ability(
    *,
    study: Study,
    n: int,
    ability: float,
    careless: float = 0.0,
    seed: int = 0,
    on_participant: Callable[[], object] | None = None,
) -> None:
    """Let `n` programs take part that know each category with probability `ability` and guess the rest.

    They see an image as what it really was made from, so the images of a shuffled control come out near chance. A share
    of about `careless` of them, by seed, read no instructions and wear no headphones: they fail these checks.
    """
    if not 0 <= ability <= 1:
        raise SimulationError(f"The accuracy must lie between 0 and 1, not {ability:g}.")
    if not 0 <= careless <= 1:
        raise SimulationError(f"The careless share must lie between 0 and 1, not {careless:g}.")
    model = AbilityModel(ability, one_to_one=study.design == Study.Design.ONE_TO_ONE)
    senses = Senses(study)
    for number in range(n):
        rng = random.Random(f"{seed}/{number}/answers")

        def answer(board: Board, trial: Trial, rng: random.Random = rng) -> list[int]:
            clips = [senses.clips[sha256_of(address)] for address in board.sounds]
            images = [senses.images.get(sha256_of(address)) for address in board.pictures]
            return model.answer(clips, images, rng=rng)

        take_part(
            study=study,
            answer=answer,
            rng=random.Random(f"{seed}/{number}/manner"),
            careless=random.Random(f"{seed}/{number}/care").random() < careless,
        )
        if on_participant:
            on_participant()


def simulate_wishes(
    *, study: Study, wishes: Sequence[Wish], seed: int = 0, on_participant: Callable[[], object] | None = None
) -> None:
    """Let programs answer exactly as wished, one wish a trial, participants one after the other.

    The category chosen is the one that an image counts as, so the confusion matrix is the sum of the wishes.
    """
    waiting = iter(wishes)
    for number in range(len(wishes) // study.trials_per_session):

        def answer(board: Board, trial: Trial) -> list[int]:
            wish = next(waiting)
            clips = Clip.objects.select_related("category").in_bulk(trial.clip_order)
            stimuli = Stimulus.objects.select_related("category").in_bulk(trial.image_order)
            images = [stimuli[pk].category.name for pk in trial.image_order]
            return [images.index(wish[clips[pk].category.name]) for pk in trial.clip_order]

        take_part(study=study, answer=answer, rng=random.Random(f"{seed}/{number}/manner"))
        if on_participant:
            on_participant()


class Senses:
    """What sounds and pictures truly are, by their hash: the category of the music an image was really made from."""

    def __init__(self, study: Study) -> None:
        shown = Stimulus.objects.filter(set__arms__study=study, category__in=study.categories.all())
        rows = list(shown.values_list("sha256", "category__name", "clip__sha256", "clip__category__name", "provenance"))
        self.clips: dict[str, str] = {clip: category for _, _, clip, category, _ in rows}
        self.images: dict[str, str | None] = {}
        for sha256, category, _, _, provenance in rows:
            source = provenance.get("source_clip")
            self.images[sha256] = category if source is None else self.clips.get(source)


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
    steps = {
        "sound": walk.check_sound,
        "headphones": walk.check_headphones,
        "practice": walk.practise,
        "trial": walk.take_trial,
    }
    for _ in range(MOST_PAGES + study.trials_per_session + study.attention_boards):
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
        return self.send(response, self.read(response).form, {"heard": "clearly", "device": "headphones"})

    def check_headphones(self, response: Page) -> Page:
        """Name the quietest tone of each sound; without headphones that is the one whose channels cancel out."""
        page = self.read(response)
        heard_as = ANTIPHASE if self.careless else QUIET
        fields = {}
        for position, address in enumerate(page.sounds, start=1):
            self.fetch(address)
            fields[f"tone-{position}"] = SOUNDS[PurePosixPath(address).stem].index(heard_as) + 1
        return self.send(response, page.form, fields)

    def practise(self, response: Page) -> Page:
        """Answer the practice board somehow, then start."""
        page = self.read(response)
        if "start" in page.form.buttons.get("action", []):
            return self.send(response, page.form, {"action": "start"})
        board = Board(page.form, page.sounds, page.pictures)
        answers = self.rng.sample(range(len(board.pictures)), len(board.sounds))
        return self.submit(response, board, answers)

    def take_trial(self, response: Page) -> Page:
        """Answer the trial on the page."""
        page = self.read(response)
        match = resolve(response.request["PATH_INFO"])
        trial = Trial.objects.get(session__code=match.kwargs["code"], index=match.kwargs["index"])
        board = Board(page.form, page.sounds, page.pictures)
        if page.instructed:
            asked = [letter(i) for i in range(1, len(board.pictures) + 1)].index(page.instructed)
            # Somebody who does not read takes another image than the one that the page asks for.
            return self.submit(response, board, [(asked + self.careless) % len(board.pictures)])
        return self.submit(response, board, self.answer(board, trial))

    def submit(self, response: Page, board: Board, answers: Sequence[int]) -> Page:
        """Load and hear everything, then send the matches with the times a person might have taken."""
        for address in (*board.sounds, *board.pictures):
            self.fetch(address)
        listened = self.listen(board)
        fields: dict[str, Any] = {}
        clock = sum(listened)
        order = self.rng.sample(range(len(answers)), len(answers))
        for index in order:
            position = index + 1
            clock += round(1000 * self.rng.lognormvariate(0.8, 0.5))
            fields[f"clip-{position}"] = answers[index] + 1
            fields[f"choice_ms-{position}"] = clock
            fields[f"n_changes-{position}"] = int(self.rng.random() < 0.2)
            if choices := board.form.choices.get(f"confidence-{position}"):
                fields[f"confidence-{position}"] = self.rng.choice(choices)
        fields["rt_ms"] = clock + 1500
        return self.send(response, board.form, fields)

    def listen(self, board: Board) -> list[int]:
        """Play each clip once, at least as long as the study asks; returns milliseconds heard of each."""
        api = board.form.attributes["data-api"]
        clips = self.client.get(api).json()["clips"]
        events: list[dict[str, Any]] = []
        heard: list[int] = []
        for clip in clips:
            end = self.rng.randint(clip["needed_ms"], clip["duration_ms"])
            events += self._played(clip["clip"], end, sum(heard))
            heard.append(end)
        for start in range(0, len(events), 100):
            body = {"events": events[start : start + 100]}
            response = self.client.post(f"{api}events/", body, content_type="application/json")
            if response.status_code != 200:
                raise SimulationError(f"{api}events/ answered with status {response.status_code}.")
        return heard

    def _played(self, position: int, end: int, clock: int) -> Iterator[dict[str, Any]]:
        yield {"key": next(self.keys), "kind": "play", "clip": position, "at_ms": clock}
        yield {"key": next(self.keys), "kind": "heard", "clip": position, "to_ms": end, "at_ms": clock + end}


def _allowed_host() -> str:
    """A host name that the settings let in."""
    name = next(iter(settings.ALLOWED_HOSTS), "localhost")
    return "localhost" if name == "*" else name.lstrip(".")
