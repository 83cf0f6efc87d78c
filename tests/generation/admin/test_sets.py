"""The researchers' view of data and images: every page, no query per row, nothing editable but notes and flags."""

import contextlib
import html
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generation.admin.sets import SHEET_SIZE
from generation.datasets.imports import import_dataset
from generation.media import storage
from generation.models import (
    Artwork,
    Category,
    Checkpoint,
    Clip,
    Content,
    Dataset,
    GenerationJob,
    Stimulus,
    StimulusSet,
)
from studyserver.studies.design import lifted
from studyserver.studies.models import Arm, Study
from tests.generation.media_files import write_folder, write_picture

pytestmark = pytest.mark.django_db
MODELS = [Dataset, Category, Clip, Artwork, Content, Checkpoint, StimulusSet, Stimulus, GenerationJob]


@pytest.fixture
def gallery(tmp_path):
    """A function that adds a set of images for every clip of a dataset, with a checkpoint and a job."""

    def make(name="images", categories=("Heavy metal", "Folk <b>"), clips=2):
        write_folder(tmp_path / name, dict.fromkeys(categories, (clips, clips)), content=1)
        dataset = import_dataset(path=tmp_path / name, name=name).dataset
        run = tmp_path / "runs" / name
        run.mkdir(parents=True)
        (run / "losses.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
        checkpoint = Checkpoint.objects.create(
            name=name,
            preset="mini",
            dataset=dataset,
            run_dir=str(run),
            config={"lr": 0.002, "note": "<script>"},
            weights_sha256="ab" * 32,
            epoch=2,
            losses=[{"epoch": 1, "train": 0.5}, {"epoch": 2, "train": 0.25, "validation": 1 / 3}],
        )
        stimulus_set = StimulusSet.objects.create(
            name=name, dataset=dataset, checkpoint=checkpoint, status="ready", settings={"strength": 1.2}
        )
        for number, clip in enumerate(Clip.objects.filter(category__dataset=dataset)):
            data = write_picture(tmp_path / "x.png", seed=7_000 + number).read_bytes()
            sha256, file = storage.store(data, ".png")
            Stimulus.objects.create(
                set=stimulus_set,
                category=clip.category,
                clip=clip,
                index=0,
                seed=number,
                sha256=sha256,
                file=file,
                width=80,
                height=64,
                provenance={"seed": number, "code": "<i>1</i>"},
            )
        GenerationJob.objects.create(set=stimulus_set, state="done", done=4, total=4)
        return stimulus_set

    return make


def page(client, name, *args, **query):
    response = client.get(reverse(f"admin:generation_{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def add_study(stimulus_set, status=Study.Status.OPEN):
    study = Study.objects.create(slug="s", title="A study")
    Arm.objects.create(study=study, name="arm", stimulus_set=stimulus_set)
    Study.objects.update(status=status)


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_is_shown(admin_client, gallery, model):
    gallery()
    name = model._meta.model_name
    listed = page(admin_client, f"{name}_changelist")
    for row in model.objects.all():
        shown = page(admin_client, f"{name}_change", row.pk)
        for text in (listed, shown):
            assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", text)
            assert not re.search(r"\sstyle=", text)
            assert "<i>1</i>" not in text
            assert "Folk <b>" not in text


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_queries_for_one_row_and_many(admin_client, gallery, model):
    gallery("one", categories=["A"], clips=1)
    name = f"{model._meta.model_name}_changelist"

    def count():
        with CaptureQueriesContext(connection) as queries:
            page(admin_client, name)
        return len(queries)

    few = count()
    gallery("two", clips=3)
    # Filters by dataset, set or preset appear with the second of them: one look-up each, however many rows.
    between = count()
    gallery("three", categories=["C", "D", "E"], clips=4)
    assert count() == between
    assert between <= few + 3


def test_contact_sheet_costs_the_same_queries_for_one_row_and_many(admin_client, gallery):
    counts = []
    for name, clips in (("one", 1), ("many", 4)):
        stimulus_set = gallery(name, clips=clips)
        with CaptureQueriesContext(connection) as queries:
            page(admin_client, "stimulusset_sheet", stimulus_set.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_lists_show_pictures_and_players_by_content_address(admin_client, gallery):
    stimulus_set = gallery()
    clip, artwork, stimulus = Clip.objects.first(), Artwork.objects.first(), stimulus_set.stimuli.first()
    assert f'<audio class="player" controls preload="none" src="/media/{clip.sha256}.wav">' in page(
        admin_client, "clip_changelist"
    )
    assert f'src="/media/{artwork.sha256}.png"' in page(admin_client, "artwork_changelist")
    assert f'src="/media/{stimulus.sha256}.png"' in page(admin_client, "stimulus_changelist")


def test_counts_lead_to_the_rows_counted(admin_client, gallery):
    gallery("one")
    dataset = gallery("two", clips=3).dataset
    text = page(admin_client, "dataset_changelist")
    address, count = re.search(rf'href="([^"]*clip/\?category__dataset__id__exact={dataset.pk})">(\d+)<', text).groups()
    assert count == "6"
    shown = admin_client.get(address).content.decode()
    assert shown.count('class="player"') == 6


def test_checkpoint_shows_losses_as_table_and_figure(admin_client, gallery):
    checkpoint = gallery().checkpoint
    text = page(admin_client, "checkpoint_change", checkpoint.pk)
    assert "<td>0.333333</td>" in text
    assert 'class="figure" src="data:image/svg+xml;base64,' in text
    assert "&lt;script&gt;" in text
    Checkpoint.objects.update(run_dir="/nowhere", losses=[0.5, 0.25])
    text = page(admin_client, "checkpoint_change", checkpoint.pk)
    assert "The run folder is not on this machine, or holds no figure." in text
    assert "0.25" in text


def test_a_run_that_lies_in_the_data_folder_shows_its_figure(admin_client, gallery, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    checkpoint = gallery().checkpoint
    Checkpoint.objects.update(run_dir="runs/images")  # as training and imports write it
    assert 'class="figure" src="data:image/svg+xml;base64,' in page(admin_client, "checkpoint_change", checkpoint.pk)


def test_a_checkpoint_shows_what_it_paints(admin_client, gallery):
    stimulus_set = gallery()
    text = page(admin_client, "checkpoint_change", stimulus_set.checkpoint_id)
    firsts = [stimulus_set.stimuli.filter(category=category).first() for category in Category.objects.all()]
    assert [f'src="/media/{image.sha256}.png"' in text for image in firsts] == [True, True]
    assert "<figcaption>Folk &lt;b&gt;</figcaption>" in text
    assert text.count("<figcaption>") == 2
    assert reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk]) in text
    firsts[0].set.stimuli.all().delete()
    assert "none yet: generate images with it" in page(admin_client, "checkpoint_change", stimulus_set.checkpoint_id)


@pytest.mark.parametrize(("status", "word"), [("draft", "draft"), ("open", "open"), ("closed", "closed")])
def test_a_delete_that_is_forbidden_names_the_studies(admin_client, gallery, status, word):
    stimulus_set = gallery()
    add_study(stimulus_set, status)
    text = html.unescape(page(admin_client, "stimulusset_delete", stimulus_set.pk))
    assert f"The {word} study “A study”" in text
    assert "Arm" not in text
    text = html.unescape(page(admin_client, "dataset_delete", stimulus_set.dataset.pk))
    assert f"The stimulus set “images”, shown by the {word} study “A study”" in text
    assert "The checkpoint “images”" in text
    assert text.count(stimulus_set.stimuli.first().sha256[:12]) == 0  # not image by image


def test_provenance_is_printed_readably(admin_client, gallery):
    stimulus = gallery().stimuli.first()
    assert "&quot;seed&quot;: 0,\n" in page(admin_client, "stimulus_change", stimulus.pk)


def test_a_file_is_linked_by_its_public_address(admin_client, gallery):
    stimulus = gallery().stimuli.first()
    for row in (stimulus, stimulus.clip, Artwork.objects.first(), Content.objects.first()):
        text = page(admin_client, f"{row._meta.model_name}_change", row.pk)
        assert f'<a href="{storage.public_url(row.file.name)}">' in text
        with contextlib.closing(admin_client.get(storage.public_url(row.file.name))) as answer:
            assert answer.status_code == 200


def test_a_set_names_the_spaces_it_is_embedded_in(admin_client, gallery, tmp_path, settings):
    settings.SETS_ROOT = tmp_path / "sets"
    stimulus_set = gallery()
    assert "none yet: run embed_stimuli" in page(admin_client, "stimulusset_change", stimulus_set.pk)
    folder = settings.SETS_ROOT / stimulus_set.name / "embedded"
    folder.mkdir(parents=True)
    (folder / "embeddings.npz").write_bytes(b"x")
    assert '<div class="readonly">embedded</div>' in page(admin_client, "stimulusset_change", stimulus_set.pk)


def test_notes_of_a_dataset_are_all_that_can_be_edited(admin_client, gallery):
    dataset = gallery().dataset
    url = reverse("admin:generation_dataset_change", args=[dataset.pk])
    [loaded] = re.findall(r'name="_loaded" value="([^"]*)"', page(admin_client, "dataset_change", dataset.pk))
    sent = {"_loaded": html.unescape(loaded), "notes": "Small."}
    admin_client.post(url, sent | {"name": "other", "root": "/x", "manifest_sha256": "0" * 64})
    before = dataset.manifest_sha256
    dataset.refresh_from_db()
    assert (dataset.name, dataset.notes, dataset.manifest_sha256) == ("images", "Small.", before)
    for model in MODELS[1:]:
        row = model.objects.first()
        name = model._meta.model_name
        assert admin_client.post(reverse(f"admin:generation_{name}_change", args=[row.pk]), {}).status_code == 403
        assert admin_client.get(reverse(f"admin:generation_{name}_add")).status_code == 403
    assert admin_client.post(reverse("admin:generation_clip_delete", args=[Clip.objects.first().pk])).status_code == 403


def test_pages_of_a_dataset_count_recordings_and_leakage(admin_client, gallery):
    dataset = gallery("two", clips=3).dataset
    assert "not known" in page(admin_client, "dataset_changelist")
    first, *_ = clips = list(Clip.objects.filter(category__dataset=dataset).order_by("pk"))
    for clip in clips:
        clip.piece_id, clip.split = "One long evening", "train" if clip == first else "test"
        clip.save()
    dataset.leakage = {}  # as an earlier version imported it: counted now
    dataset.save()
    text = html.unescape(page(admin_client, "dataset_change", dataset.pk))
    n = len(clips)
    assert f"{n} clips of 1 recording. Leakage: {n - 1} of {n - 1} test" in text
    assert "the manifest, else the ends of file names" in text
    found = admin_client.get(reverse("admin:generation_clip_changelist"), {"q": "long evening"}).content.decode()
    assert found.count("One long evening") >= n


def test_whole_sets_and_datasets_can_be_deleted_while_nothing_needs_them(admin_client, gallery):
    stimulus_set = gallery()
    url = reverse("admin:generation_stimulusset_delete", args=[stimulus_set.pk])
    add_study(stimulus_set)
    admin_client.post(url, {"post": "yes"})
    assert StimulusSet.objects.exists()
    with lifted():
        Study.objects.all().delete()
    admin_client.post(url, {"post": "yes"})
    assert not StimulusSet.objects.exists()
    dataset_url = reverse("admin:generation_dataset_delete", args=[stimulus_set.dataset.pk])
    admin_client.post(dataset_url, {"post": "yes"})
    assert Dataset.objects.exists()
    Checkpoint.objects.all().delete()
    admin_client.post(dataset_url, {"post": "yes"})
    assert not Dataset.objects.exists()
    assert not Clip.objects.exists()


def test_contact_sheet_groups_by_category_and_filters(admin_client, gallery):
    stimulus_set = gallery()
    text = page(admin_client, "stimulusset_sheet", stimulus_set.pk)
    assert re.findall(r'<h2 id="category-\d+"><bdi>([^<]*)</bdi></h2>', text) == ["Folk &lt;b&gt;", "Heavy metal"]
    assert [text.count(f"/media/{row.sha256}.png") for row in stimulus_set.stimuli.all()] == [1, 1, 1, 1]
    assert "'unsafe-inline'" not in admin_client.get(reverse("admin:index")).headers["Content-Security-Policy"]
    metal = Category.objects.get(name="Heavy metal")
    text = page(admin_client, "stimulusset_sheet", stimulus_set.pk, category=metal.pk)
    assert re.findall(r'<h2 id="category-\d+"><bdi>([^<]*)</bdi></h2>', text) == ["Heavy metal"]
    assert not re.search(r"\sstyle=", text)


def test_contact_sheet_of_a_large_set_has_pages(admin_client, gallery):
    stimulus_set = gallery()
    first = stimulus_set.stimuli.first()
    rows = [
        Stimulus(
            set=stimulus_set, category=first.category, clip=first.clip, index=index, seed=0, sha256=first.sha256,
            file=first.file, width=80, height=64,
        )
        for index in range(1, SHEET_SIZE)
    ]  # fmt: skip
    Stimulus.objects.bulk_create(rows)
    text = page(admin_client, "stimulusset_sheet", stimulus_set.pk)
    assert text.count('name="stimulus"') == SHEET_SIZE
    assert 'href="?page=2"' in text
    assert page(admin_client, "stimulusset_sheet", stimulus_set.pk, page=2).count('name="stimulus"') == 3
    assert "Page 2 of 2" in page(admin_client, "stimulusset_sheet", stimulus_set.pk, page=99)


def test_an_empty_set_says_so(admin_client, gallery):
    dataset = gallery().dataset
    empty = StimulusSet.objects.create(name="empty", dataset=dataset)
    assert "This set holds no images yet." in page(admin_client, "stimulusset_sheet", empty.pk)


def test_ticked_images_are_flagged_and_unflagged(admin_client, gallery):
    stimulus_set = gallery()
    first, second, *rest = stimulus_set.stimuli.all()
    url = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
    answer = admin_client.post(url, {"stimulus": [first.pk, second.pk, "x"], "action": "flag"}, follow=True)
    assert "2 images flagged; participants will never see them." in answer.content.decode()
    assert set(Stimulus.objects.filter(flagged=True)) == {first, second}
    answer = admin_client.post(url, {"stimulus": [first.pk], "action": "unflag"}, follow=True)
    assert "1 image no longer flagged." in answer.content.decode()
    assert list(Stimulus.objects.filter(flagged=True)) == [second]
    answer = admin_client.post(url, {"action": "flag"}, follow=True)
    assert "Nothing changed." in answer.content.decode()


def test_a_set_is_marked_as_looked_through_on_its_sheet(admin_client, gallery):
    stimulus_set = gallery()
    url = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
    assert "By nobody yet." in page(admin_client, "stimulusset_sheet", stimulus_set.pk)
    [loaded] = re.findall(r'name="_loaded" value="([^"]*)"', page(admin_client, "stimulusset_sheet", stimulus_set.pk))
    asked = {"action": "review", "seen": "3", "content_warning": "Blood.", "_loaded": loaded}
    refused = admin_client.post(url, asked, follow=True).content.decode()
    assert "holds 4 images now" in refused
    assert "Blood.</textarea>" in refused
    shown = admin_client.post(url, asked | {"seen": "4"}, follow=True).content.decode()
    assert re.search(r"By admin, \d{4}-\d\d-\d\d \d\d:\d\d\. Participants should be warned of: Blood\.", shown)
    assert "by admin, " in page(admin_client, "stimulusset_changelist")
    told = admin_client.post(url, asked | {"seen": "4", "content_warning": ""}).content.decode()
    assert re.search(
        "Not saved: admin changed this stimulus set while .*: reviewed by, reviewed at, content warning", told
    )
    assert "Participants should be warned of: Blood." in page(admin_client, "stimulusset_sheet", stimulus_set.pk)
    row = stimulus_set.stimuli.first()
    row.pk, row.index = None, 9
    row.save(force_insert=True)
    assert ", 1 made since" in page(admin_client, "stimulusset_change", stimulus_set.pk)


def test_images_of_another_set_are_not_flagged_from_a_sheet(admin_client, gallery):
    one, two = gallery("one"), gallery("two")
    url = reverse("admin:generation_stimulusset_sheet", args=[one.pk])
    admin_client.post(url, {"stimulus": [two.stimuli.first().pk], "action": "flag"})
    assert not Stimulus.objects.filter(flagged=True).exists()


@pytest.mark.parametrize("way", ["sheet", "action"])
def test_a_set_that_an_opened_study_shows_is_not_flagged_and_the_reason_is_said(admin_client, gallery, way):
    stimulus_set = gallery()
    add_study(stimulus_set)
    row = stimulus_set.stimuli.first()
    if way == "sheet":
        url = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
        answer = admin_client.post(url, {"stimulus": [row.pk], "action": "flag"}, follow=True)
    else:
        url = reverse("admin:generation_stimulus_changelist")
        answer = admin_client.post(url, {"action": "flag_chosen", "_selected_action": [row.pk]}, follow=True)
    assert "The study &quot;A study&quot; was opened with the set images" in answer.content.decode()
    assert not Stimulus.objects.filter(flagged=True).exists()


def test_list_actions_flag_and_unflag(admin_client, gallery):
    stimulus_set = gallery()
    row = stimulus_set.stimuli.first()
    url = reverse("admin:generation_stimulus_changelist")
    for action, flagged in (("flag_chosen", True), ("unflag_chosen", False)):
        admin_client.post(url, {"action": action, "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert row.flagged is flagged


def test_who_may_only_look_can_not_flag(client, gallery):
    stimulus_set = gallery()
    viewer = User.objects.create_user("viewer", is_staff=True)
    looks = Permission.objects.filter(codename__startswith="view_", content_type__app_label="generation")
    viewer.user_permissions.set(looks)
    client.force_login(viewer)
    url = reverse("admin:generation_stimulusset_sheet", args=[stimulus_set.pk])
    text = client.get(url).content.decode()
    assert 'type="checkbox"' not in text
    row = stimulus_set.stimuli.first()
    for action in ("flag", "review"):
        assert client.post(url, {"stimulus": [row.pk], "action": action}).status_code == 403
    stranger = User.objects.create_user("stranger", is_staff=True)
    client.force_login(stranger)
    assert client.get(url).status_code == 403
    client.logout()
    assert client.get(url).status_code == 302
