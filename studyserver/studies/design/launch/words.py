"""Launch checks of what is promised: texts, contact, licences."""

from collections.abc import Iterator

from django.utils import timezone

from studyserver.studies.design.launch.findings import Finding, error, named, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.design.texts import TEXTS
from studyserver.studies.rules import is_over


def check_texts(material: Material) -> Iterator[Finding]:
    """Texts are there, and what they promise can be kept."""
    study = material.study
    for name in TEXTS:
        if not getattr(study, f"{name}_text").strip():
            yield error(f"The {name} text is empty.", "Write it; participants see it.")
    if study.withdraw_until and is_over(study.withdraw_until, timezone.now()):
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
