"""What a kind of trial has to know. Everything that belongs to one kind lies in its own module (or folder).

To add one: a module with a subclass of `Kind` and its page's template beside it, a line in `registry.KINDS`, and, where
it has answers of its own to analyse, a module and a line in `analysis.kinds`.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.http import HttpRequest
from django.template import engines
from rest_framework.serializers import Serializer

from studyserver.studies.columns import Column
from studyserver.studies.models import Session, Study, Trial
from studyserver.studies.places import Place
from studyserver.studies.sitting.boards import Shown
from studyserver.studies.sitting.outcomes import Outcome

Answers = TypeVar("Answers")


class Screen(Protocol):
    """A page as a simulated participant perceives it: addresses of sounds and pictures in the order shown."""

    sounds: list[str]
    pictures: list[str]
    texts: dict[str, str]
    """What stands in an element <span class="...">, by class."""

    @property
    def choices(self) -> dict[str, list[str]]:
        """Values of the form's radio buttons, by field."""


class Program(Protocol):
    """A simulated participant, as far as a kind needs it."""

    rng: Random
    careless: bool  # reads no instructions

    def answer(self, screen: Screen, trial: Trial) -> list[int]:
        """The answer to a main trial that was asked for: image (from 0) for each clip, in the order shown."""

    def listen(self) -> list[int]:
        """Play each clip of the page once, as long as is asked for; milliseconds heard of each."""


class Kind(ABC, Generic[Answers]):
    """A kind of trial: how it is planned, shown, checked, stored, simulated and exported.

    Each trial shows the clips and images of its row (either may be none). `Answers` is what was sent in, as `read_form`
    and `answers_body` make it.

    label           what researchers call one, e.g. in the preview
    preview_page    its name in a preview's address
    counted         it lies between practice and debrief, and a session is complete once all of these are answered
    template        file of its page, beside the module; `main.html` shows which blocks and names there are
    answers_body    what the API takes as a whole trial; has `to_answers()`
    draft_body      what the API keeps unsubmitted, with its `version`; has `to_draft()`
    columns         of its own table in exports, where it has one: <name>.csv; filled by `rows`
    """

    label: ClassVar[str]
    preview_page: ClassVar[str]
    counted: ClassVar[bool] = True
    template: ClassVar[str]
    answers_body: ClassVar[type[Serializer]]
    draft_body: ClassVar[type[Serializer]]
    columns: ClassVar[tuple[Column, ...]] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def is_in(self, study: Study) -> bool:
        """Whether the study's sessions may have trials of this kind."""
        return True

    @abstractmethod
    def plan(self, session: Session, *, first: int) -> list[Trial]:
        """Its trials of a new session, not yet stored; `first` is the lowest free index. Raises MaterialMissing."""

    def place(self, trial: Trial) -> Place:
        """Where a session is while the trial is due."""
        return Place("trial", trial.index)

    def title(self, trial: Trial) -> str:
        """The trial as researchers see it in a session's list."""
        return f"{self.label} {trial.index}"

    def listening_rule(self, study: Study) -> str:
        """Which listening rule holds: the study's, unless the kind says otherwise."""
        return study.listening_rule

    @abstractmethod
    def read_form(self, data: Mapping[str, str]) -> Answers:
        """What its page's form sent in. Raises AnswersInvalid."""

    @abstractmethod
    def check(self, trial: Trial, shown: Shown, answers: Answers) -> None:
        """Raise AnswersInvalid unless the answers may be stored."""

    @abstractmethod
    def store(self, trial: Trial, shown: Shown, answers: Answers) -> None:
        """Store checked answers, once. Fields of the trial are set only: they are saved as it is closed."""

    def take_back(self, trial: Trial) -> None:
        """Remove what `store` has stored, so that newer answers of the same page take its place."""
        trial.responses.all().delete()
        trial.practice_answers.all().delete()

    def read_duration(self, answers: Answers) -> int | None:
        """How many milliseconds its page says that the answers took; None: it says nothing."""
        return None

    def context(self, trial: Trial, sent: Answers | None) -> dict[str, Any]:
        """What its page shows; `sent` is what came in and was refused, None at first. The trial may be a preview's."""
        return {}

    def page(self, trial: Trial, sent: Answers | None) -> tuple[str, dict[str, Any]]:
        """Template and context of its page, or of what is said once it is answered, where it is still shown then."""
        return self.template, self.context(trial, sent)

    def render(self, request: HttpRequest, trial: Trial, sent: Answers | None, more: Mapping[str, Any]) -> str:
        """Its page as HTML; `more` is what every page of a session has."""
        template, context = self.page(trial, sent)
        text = Path(inspect.getfile(type(self))).with_name(template).read_text(encoding="utf-8")
        html: str = engines["django"].from_string(text).render({**more, "trial": trial, **context}, request)
        return html

    def debrief(self, session: Session) -> list[Outcome]:
        """What came of its trials, as far as the debrief tells it."""
        return []

    @abstractmethod
    def simulate(self, screen: Screen, trial: Trial, program: Program) -> dict[str, Any]:
        """The form's fields as a simulated participant fills them in."""

    def rows(self, trial: Trial) -> Iterable[Sequence[str | int | bool | None]]:
        """Rows of its own table that an answered trial makes: a value for each of `columns`."""
        return ()
