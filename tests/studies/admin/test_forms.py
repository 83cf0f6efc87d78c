"""Forms of studies and arms."""

import html
import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from generation.models import StimulusSet
from studyserver.studies.design.document import is_design_intact
from studyserver.studies.design.lifecycle import open_study
from studyserver.studies.models import Study
from tests.studies import factories
from tests.studies.admin.reading import open_it, page, read_form, said, text_of

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
    assert "The study is open" in said(open_it(client, study))
    study.refresh_from_db()
    assert (study.status, study.log.get().by) == (Study.Status.OPEN, "ada")


def test_a_free_study_says_so_until_somebody_writes_its_texts(client: Client, images: StimulusSet) -> None:
    names = dict(images.dataset.categories.values_list("name", "pk"))
    chosen = {
        "categories": [str(names[name]) for name in factories.CATEGORIES[:3]],
        "practice_categories": [str(names["Romanticism open view"])],
        "arms-0-stimulus_set": str(images.pk),
    }
    own = {"title": "Which image?", "slug": "which-image", "design": "free", "debrief_text": "It was free."}
    fields = read_form(text_of(client, "/admin/studies/study/add/")) | chosen | own | {"attention_boards": "1"}
    answer = client.post("/admin/studies/study/add/", fields, follow=True)
    assert "Drawn anew from the design: the text for consent, instruction." in answer.content.decode()
    study = Study.objects.get()
    assert "You may choose the same image for several clips" in study.instruction_text
    assert "you hear 3 clips and see 3 images" in study.instruction_text
    assert "whether the attention check was passed" in study.consent_text
    assert study.debrief_text == "It was free."
    # Changed once more, and one text is taken back by emptying it.
    fields = read_form(text_of(client, page(study))) | chosen | {"design": "one_to_one", "debrief_text": ""}
    client.post(page(study), fields)
    study.refresh_from_db()
    assert "Use every image exactly once." in study.instruction_text
    assert "no person painted them" in study.debrief_text
    # A text of one's own stays, and the launch says what is wrong with it.
    own = {"design": "free", "instruction_text": "Use each image once."}
    client.post(page(study), read_form(text_of(client, page(study))) | chosen | own)
    assert "says “Use each image once.”, but in a free study" in text_of(client, page(study))
    study.refresh_from_db()
    assert study.instruction_text == "Use each image once."


def test_a_taken_address_name_is_said(client: Client, study: Study) -> None:
    form = read_form(text_of(client, "/admin/studies/study/add/")) | {"title": "Again", "slug": study.slug}
    page = client.post("/admin/studies/study/add/", form)
    assert "Another study has this address name; choose one of its own." in page.content.decode()


def test_an_open_study_takes_new_notes_and_nothing_else(client: Client, draft: Study) -> None:
    study = open_study(study=draft)
    fields = read_form(client.get(page(study)).content.decode())
    assert {name for name in fields if not name.startswith("arms-")} == {"csrfmiddlewaretoken", "_loaded", "notes"}
    assert {name for name in fields if name.startswith("arms-0-")} == {"arms-0-id", "arms-0-study"}
    client.post(page(study), fields | {"notes": "Rain.", "title": "Other", "seed": "1", "consent_text": "No."})
    study.refresh_from_db()
    assert (study.notes, study.title, study.seed) == ("Rain.", "Do pictures sound?", 7)
    assert study.arms.count() == 1


def test_the_second_of_two_researchers_is_told_what_changed(client: Client, draft: Study) -> None:
    mine = read_form(text_of(client, page(draft))) | {"debrief_text": "Mine."}
    grace = Client()
    grace.force_login(get_user_model().objects.create_superuser("grace"))
    hers = read_form(text_of(grace, page(draft))) | {"title": "Hers", "arms-0-quota": "9"}
    assert "was changed successfully" in said(grace.post(page(draft), hers, follow=True))
    text = html.unescape(client.post(page(draft), mine).content.decode())
    assert re.search(
        r"Not saved: grace changed this study while you had it open at [-\d]{10} \d\d:\d\d \(UTC\): title, arms\.", text
    )
    assert "Mine.</textarea>" in text
    draft.refresh_from_db()
    assert (draft.title, draft.debrief_text == "Mine.", draft.arms.get().quota) == ("Hers", False, 9)


def test_what_was_opened_meanwhile_is_not_said_to_be_changed(client: Client, draft: Study) -> None:
    mine = read_form(text_of(client, page(draft))) | {"debrief_text": "Mine."}
    study = open_study(study=draft, by="grace")
    text = html.unescape(client.post(page(draft), mine, follow=True).content.decode())
    assert "Not saved: grace changed this study while you had it open" in text
    assert "was changed successfully" not in text
    study.refresh_from_db()
    assert is_design_intact(study)


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
