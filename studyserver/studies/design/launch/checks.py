"""Launch checks: what a study must have before people may see it.

`check_launch` looks at everything and names every missing thing with what to do about it; `lifecycle.open_study`
refuses on any error, and on any finding that needs consent until it is given. Warnings do not stop a launch; they say
what a reader of the report will ask.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from studyserver.studies.design.launch import (
    arms,
    boards,
    exclusion,
    files,
    listening,
    look_alikes,
    loudness,
    practice,
    words,
)
from studyserver.studies.design.launch.findings import Finding
from studyserver.studies.design.launch.material import Material
from studyserver.studies.models import Study

# In the order in which people read them.
CHECKS: list[tuple[str, Callable[[Material], Iterable[Finding]]]] = [
    ("Texts for consent, instruction and debrief", words.check_texts),
    ("At least two categories of one dataset", arms.check_categories),
    ("Arms with finished stimulus sets", arms.check_arms),
    ("Arms play the same clips", arms.check_same_clips),
    ("Clips that the models did not learn from", arms.check_unheard),
    ("Clips of enough recordings", arms.check_recordings),
    ("Images that somebody has looked through", arms.check_reviewed),
    ("Enough images and clips for the boards", boards.check_boards),
    ("No picture or clip stands for two categories", arms.check_distinct),
    ("Images can be told apart", look_alikes.check_look_alikes),
    ("Practice material from outside the categories", practice.check_practice),
    ("Listening rule fits the clips", listening.check_listening),
    ("Clips are about equally loud", loudness.check_levels),
    ("Attention checks can be shown", practice.check_attention),
    ("Exclusion rules are sensible", exclusion.check_exclusion),
    ("Clips are present and playable", files.check_sound_files),
    ("Images are present and readable", files.check_image_files),
    ("Links of recruitment services", words.check_links),
    ("Sources and licences", words.check_licences),
]


@dataclass(frozen=True)
class CheckResult:
    """One line of the launch list."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """No error; warnings pass."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def asks(self) -> bool:
        """Whether it needs somebody's consent."""
        return any(finding.level == "consent" for finding in self.findings)


def check_launch(study: Study, *, thorough: bool = True) -> list[CheckResult]:
    """Run every check.

    `thorough` reads, hashes and decodes every file whole; otherwise presence and headers are looked at, which is fast
    enough for a page.
    """
    material = Material(study, thorough=thorough)
    return [CheckResult(title, tuple(check(material))) for title, check in CHECKS]


def errors_of(results: Iterable[CheckResult]) -> list[str]:
    """The sentences that stop a launch."""
    return [str(finding) for result in results for finding in result.findings if finding.level == "error"]


def consents_of(results: Iterable[CheckResult]) -> list[Finding]:
    """What somebody has to say yes to before a launch."""
    return [finding for result in results for finding in result.findings if finding.level == "consent"]
