"""Launch checks of listening: the rule fits the clips."""

from collections.abc import Iterator

from studyserver.studies.design.launch.findings import Finding, error, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.models import Study

LONG_SESSION_MINUTES = 20


def check_listening(material: Material) -> Iterator[Finding]:
    """The rule can be met and does not ask for an hour."""
    study = material.study
    main = material.main_clips
    if not main:
        return
    rule = Study.ListeningRule
    if study.listening_rule == rule.SECONDS and study.min_listen_s <= 0:
        yield error("The minimum listening time is 0 s.", "Set it, or choose the rule 'every clip must be started'.")
    longest = max(clip.duration for clip in main)
    if study.listening_rule == rule.SECONDS and study.min_listen_s > longest:
        yield warning(
            f"The minimum listening time ({study.min_listen_s:g} s) is longer than every clip ({longest:.1f} s).",
            "Clips must then be heard to their end.",
        )
    mean = sum(clip.duration for clip in main) / len(main)
    seconds = {rule.SECONDS: min(study.min_listen_s, mean), rule.END: mean}.get(rule(study.listening_rule), 0.0)
    minutes = seconds * len(material.categories) * study.trials_per_session / 60
    if minutes > LONG_SESSION_MINUTES:
        yield warning(
            f"Listening alone takes a participant about {minutes:.0f} minutes.",
            "Ask for fewer trials or less listening; long sessions lose people.",
        )
    if study.listening_rule == rule.NONE:
        yield warning("Participants may answer without listening.", "Choose a listening rule unless that is meant.")
