"""Launch checks of exclusion rules."""

from collections.abc import Iterator

from studyserver.studies.design.launch.findings import Finding, error, warning
from studyserver.studies.design.launch.material import Material
from studyserver.studies.exclusion import Setting, find_doubts, find_faults
from studyserver.studies.models import Study
from studyserver.studies.rules import PASS, SOUNDS, TOLERANCE_MS


def check_exclusion(material: Material) -> Iterator[Finding]:
    """Declared rules leave out nobody who did all that was asked."""
    study = material.study
    faults = find_faults(study.exclusion_rules)
    for fault in faults:
        yield error(fault, "Change the exclusion rules.")
    if faults:
        return
    for doubt in find_doubts(study.exclusion_rules, _describe(material)):
        yield (error if doubt.fatal else warning)(doubt.what, doubt.mend)


def _describe(material: Material) -> Setting:
    study, rule = material.study, Study.ListeningRule
    shortest = min((clip.duration for clip in material.main_clips), default=None)
    longest_wait = {rule.SECONDS: study.min_listen_s, rule.END: shortest}.get(rule(study.listening_rule))
    return Setting(
        trials=study.trials_per_session,
        attention_boards=study.attention_boards,
        screened=study.headphone_check != Study.HeadphoneCheck.OFF,
        sounds=len(SOUNDS),
        usual=PASS,
        shortest_clip_s=shortest,
        heard_at_least_s=longest_wait and shortest and min(longest_wait, shortest),
        tolerance_s=TOLERANCE_MS / 1000,
        script_required=study.script_required,
    )
