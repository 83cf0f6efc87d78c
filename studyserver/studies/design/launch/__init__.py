"""Launch checks: what would go wrong if the study opened now."""

from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.design.launch.material import Material

__all__ = ["Material", "check_launch", "errors_of"]
