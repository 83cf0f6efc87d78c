"""What can go wrong in a study, as plain exceptions.

StudyError
├── StudyNotOpen          people cannot start: draft, closed, or for simulated participants only
│   └── StudyFull         every arm has reached its quota
├── LinkDamaged           a study's link carries an id that cannot name one person, or a wrong signature
├── TooOften              somebody has started, tried or sent too much; `.wait_s` says for how long to wait
├── MaterialMissing       a stimulus set cannot fill the boards that the design asks for
├── WrongPlace            the session is at another page: `.place` says at which
├── AnswersInvalid        a board was sent in against the design rules; `.problems` says what is missing, in words
├── DraftConflict         a newer draft is stored; `.version` and `.draft` hold it
├── UnknownKind           a trial's row names a kind that nobody has registered
├── WithdrawalTooLate     the study's last day of withdrawal has passed
├── StudySetupError       a study cannot be made as asked: unknown set, category, slug taken ...
├── LaunchRefused         the launch checks found what is missing; `.problems` names each thing and what to do
├── StudyFrozen           an open or closed study cannot change, or is not in the state that this step needs
├── StudyBlind            an open study's answers stay hidden, unless an early look is asked for and logged
├── ExportError           data or a report cannot be written
└── SimulationError       simulated participants cannot answer as asked, or the pages did not take it
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studyserver.studies.places import Place


class StudyError(Exception):
    """Base of every error of the studies app; its text is one sentence that a person can act on."""


class StudyNotOpen(StudyError):
    """The study takes no new participants; `reason` is "draft", "closed", "simulated" or "full"."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class StudyFull(StudyNotOpen):
    """Every arm has as many participants as its quota allows."""


class LinkDamaged(StudyError):
    """A study's link names nobody, or not the person whom a researcher signed."""


class TooOften(StudyError):
    """Too much from one network address or session within some minutes; `wait_s` seconds from now it may go on."""

    def __init__(self, *, wait_s: int) -> None:
        super().__init__(f"Too often; try again in {wait_s} s.")
        self.wait_s = wait_s

    @property
    def minutes(self) -> int:
        """The wait in whole minutes."""
        return -(-self.wait_s // 60)


class MaterialMissing(StudyError):
    """The stimulus set lacks what the boards need; the text names the category."""


class WrongPlace(StudyError):
    """The session is not where this call belongs; `place` (a `places.Place`) says where it is."""

    def __init__(self, place: "Place") -> None:
        super().__init__(f"The session is at {place}.")
        self.place = place


class AnswersInvalid(StudyError):
    """A board breaks the design rules; `problems` has one sentence for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class DraftConflict(StudyError):
    """Another window saved a newer draft, which is returned here and not overwritten."""

    def __init__(self, *, version: int, draft: dict[str, Any]) -> None:
        super().__init__(f"A newer draft (version {version}) is stored.")
        self.version = version
        self.draft = draft


class UnknownKind(StudyError):
    """No kind of trial has this name; the text lists those that are known."""


class WithdrawalTooLate(StudyError):
    """Answers can no longer be erased: the day named in the consent has passed."""


class StudySetupError(StudyError):
    """A study cannot be made from these names or values."""


class LaunchRefused(StudyError):
    """The study cannot open; `problems` has one sentence for each missing thing, with what to do.

    `asked` are those among them that need nothing but consent, each with the name that it is given by.
    """

    def __init__(self, problems: list[str], asked: list[tuple[str, str]] | None = None) -> None:
        self.asked = asked or []
        self.problems = [*problems, *(sentence for _, sentence in self.asked)]
        missing = "1 thing is" if len(self.problems) == 1 else f"{len(self.problems)} things are"
        super().__init__(f"{missing} missing. " + " ".join(self.problems))


class StudyFrozen(StudyError):
    """The study's state does not allow this; changes go into a new version (duplicate)."""


class StudyBlind(StudyError):
    """Answers of an open study are not shown: close it first, or ask for an interim look, which is logged."""


class ExportError(StudyError):
    """An export or a report cannot be written as asked."""


class SimulationError(StudyError):
    """Simulated participants cannot answer as asked; names the file's line, or the page that refused."""
