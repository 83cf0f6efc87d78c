"""Forms of studies and arms."""

import re

import pytest
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.design.lifecycle import open_study
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.admin.reading import act, page, read_form, said, text_of

pytestmark = pytest.mark.django_db


def test_a_study_is_made_and_opened_with_title_categories_and_set_alone(client: Client, images: StimulusSet) -> None:
    fields = read_form(client.get("/admin/studies/study/add/").content.decode())
    assert "generative AI" in fields["consent_text"]
    names = dict(images.dataset.categories.values_list("name", "pk"))
    fields |= {
        "title": "Which image?",
        "slug": "which-image",
        "categories": [str(names[name]) for name in factories.CATEGORIES],
        "practice_categories": [str(names["Romanticism open view"])],
        "arms-0-stimulus_set": str(images.pk),
    }
    response = client.post("/admin/studies/study/add/", fields, follow=True)
    study = Study.objects.get()
    assert response.redirect_chain == [(page(study), 302)]
    assert "Launch checks: all passed" in response.content.decode()
    assert 'href="/s/which-image/preview/"' in response.content.decode()
    assert [arm.name for arm in study.arms.all()] == ["set-a"]
    assert "The study is open" in said(act(client, study, "open"))
    study.refresh_from_db()
    assert (study.status, study.log.get().by) == (Study.Status.OPEN, "ada")


def test_a_taken_address_name_is_said(client: Client, study: Study) -> None:
    form = read_form(text_of(client, "/admin/studies/study/add/")) | {"title": "Again", "slug": study.slug}
    page = client.post("/admin/studies/study/add/", form)
    assert "Another study has this address name; choose one of its own." in page.content.decode()


def test_an_open_study_takes_new_notes_and_nothing_else(client: Client, draft: Study) -> None:
    study = open_study(study=draft)
    fields = read_form(client.get(page(study)).content.decode())
    assert {name for name in fields if not name.startswith("arms-")} == {"csrfmiddlewaretoken", "notes"}
    assert {name for name in fields if name.startswith("arms-0-")} == {"arms-0-id", "arms-0-study"}
    client.post(page(study), fields | {"notes": "Rain.", "title": "Other", "seed": "1", "consent_text": "No."})
    study.refresh_from_db()
    assert (study.notes, study.title, study.seed) == ("Rain.", "Do pictures sound?", 7)
    assert study.arms.count() == 1


def test_rows_of_arms_have_labels_and_texts_begin_where_their_letters_do(client: Client, draft: Study) -> None:
    form = text_of(client, page(draft))
    for name, label in (
        ("arms-0-stimulus_set", "Stimulus set of arm 1"),
        ("arms-0-name", "Name of arm 1"),
        ("arms-0-quota", "Quota of arm 1"),
        ("arms-0-DELETE", "Delete arm 1"),
        ("arms-__prefix__-stimulus_set", "Stimulus set of the new arm"),
    ):
        (field,) = re.findall(rf'<(?:input|select)\b[^>]*name="{name}"[^>]*>', form)
        assert f'aria-label="{label}"' in field, name
    for name in ("title", "consent_text", "notes", "contact", "arms-0-name"):
        (field,) = re.findall(rf'<(?:input|textarea)\b[^>]*name="{name}"[^>]*>', form)
        assert 'dir="auto"' in field, name
