"""Answers in the admin: none of an open study, all of a closed one."""

import pytest
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Response, Study
from tests.studies import factories
from tests.studies.admin.reading import text_of
from tests.studies.participants import answer, begin, complete, show

pytestmark = pytest.mark.django_db


def test_pages_of_an_open_study_show_no_arm_no_choice_no_correctness(client: Client, images: StimulusSet) -> None:
    control = factories.make_shuffled_set(images)
    study = factories.make_study(sets=[images, control])
    ours = [complete(study) for _ in range(2)]
    answer(unfinished := begin(study))
    show(unfinished)
    texts = [text_of(client, f"/admin/studies/session/{session.pk}/change/") for session in [*ours, unfinished]]
    texts.append(text_of(client, "/admin/studies/session/"))
    texts.append(text_of(client, "/admin/studies/response/"))
    texts.append(text_of(client, f"/admin/studies/study/{study.pk}/progress/"))
    for text in texts:
        for secret in ("arm-1", "arm-2", *factories.CATEGORIES, "/media/", *(s.code for s in ours)):
            assert secret not in text
    assert ">hidden<" in texts[0].replace("\n", "").replace(" ", "")
    assert "0 responses" in texts[-2]


@pytest.mark.parametrize(
    "address",
    [
        "studies/session/?arm__id__exact={arm}",
        "studies/session/?arm={arm}",
        "studies/session/?arm_id={arm}",
        "studies/session/?trials__responses__stimulus={stimulus}",
        "studies/study/?sessions__id__exact={session}",
        "generation/stimulus/?responses__id__exact={response}",
        "generation/stimulus/?responses__isnull=False",
        "generation/stimulusset/?arms__sessions={session}",
        "generation/clip/?listen_events__isnull=False",
    ],
)
def test_no_address_finds_sessions_by_arm_or_images_by_answer(
    client: Client, images: StimulusSet, address: str
) -> None:
    study = factories.make_study(sets=[images, factories.make_shuffled_set(images)])
    session = complete(study)
    response = Response.objects.filter(trial__session=session)[0]
    keys = {"arm": session.arm_id, "session": session.pk, "response": response.pk, "stimulus": response.stimulus_id}
    page = client.get("/admin/" + address.format(**keys), follow=True)
    # Refused (400), or answered with the whole list, as Django does with what it cannot read.
    assert page.status_code == 400 or page.redirect_chain[-1][0].endswith("?e=1")


def test_lists_keep_the_filters_that_they_offer(client: Client, study: Study) -> None:
    session = complete(study)
    close_study(study=study)
    for address in (
        f"studies/session/?study__id__exact={study.pk}&simulated__exact=0&state__exact=completed",
        f"studies/response/?trial__session__study__id__exact={study.pk}&trial__session__simulated__exact=0",
        "studies/study/?status__exact=closed",
        f"generation/stimulus/?set__id__exact={session.arm.stimulus_set_id}&safety=yes",
        f"generation/clip/?category__dataset__id__exact={session.arm.stimulus_set.dataset_id}",
        "generation/stimulusset/?checkpoint__id__exact=1",
    ):
        page = client.get(f"/admin/{address}")
        assert page.status_code == 200, address


def test_pages_of_a_closed_study_show_everything(client: Client, study: Study) -> None:
    session = complete(study)
    close_study(study=study)
    text = text_of(client, f"/admin/studies/session/{session.pk}/change/")
    for shown in ("arm-1", *factories.CATEGORIES, "/media/", "Practice (never analysed)"):
        assert shown in text
    listed = text_of(client, "/admin/studies/response/")
    assert "8 responses" in listed
    assert listed.count('class="thumb"') == listed.count('class="player"') == 8
    assert session.code not in text + listed
