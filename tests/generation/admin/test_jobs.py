"""Generation in the admin: the form, a job's page, cancelling and retrying, and what the safety checker said."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.admin.forms import GenerateForm
from generation.admin.stimuli import SafetyFilter
from generation.errors import BrokerError
from generation.jobs import asking, background, leases
from generation.models import Checkpoint, GenerationJob, Stimulus, StimulusSet
from generation.stimuli.notices import find_image_notices
from generation.stimuli.request import Asked, Request
from tests.generation.tiny import import_tiny
from tests.studies import factories


@pytest.fixture
def checkpoint(db, data_folder, tmp_path):
    """A checkpoint whose weights nobody needs here: pages never load them."""
    dataset = import_tiny(tmp_path / "source")
    return Checkpoint.objects.create(
        name="run", preset="mini", dataset=dataset, run_dir="runs/run", weights_sha256="ab" * 32, epoch=1,
        config={"backbone": {"name": "style-transfer"}, "dataset": {"name": "tiny"}},
    )  # fmt: skip


@pytest.fixture
def begun(monkeypatch):
    """Commands that would have been started in the background."""
    found = []
    monkeypatch.setattr(background, "start_command", lambda *arguments, when_dead: found.append(arguments))
    return found


@pytest.fixture
def called(monkeypatch, settings):
    """Jobs that workers were told of."""
    found = []
    settings.JOBS_ON_WORKERS = True
    monkeypatch.setattr(asking, "check_broker", lambda: None)
    monkeypatch.setattr("generation.jobs.generation.tell_workers", lambda job_id, **options: found.append(job_id))
    return found


def fill_in(checkpoint, **changes):
    return {
        "name": "set-a",
        "dataset": checkpoint.dataset_id,
        "splits": ["val", "test"],
        "images_per_clip": "2",
        "seed": "3",
        "batch_size": "4",
    } | changes


def post(client, checkpoint, django_capture_on_commit_callbacks, **changes):
    address = reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk])
    with django_capture_on_commit_callbacks(execute=True):
        return client.post(address, fill_in(checkpoint, **changes))


def job_address(job, what="change"):
    return reverse(f"admin:generation_generationjob_{what}", args=[job.pk])


def look(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\sstyle=|\son\w+=", text)
    return text


def make_job(checkpoint, **fields):
    asked = Asked("run", "tiny", Request(splits=("val", "test")), batch_size=4).to_json()
    made = StimulusSet.objects.create(name=f"set-{StimulusSet.objects.count()}", dataset=checkpoint.dataset,
                                      checkpoint=checkpoint)  # fmt: skip
    return GenerationJob.objects.create(**{"set": made, "asked": asked, "total": 6, "on_workers": True} | fields)


def test_the_form_asks_for_what_the_command_asks_for(
    admin_client, checkpoint, begun, django_capture_on_commit_callbacks
):
    text = look(admin_client, reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk]))
    assert "A process in the background of this server will paint." in text
    assert "Denoising steps" not in text
    dark = checkpoint.dataset.categories.get(name="Dark")
    answer = post(admin_client, checkpoint, django_capture_on_commit_callbacks, categories=[dark.pk])
    job = GenerationJob.objects.get()
    assert answer.headers["Location"] == job_address(job)
    assert (job.state, job.total, job.by, job.on_workers, job.set.status) == ("queued", 6, "admin", False, "building")
    request = Request(categories=("dark",), splits=("val", "test"), images_per_clip=2, seed=3)
    assert Asked.from_json(job.asked) == Asked("run", "tiny", request, 4)
    assert begun == [("run_generation_job", str(job.pk))]


def test_with_a_broker_workers_are_told(admin_client, checkpoint, called, django_capture_on_commit_callbacks):
    post(admin_client, checkpoint, django_capture_on_commit_callbacks)
    job = GenerationJob.objects.get()
    assert (job.on_workers, called) == (True, [job.pk])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "no name"}, "cannot name a set"),
        ({"name": ""}, "This field is required"),
        ({"splits": []}, "This field is required"),
        ({"clips_per_category": "9"}, "9 are needed"),
        ({"clips_per_category": "1", "total": "4"}, "not for both"),
        ({"batch_size": "0"}, "greater than or equal to 1"),
        ({"seed": str(2**63)}, "The seed must lie between"),
    ],
)
def test_what_cannot_be_had_is_said_on_the_form(
    admin_client, checkpoint, begun, changes, words, django_capture_on_commit_callbacks
):
    answer = post(admin_client, checkpoint, django_capture_on_commit_callbacks, **changes)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not StimulusSet.objects.exists()
    assert begun == []


def test_a_broker_that_is_down_is_said_on_the_form(
    admin_client, checkpoint, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.JOBS_ON_WORKERS = True

    def refuse():
        raise BrokerError("Redis does not answer at x.")

    monkeypatch.setattr(asking, "check_broker", refuse)
    answer = post(admin_client, checkpoint, django_capture_on_commit_callbacks)
    assert "Redis does not answer at x." in answer.content.decode()
    assert not StimulusSet.objects.exists()


def test_categories_of_another_dataset_are_refused(admin_client, checkpoint, begun, django_capture_on_commit_callbacks):
    other = factories.make_dataset("other").categories.first()
    answer = post(admin_client, checkpoint, django_capture_on_commit_callbacks, categories=[other.pk])
    assert f"“{other.name}” is no category of the dataset tiny." in answer.content.decode()


def test_a_diffusion_model_has_its_settings_and_empty_ones_are_left_to_the_worker(
    admin_client, checkpoint, begun, django_capture_on_commit_callbacks
):
    Checkpoint.objects.update(config=checkpoint.config | {"backbone": {"name": "stable-diffusion"}})
    text = look(admin_client, reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk]))
    assert "Denoising steps" in text
    post(admin_client, checkpoint, django_capture_on_commit_callbacks, steps="20", guidance="6.5", device="cuda")
    assert GenerationJob.objects.get().asked["painting"] == {"steps": 20, "guidance": 6.5, "device": "cuda"}


def test_the_form_is_filled_in_as_for_another_set(admin_client, checkpoint):
    settings = {
        "request": {"categories": ["Dark"], "splits": ["val"], "images_per_clip": 3, "seed": 9, "total": None}
        | {"clips_per_category": 1},
        "painting": {"set_seed": 9},
    }
    like = StimulusSet.objects.create(
        name="like", dataset=checkpoint.dataset, checkpoint=checkpoint, settings=settings, status="ready"
    )
    initial = GenerateForm(checkpoint=checkpoint, like=like).initial
    assert (initial["splits"], initial["images_per_clip"], initial["seed"], initial["clips_per_category"]) == (
        ["val"], 3, 9, 1,
    )  # fmt: skip
    assert initial["categories"] == [str(checkpoint.dataset.categories.get(name="Dark").pk)]
    address = reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk])
    assert "filled in as for the set like" in look(admin_client, f"{address}?like={like.pk}")
    assert f"{address}?like={like.pk}" in look(
        admin_client, reverse("admin:generation_stimulusset_change", args=[like.pk])
    )
    assert address in look(admin_client, reverse("admin:generation_checkpoint_change", args=[checkpoint.pk]))


def test_the_list_of_checkpoints_leads_to_the_form(admin_client, checkpoint):
    data = {"action": "generate", "_selected_action": [checkpoint.pk]}
    answer = admin_client.post(reverse("admin:generation_checkpoint_changelist"), data)
    assert answer.headers["Location"] == reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk])


def test_a_jobs_page_shows_workers_rates_and_time_left(admin_client, checkpoint):
    job = make_job(checkpoint, state="running", done=2)
    now = timezone.now()
    job.chunks.create(number=0, start=0, stop=4, state="running", worker="gpu:1", heartbeat_at=now)
    job.chunks.create(number=1, start=4, stop=6, attempts=1, error="cpu:2: <b>no weights</b>")
    job.workers.create(name="gpu:1", images=2, seconds=60, seen_at=now)
    for text in (look(admin_client, job_address(job)), look(admin_client, job_address(job, "progress"))):
        assert '<progress max="6" value="2"' in text
        assert "2 of 6 images" in text
        assert "Time that is left: about 2 min." in text
        assert "gpu:1" in text
        assert "<td>2.0</td>" in text
        assert "cpu:2: &lt;b&gt;no weights&lt;/b&gt;" in text
        assert 'data-live="true"' in text
        assert job_address(job, "cancel") in text
        assert job_address(job, "retry") not in text
        assert "csrfmiddlewaretoken" in text


def test_a_job_that_is_silent_or_over_can_be_retried(admin_client, checkpoint, monkeypatch):
    woken = []
    monkeypatch.setattr("generation.jobs.generation.wake_workers", woken.append)
    silent = make_job(checkpoint)
    assert job_address(silent, "retry") not in look(admin_client, job_address(silent))
    GenerationJob.objects.update(created_at=timezone.now() - 2 * leases.LEASE)
    text = look(admin_client, job_address(silent))
    assert "Nobody has been heard of at this job" in text
    assert woken == [silent]  # once for a lease, however often the page is looked at
    assert "Nobody has been heard of at this job" in look(admin_client, job_address(silent))
    assert woken == [silent]
    assert job_address(silent, "retry") in text
    failed = make_job(checkpoint, state="failed", error="gpu:1: out of memory", done=2, failed=4)
    text = look(admin_client, job_address(failed))
    assert "gpu:1: out of memory" in text
    assert 'data-live="false"' in text
    assert job_address(failed, "retry") in text
    assert job_address(failed, "cancel") not in text
    done = make_job(checkpoint, state="done", done=6)
    text = look(admin_client, job_address(done))
    assert reverse("admin:generation_stimulusset_sheet", args=[done.set_id]) in text
    assert job_address(done, "retry") not in text


def test_cancelling_and_retrying(admin_client, checkpoint, called, django_capture_on_commit_callbacks):
    job = make_job(checkpoint, state="running")
    answer = admin_client.post(job_address(job, "cancel"), follow=True)
    assert "The job is cancelled." in answer.content.decode()
    job.refresh_from_db()
    assert (job.state, job.error, job.set.status) == ("cancelled", "Cancelled by admin.", "stopped")
    assert "is cancelled already" in admin_client.post(job_address(job, "cancel"), follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(job_address(job, "retry"))
    again = GenerationJob.objects.get(state="queued")
    assert answer.headers["Location"] == job_address(again)
    assert called == [again.pk]


@pytest.mark.parametrize("what", ["cancel", "retry"])
def test_cancel_and_retry_are_asked_for_on_purpose(admin_user, checkpoint, what):
    job = make_job(checkpoint, state="running")
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.get(job_address(job, what)).status_code == 405
    assert client.post(job_address(job, what)).status_code == 403
    job.refresh_from_db()
    assert job.state == "running"


def test_who_may_only_look_can_neither_generate_nor_cancel(checkpoint, begun):
    user = User.objects.create_user("eva", password="x", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    job = make_job(checkpoint, state="running")
    generate = reverse("admin:generation_checkpoint_generate", args=[checkpoint.pk])
    assert client.get(generate).status_code == 403
    assert client.post(generate, fill_in(checkpoint)).status_code == 403
    for what in ("cancel", "retry"):
        assert client.post(job_address(job, what)).status_code == 403
    text = look(client, job_address(job))
    assert job_address(job, "cancel") not in text
    assert generate not in look(client, reverse("admin:generation_checkpoint_change", args=[checkpoint.pk]))
    assert client.get(job_address(job, "progress")).status_code == 200
    assert Client().get(job_address(job, "progress")).status_code == 302


# The safety checker


@pytest.fixture
def alarming(checkpoint):
    """A set of three images: an alarm, none, and one about which nobody was asked."""
    made = factories.make_set(factories.make_dataset("sounds", clips=3), "alarming")
    rows = list(made.stimuli.order_by("pk"))
    for row, answer in zip(rows, (True, False, None), strict=False):
        row.provenance = {"painting": {"safety_flagged": answer}}
        row.save()
    return made, rows


def test_alarms_are_shown_and_can_be_filtered(admin_client, alarming):
    made, rows = alarming
    assert [row.safety_alarm for row in rows[:3]] == [True, False, None]
    sheet = look(admin_client, reverse("admin:generation_stimulusset_sheet", args=[made.pk]))
    assert sheet.count("safety checker: alarm") == 1
    assert "raised an alarm at 1 of these images" in sheet
    assert "alarm at 1 of 2 images" in look(
        admin_client, reverse("admin:generation_stimulusset_change", args=[made.pk])
    )
    listed = reverse("admin:generation_stimulus_changelist")
    for value, expected in (("yes", {rows[0]}), ("no", {rows[1]}), ("none", set(rows[2:]))):
        answer = admin_client.get(listed, {SafetyFilter.parameter_name: value, "set__id__exact": made.pk})
        assert set(answer.context["cl"].queryset) == expected
    assert "alarm</span>" in look(admin_client, reverse("admin:generation_stimulus_change", args=[rows[0].pk]))


def test_alarms_are_counted_in_words(alarming):
    made, rows = alarming
    [notice] = find_image_notices(made)
    assert notice.startswith("Stable Diffusion's safety checker raised an alarm at 1 image, which may be unfit")
    Stimulus.objects.filter(pk=rows[0].pk).update(provenance={})
    assert find_image_notices(made) == []
