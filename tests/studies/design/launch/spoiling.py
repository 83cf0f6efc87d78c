"""What the launch checks say of a study."""

from collections.abc import Callable

from studyserver.studies.design.launch.checks import check_launch, errors_of
from studyserver.studies.models import Study


def warnings_of(study: Study) -> list[str]:
    return [str(f) for result in check_launch(study) for f in result.findings if f.level == "warning"]


def errors_after(spoil: Callable[[Study], None], study: Study) -> list[str]:
    spoil(study)
    return errors_of(check_launch(Study.objects.get()))
