"""What can go wrong in a study, as plain exceptions.

StudyError
├── StudyNotOpen          people cannot start: draft, closed, or for simulated participants only
│   └── StudyFull         every arm has reached its quota
├── MaterialMissing       a stimulus set cannot fill the boards that the design asks for
├── SessionOver           the session takes nothing any more: withdrawn, or its study was closed
├── AnswersInvalid        a board was sent in against the design rules; `.problems` says what is missing, in words
├── DraftConflict         a newer draft is stored; `.version` and `.draft` hold it
└── WithdrawalTooLate     the study's last day of withdrawal has passed
"""

from typing import Any


class StudyError(Exception):
    """Base of every error of the studies app; its text is one sentence that a person can act on."""


class StudyNotOpen(StudyError):
    """The study takes no new participants; `reason` is "draft", "closed", "simulated" or "full"."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class StudyFull(StudyNotOpen):
    """Every arm has as many participants as its quota allows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="full")


class MaterialMissing(StudyError):
    """The stimulus set lacks what the boards need; the text names the category."""


class SessionOver(StudyError):
    """The session takes no more answers; `reason` is "withdrawn" or "closed"."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


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


class WithdrawalTooLate(StudyError):
    """Answers can no longer be erased: the day named in the consent has passed."""
