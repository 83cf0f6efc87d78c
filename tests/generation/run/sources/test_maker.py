"""What every source of images is asked for, whoever paints: an image that shows nothing is none."""

import pytest
from PIL import Image

from generation.errors import StimulusSetError
from generation.models import GenerationJob, StimulusSet
from generation.progress import quietly
from generation.run.images import fill_set
from generation.run.sources.maker import Maker
from generation.stimuli import Asked, Request, plan_images
from tests.generation.files.pictures import scene
from tests.studies.factories import make_dataset

pytestmark = pytest.mark.django_db


def make_maker(dataset, pictures):
    asked = Asked(checkpoint="", dataset=dataset.name, request=Request(), batch_size=2, source="label-prompt")

    def paint(batch):
        return [(pictures(image), {"painting": {}}) for image in batch]

    return Maker(asked, dataset, plan_images(dataset, asked.request), paint, {"painting": {"batch_size": 2}})


def test_what_images_look_like_is_kept(settings, tmp_path):
    settings.SETS_ROOT = tmp_path
    fill_set("seen", make_maker(make_dataset(), lambda image: scene(image.clip.pk)), quietly)
    stimulus_set = StimulusSet.objects.get()
    assert stimulus_set.status == "ready"
    assert all(len(row.look) == 22 for row in stimulus_set.stimuli.all())


@pytest.mark.parametrize(("level", "colour"), [(0, "black"), (255, "white"), (128, "#808080")])
def test_an_image_of_one_colour_is_not_stored_and_the_set_is_not_ready(settings, tmp_path, level, colour):
    settings.SETS_ROOT = tmp_path
    dataset = make_dataset()
    bad = make_maker(dataset, scene).plan[2].clip
    flat = Image.new("RGB", (96, 72), (level,) * 3)
    maker = make_maker(dataset, lambda image: flat if image.clip == bad else scene(image.clip.pk))
    with pytest.raises(StimulusSetError) as caught:
        fill_set("seen", maker, quietly)
    line = (
        f'Image 0 of the clip "{bad.title or bad.sha256[:12]}" is one colour throughout ({colour}): there is nothing '
        "to see; it is not stored. Ask for the set under another name with another seed or other settings."
    )
    assert str(caught.value) == line
    stimulus_set = StimulusSet.objects.get()
    assert stimulus_set.status == "failed"
    assert stimulus_set.stimuli.count() == 2
    assert GenerationJob.objects.get().error == line
