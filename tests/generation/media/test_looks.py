"""Looks of pictures that were stored before looks were kept."""

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from generation.files import decode_image, find_look
from generation.models import Artwork, Stimulus
from studyserver.studies.design import lifted
from studyserver.studies.models import Arm, Study
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_looks_are_worked_out_once_and_frozen_images_stay(capsys):
    dataset = factories.make_dataset(clips=1)
    free, shown = factories.make_set(dataset, "free"), factories.make_set(dataset, "shown")
    study = Study.objects.create(slug="s", title="s", status=Study.Status.OPEN)
    with lifted():
        Arm.objects.create(study=study, name="arm", stimulus_set=shown)
    with lifted():
        Stimulus.objects.update(look="")
    gone = free.stimuli.first()
    default_storage.delete(gone.file.name)
    n = free.stimuli.count()
    call_command("find_looks", verbosity=0)
    out, err = capsys.readouterr()
    assert err == (f"Skipped {gone.file.name}: cannot be read; import its dataset again, or generate its set again.\n")
    assert out == (
        f"Worked out the looks of {n - 1 + Artwork.objects.count()} pictures; 1 file skipped (named above). "
        f"{n} images of opened studies stay unchanged.\n"
    )
    for row in (*free.stimuli.exclude(pk=gone.pk), *Artwork.objects.all()):
        assert row.look == find_look(decode_image(default_storage.path(row.file.name)))
    assert set(shown.stimuli.values_list("look", flat=True)) == {""}
