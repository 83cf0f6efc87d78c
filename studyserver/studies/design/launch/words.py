"""Launch checks of what is promised: texts, contact, licences."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from django.utils import timezone

from studyserver.studies.design.launch.findings import Finding, consent, error, named, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.design.promises import find_contradictions, find_minutes, is_far_off
from studyserver.studies.design.texts import TEXTS, outline
from studyserver.studies.models import DamagedLinks, Study
from studyserver.studies.rules import is_over

PLACEHOLDER = re.compile(r"[{}<>\[\]]|X{4,}")  # e.g. cc=XXXXXXX, as services print it before a code is made
MEND = "Change the text or the design, or empty the text to have it drawn from the design."

FEWEST_WORDS = 30  # who asks, what is done and stored, how to leave, whom to write to
# Thai, Lao, Burmese, Khmer, Japanese and Chinese write no blanks between words, which have about two signs each.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def count_words(text: str) -> int:
    """About how many words a text has, in any script; marks of Markdown are none."""
    spaced = UNSPACED.sub(" ", text).split()
    return sum(any(sign.isalnum() for sign in word) for word in spaced) + len(UNSPACED.findall(text)) // 2


def check_texts(material: Material) -> Iterator[Finding]:
    """Texts are there, and what they promise can be kept."""
    study = material.study
    for name in TEXTS:
        if not getattr(study, f"{name}_text").strip():
            yield error(f"The {name} text is empty.", "Write it; participants see it.")
    yield from _check_promises(study)
    words = count_words(study.consent_text)
    if 0 < words < FEWEST_WORDS and not study.simulated_only:
        yield consent(
            "short-consent",
            f"The consent text has {words} word{'s' * (words != 1)}.",
            f"Say who asks, what is done and stored, how to leave, whom to write to, in {FEWEST_WORDS} or more.",
        )
    if study.withdraw_until and is_over(study.withdraw_until, timezone.now()):
        yield error(f"The last day of withdrawal ({study.withdraw_until}) has passed.", "Choose a later day.")
    if not study.contact.strip() and not study.simulated_only:
        yield warning("No contact is given.", "Name somebody whom participants can write to.")


def check_links(material: Material) -> Iterator[Finding]:
    """Placeholders of recruitment services stand where they are filled in, and nowhere else."""
    study = material.study
    if PLACEHOLDER.search(unquote(study.completion_url)):
        yield warning(
            f"The completion link holds a placeholder ({study.completion_url}).",
            "Nobody fills it in here: copy the link with its code from your recruitment service.",
        )
    if damaged := DamagedLinks.objects.filter(study=study).first():
        yield warning(
            f"Visits with an id that cannot name one person: {damaged.times}.",
            "Follow the link from your recruitment service and look whether it fills its placeholder in.",
        )


def _check_promises(study: Study) -> Iterator[Finding]:
    """No text says of the study what is not so."""
    of = outline(study)
    for name in TEXTS:
        for sentence, because in find_contradictions(getattr(study, f"{name}_text"), of):
            yield error(f"The {name} text says “{sentence}”, but {because}.", MEND)
    if "cookie" not in study.consent_text.lower():
        yield warning(
            "The consent text does not name the cookies.",
            "Say that two are set, which the study needs: against forged forms, and to go on where one was.",
        )
    stated = find_minutes(study.consent_text)
    if stated is None or stated[0] <= of.minutes <= stated[1]:
        return
    said = " to ".join(str(minutes) for minutes in sorted(set(stated)))
    finding = error if is_far_off(stated, of.minutes) else warning
    yield finding(
        f"The consent text says that it takes {said} minutes; by the design it takes about {of.minutes}.",
        "Write what your own trial took, or empty the text to have it drawn from the design.",
    )


def check_licences(material: Material) -> Iterator[Finding]:
    """Music that is played to the public has a known source."""
    unknown = [str(clip) for clip in material.clips if not clip.licence.strip()]
    if unknown:
        yield warning(
            f"{len(unknown)} clips have no stated licence ({named(unknown)}).",
            "Make sure that you may play them in public.",
        )
