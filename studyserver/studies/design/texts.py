"""Texts a new study begins with, in Markdown: honest, complete enough to open, meant to be edited.

They promise only what the software does: what is stored, how to leave, how to have answers erased.
"""

import math
import re

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
    minutes = estimate_minutes(trials=trials, clips=clips, screened=screened, checks=checks)
    rule = (
        "Use every image exactly once. Giving an image to a second clip takes it from the first."
        if one_to_one
        else "You may choose the same image for several clips, and leave others unused."
    )
    return {
        "consent_text": _unwrap(CONSENT.format(minutes=minutes)),
        "instruction_text": _unwrap(INSTRUCTION.format(rule=rule)),
        "debrief_text": _unwrap(DEBRIEF),
    }


def _unwrap(text: str) -> str:
    """One line for each paragraph and list item, as people type them into a form."""
    return re.sub(r"(?<=\S)\n *(?=[^\s-])", " ", text)


CONSENT = """\
## About this study

You will listen to short pieces of music and look at images. The images were made by a computer programme
(generative AI), not by a person. You match each piece with the image that fits it best. There are no trick questions.

- **Time:** about {minutes} minutes. You need working sound; headphones help.
- **What we store:** which image you chose for which piece, how long you listened and how long you took, whether you
  use headphones, and what sound and attention checks find. If a recruitment service sent you, we keep its number for
  you, apart from your answers. We do not ask for your name and do not store your network address.
- **What it is for:** research. The answers may be published without anything that points to you.
- **Leaving:** taking part is voluntary. You can stop at any time, without giving a reason and without disadvantage, and
  decide then whether the answers given so far are kept or erased.
- **Erasing later:** at the end you get a receipt code. With it you can have your answers erased; the last day for that,
  if there is one, stands beside the code.

The music is played only when you press a button. Set your volume low at first.
"""

INSTRUCTION = """\
## What to do

You hear several clips and see several images. Play each clip, as often as you like, and choose the image that fits it
best. {rule} You can change your mind until you press *Continue*.

Go by your own impression. First, try it on a practice board; it does not count.
"""

DEBRIEF = """\
## Thank you

All images were made by a computer programme: no person painted them. We want to know whether people can tell which
music an image was made from. Guessing alone would get some matches right, so the study compares everyone's matches with
what guessing would give. Some participants may have seen images that were made in another way, or put beside the music
at random, as a comparison.

Nothing about you can be concluded from how many matches you got right.
"""
