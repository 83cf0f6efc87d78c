"""Texts a new study begins with (templates/texts/*.md): honest, complete enough to open, meant to be edited.

They promise only what the software does: what is stored, how to leave, how to have answers erased.
"""

import math

from django.template.loader import render_to_string

TEXTS = ("consent", "instruction", "debrief")
SECONDS_BEFORE_TRIALS = 120  # consent, sound check, practice
SECONDS_PER_CLIP = 15  # hearing a clip and deciding, as a rule of thumb
SECONDS_OF_SCREENING = 60
SECONDS_PER_CHECK = 15


def estimate_minutes(*, trials: int, clips: int, screened: bool = False, checks: int = 0) -> int:
    """About how long a participant takes, in whole minutes, with a headphone screening and attention checks."""
    extra = SECONDS_OF_SCREENING * screened + SECONDS_PER_CHECK * checks
    return math.ceil((SECONDS_BEFORE_TRIALS + trials * clips * SECONDS_PER_CLIP + extra) / 60)


def default_texts(
    *, trials: int = 3, clips: int = 4, one_to_one: bool = True, screened: bool = False, checks: int = 0
) -> dict[str, str]:
    """Consent, instruction and debrief text, by field name."""
    shown = {
        "minutes": estimate_minutes(trials=trials, clips=clips, screened=screened, checks=checks),
        "one_to_one": one_to_one,
    }
    return {f"{name}_text": render_to_string(f"texts/{name}.md", shown) for name in TEXTS}
