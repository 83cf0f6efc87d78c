"""Texts a new study begins with (templates/texts/*.md): honest, complete enough to open, meant to be edited.

They are drawn from the design and promise only what the software does: what is stored, which checks there are, how to
leave, how to have answers erased.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from django.db.models import Avg
from django.template.loader import render_to_string

from generation.models import Category, Clip
from studyserver.studies.models import Study

TEXTS = ("consent", "instruction", "debrief")
SECONDS_BEFORE_TRIALS = 120  # consent, sound check, practice
SECONDS_PER_CLIP = 15  # hearing a clip and deciding, as a rule of thumb
SECONDS_TO_DECIDE = 8  # after a clip that must be heard for longer
SECONDS_OF_SCREENING = 60
SECONDS_PER_CHECK = 15


@dataclass(frozen=True)
class Outline:
    """What the texts of a study depend on."""

    one_to_one: bool = True
    clips: int = 4  # of a round, and as many images
    trials: int = 3
    practice: bool = True
    checks: int = 0  # attention checks
    screened: bool = False  # headphone screening
    required: bool = False  # ... which must be passed
    confidence: bool = False
    listen_s: float = 0.0  # how long each clip must be heard

    @property
    def minutes(self) -> int:
        """About how long a participant takes."""
        return estimate_minutes(
            trials=self.trials, clips=self.clips, screened=self.screened, checks=self.checks, listen_s=self.listen_s
        )


def outline(
    study: Study, *, categories: Sequence[Category] | None = None, practice: Sequence[Category] | None = None
) -> Outline:
    """A study's outline; `categories` and `practice` are those of one that is not saved yet."""
    chosen = list(study.categories.all()) if categories is None else categories
    aside = list(study.practice_categories.all()) if practice is None else practice
    return Outline(
        one_to_one=study.design == Study.Design.ONE_TO_ONE,
        clips=len(chosen),
        trials=study.trials_per_session,
        practice=bool(aside),
        checks=study.attention_boards,
        screened=study.headphone_check != Study.HeadphoneCheck.OFF,
        required=study.headphone_check == Study.HeadphoneCheck.REQUIRE,
        confidence=study.ask_confidence,
        listen_s=_listening(study, chosen),
    )


def _listening(study: Study, categories: Sequence[Category]) -> float:
    """Seconds for which the listening rule asks on average."""
    rule = Study.ListeningRule
    if study.listening_rule not in (rule.SECONDS, rule.END):
        return 0.0
    mean = Clip.objects.filter(category__in=categories).aggregate(mean=Avg("duration"))["mean"] or 0.0
    return min(study.min_listen_s, mean) if study.listening_rule == rule.SECONDS else mean


def estimate_minutes(*, trials: int, clips: int, screened: bool = False, checks: int = 0, listen_s: float = 0.0) -> int:
    """About how long a participant takes, in whole minutes, with a headphone screening and attention checks."""
    per_clip = max(SECONDS_PER_CLIP, listen_s + SECONDS_TO_DECIDE)
    extra = SECONDS_OF_SCREENING * screened + SECONDS_PER_CHECK * checks
    return math.ceil((SECONDS_BEFORE_TRIALS + trials * clips * per_clip + extra) / 60)


def default_texts(of: Outline = Outline()) -> dict[str, str]:
    """Consent, instruction and debrief text, by field name."""
    # An unfinished draft has no categories yet.
    shown = replace(of, clips=of.clips or Outline.clips)
    context = {**asdict(shown), "minutes": shown.minutes}
    return {f"{name}_text": render_to_string(f"texts/{name}.md", context) for name in TEXTS}


def draw_texts(study: Study, of: Outline, *, before: Outline | None = None) -> list[str]:
    """Give a study the default texts of its outline where it has none, or those of the outline it had `before`.

    Returns the names of the texts that are other than before. Nothing is saved.
    """
    drawn = default_texts(before) if before else {}
    changed = []
    for name, text in default_texts(of).items():
        there = getattr(study, name)
        if there.split() in ([], drawn.get(name, "").split()):
            setattr(study, name, text)
            if there.split() != text.split():
                changed.append(name.removesuffix("_text"))
    return changed
