"""Launch checks of pictures that people may take for one another."""

from collections.abc import Iterator

from generation.models import Stimulus
from generation.stimuli import pairs_by_id
from studyserver.studies.design.launch.findings import Finding, consent, named, warning
from studyserver.studies.design.launch.material import Material


def check_look_alikes(material: Material) -> Iterator[Finding]:
    """Boards whose images are nearly equal, or show one photograph in look-alike styles, tell little of the music."""
    for arm in material.arms:
        images = material.main(arm)
        by_id = {stimulus.pk: stimulus for stimulus in images}
        found = pairs_by_id([(stimulus.pk, stimulus.category_id, stimulus.look) for stimulus in images])
        # Images of a control share only their own board.
        pairs = [(by_id[one], by_id[other]) for one, other in found if by_id[one].board == by_id[other].board]
        if pairs:
            count = "1 pair of images" if len(pairs) == 1 else f"{len(pairs)} pairs of images"
            yield consent(
                "look-alikes",
                f"Arm “{arm.name}”: {count} of different categories that may share a board look nearly alike: "
                f"{named([f'{_name(one)} and {_name(other)}' for one, other in pairs])}.",
                "Look at them, and flag one of each, or make the set with other photographs or styles; boards keep "
                "them apart where they can.",
            )
        if unknown := sum(not stimulus.look for stimulus in images):
            yield warning(
                f"Arm “{arm.name}”: of {unknown} images it is not known what they look like.",
                "Run “python manage.py find_looks”; until then look-alikes are not found.",
            )


def _name(stimulus: Stimulus) -> str:
    return f"{stimulus.sha256[:12]} ({stimulus.category.name})"
