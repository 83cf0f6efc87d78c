"""Launch checks: what would go wrong if the study opened now."""

from studyserver.studies.design.launch.checks import CheckResult, check_launch, consents_of, errors_of
from studyserver.studies.design.launch.findings import Finding
from studyserver.studies.design.launch.material import Material

__all__ = ["CheckResult", "Finding", "Material", "check_launch", "consents_of", "errors_of"]
