"""Launch checks of what is promised: texts, contact, licences."""

import re
from collections.abc import Iterator

from django.utils import timezone

from studyserver.studies.design.launch.findings import Finding, consent, error, named, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.design.texts import TEXTS

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
    words = count_words(study.consent_text)
    if 0 < words < FEWEST_WORDS and not study.simulated_only:
        yield consent(
            "short-consent",
            f"The consent text has {words} word{'s' * (words != 1)}.",
            f"Say who asks, what is done and stored, how to leave, whom to write to, in {FEWEST_WORDS} or more.",
        )
    if study.withdraw_until and study.withdraw_until < timezone.localdate():
        yield error(f"The last day of withdrawal ({study.withdraw_until}) has passed.", "Choose a later day.")
    if not study.contact.strip() and not study.simulated_only:
        yield warning("No contact is given.", "Name somebody whom participants can write to.")


def check_licences(material: Material) -> Iterator[Finding]:
    """Music that is played to the public has a known source."""
    unknown = [str(clip) for clip in material.clips if not clip.licence.strip()]
    if unknown:
        yield warning(
            f"{len(unknown)} clips have no stated licence ({named(unknown)}).",
            "Make sure that you may play them in public.",
        )
