"""Jobs that are spread over workers, step by step: Celery's messages are delivered here by hand, in any order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from generation.errors import BrokerError, CheckpointError, StimulusSetError
from generation.jobs import asking, background, leases, steps
from generation.jobs.generation import is_silent
from generation.jobs.progress import read_job_progress
from generation.models import GenerationChunk, GenerationJob, Stimulus, StimulusSet
from generation.musipainter.pipeline import MusipainterPipeline
from generation.run import worker as run_jobs
from generation.stimuli.request import Asked, Request, asked_of_job
from generation.tasks import continue_generation
from tests.generation.media_files import write_folder
from tests.generation.musipainter.toy import write_weights

ASKED = Asked("tiny-run", "tiny", Request(splits=("val", "test"), images_per_clip=2, seed=3), batch_size=2)


class Post:
    """Messages to workers, as Redis would keep them: (job, seconds before which it is not to be read)."""

    def __init__(self):
        self.unread = []

    def send(self, name, arguments, *, countdown=None, **options):
        assert name == continue_generation.name
        self.unread.append((arguments[0], countdown or 0))

    def deliver(self, most=1_000):
        """Have a worker read one message after another, and what these send, until none is left."""
        said = []
        while self.unread and len(said) < most:
            said.append(continue_generation(self.unread.pop(0)[0]))
            # Who waits for others, or for another attempt, is not in a hurry.
            self.unread.sort(key=lambda message: message[1])
        assert len(said) < 1_000
        return said


@pytest.fixture
def post(monkeypatch, settings):
    post = Post()
    settings.JOBS_ON_WORKERS = True
    monkeypatch.setattr(current_app._get_current_object(), "send_task", post.send)
    monkeypatch.setattr(asking, "check_broker", lambda: None)
    yield post
    run_jobs.close_studio()


@pytest.fixture
def machine(monkeypatch):
    """A function that lets this process go on as another worker, on another machine."""

    def become(name):
        run_jobs.close_studio()
        monkeypatch.setattr(leases.socket, "gethostname", lambda: name)

    become("first")
    return become


@pytest.fixture(scope="module")
def painted():
    """Paintings of this module's tests, by all that decides them."""
    return {}


@pytest.fixture
def afresh():
    """Asked for by tests that compare bytes: nothing is remembered."""


@pytest.fixture(autouse=True)
def remembering(request, monkeypatch, painted):
    """An image that one test has painted is not painted again by the next."""
    if "afresh" in request.fixturenames:
        return
    original = MusipainterPipeline.__call__

    def paint(self, clips, seeds, settings, *, places):
        keys = [(clip.sha256, seed, place, settings) for clip, seed, place in zip(clips, seeds, places, strict=True)]
        if any(key not in painted for key in keys):
            painted.update(zip(keys, original(self, clips, seeds, settings, places=places), strict=True))
        return [painted[key] for key in keys]

    monkeypatch.setattr(MusipainterPipeline, "__call__", paint)


def ask(name="set-a", asked=ASKED, **options):
    with pytest_on_commit():
        return asking.request_generation(set_name=name, asked=asked, **{"on_workers": True, "by": "ada"} | options)


def pytest_on_commit():
    from django.test import TestCase

    return TestCase.captureOnCommitCallbacks(execute=True)


def images(name):
    rows = Stimulus.objects.filter(set__name=name).select_related("clip")
    return {(row.clip.sha256, row.index): (row.sha256, row.seed, row.provenance) for row in rows}


def alone(name="alone", asked=ASKED):
    """The same set, made by one process."""
    options = {"split": list(asked.request.splits), "images_per_clip": 2, "seed": 3, "batch_size": asked.batch_size}
    options |= {"checkpoint": asked.checkpoint, "dataset": asked.dataset, "source": asked.source, **asked.painting}
    return call_command("generate_stimuli", name, verbosity=0, **options)


def silence(job):
    """Let time pass in which nobody is heard of."""
    long_ago = timezone.now() - 2 * leases.LEASE
    job.chunks.update(heartbeat_at=long_ago, wait_until=None)
    job.workers.update(seen_at=long_ago)
    GenerationJob.objects.filter(pk=job.pk).update(heartbeat_at=long_ago, looked_at=long_ago, created_at=long_ago)
    job.refresh_from_db()


def test_workers_make_the_set_that_one_process_makes(trained, post, machine, afresh):
    job = ask()
    assert (job.state, job.total, job.done, job.by, len(post.unread)) == ("queued", 12, 0, "ada", 1)
    assert StimulusSet.objects.get().settings == {}
    said = post.deliver()
    assert said[0] == f"Planned job {job.pk}: 12 images in 6 chunks."
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.failed, job.error) == ("done", 12, 12, 0, "")
    assert job.started_at <= job.finished_at
    assert set(job.chunks.values_list("state", "attempts")) == {("done", 1)}
    assert job.workers.values_list("images", flat=True).get() == 12
    alone()
    assert images("alone") == images("set-a")
    made, plain = (StimulusSet.objects.get(name=name) for name in ("set-a", "alone"))
    assert (made.settings, made.status) == (plain.settings, "ready")
    for sheet in (settings.SETS_ROOT / "alone").iterdir():
        assert (settings.SETS_ROOT / "set-a" / sheet.name).read_bytes() == sheet.read_bytes()


def test_networks_are_opened_once_for_all_chunks_of_a_set(trained, post, machine, monkeypatch):
    opened = []
    original = run_jobs.open_maker
    monkeypatch.setattr(run_jobs, "open_maker", lambda *a, **k: opened.append(a[0]) or original(*a, **k))
    ask()
    post.deliver()
    assert len(opened) == 1


def test_a_finished_set_asked_for_again_queues_nothing(trained, post, machine):
    ask()
    post.deliver()
    assert ask() is None
    assert (post.unread, GenerationJob.objects.count()) == ([], 1)


def test_messages_delivered_twice_or_at_the_end_change_nothing(trained, post, machine):
    job = ask()
    post.deliver(most=3)
    post.unread = 3 * post.unread
    post.deliver()
    before = images("set-a"), list(GenerationJob.objects.values())
    post.unread = [(job.pk, 0)] * 3
    assert post.deliver() == [f"Nothing is left to do at job {job.pk}."] * 3
    assert (images("set-a"), list(GenerationJob.objects.values())) == before


def test_two_workers_that_paint_the_same_chunk_leave_each_image_once(trained, post, machine, afresh):
    job = ask()
    post.deliver(most=1)
    first = steps.claim_step(job.pk)
    # The first is thought dead while it paints; the second takes its chunk, and both store the images.
    silence(job)
    machine("second")
    second = steps.claim_step(job.pk)
    assert second.chunk == first.chunk
    assert run_jobs._paint(second).endswith("2 images.")
    machine("first")
    rows = list(job.set.stimuli.all())
    studio = run_jobs.open_studio(job)
    again = studio.maker.make_rows(studio.maker.plan[:2])
    from generation.jobs.filling import add_images

    add_images(first.job, again)
    assert list(job.set.stimuli.values()) == list(Stimulus.objects.filter(pk__in=[row.pk for row in rows]).values())
    assert {row.sha256 for row in again} == {row.sha256 for row in rows}
    assert not steps.is_mine(first.chunk)
    post.deliver()
    alone()
    assert images("set-a") == images("alone")
    assert dict(job.workers.values_list("name", "images"))[f"second:{leases.os.getpid()}"] == 2


def test_a_chunk_whose_worker_fell_silent_is_taken_by_another(trained, post, machine):
    job = ask()
    post.deliver(most=1)
    steps.claim_step(job.pk)
    machine("second")
    post.deliver(most=30)
    job.refresh_from_db()
    # Others are done, and wait for the first as long as it may live.
    assert (job.state, job.done) == ("running", 10)
    silence(job)
    post.unread.append((job.pk, 0))
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 12)


def test_a_chunk_that_ends_every_worker_is_given_up(trained, post, machine):
    job = ask()
    post.deliver(most=1)
    for _ in range(steps.MOST_ATTEMPTS):
        assert steps.claim_step(job.pk).chunk.number == 0
        silence(job)
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done, job.failed, job.set.status) == ("failed", 10, 2, "failed")
    assert "2 of 12 images could not be made, in 1 of 6 chunks" in job.error
    assert "fell silent while it painted, 3 times" in job.error


def test_a_planner_that_always_dies_is_noticed(trained, post, machine):
    job = ask()
    for _ in range(steps.MOST_ATTEMPTS):
        assert steps.claim_step(job.pk).kind == "plan"
        assert steps.claim_step(job.pk).kind == "later"
        silence(job)
    assert steps.claim_step(job.pk) is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert "fell silent while it loaded the networks, 3 times" in job.error


def test_a_finisher_that_dies_is_replaced(trained, post, machine):
    job = ask()
    job.chunks.all().delete()
    post.deliver(most=1)
    while (step := steps.claim_step(job.pk)).kind == "paint":
        run_jobs._paint(step)
    assert step.kind == "finish"
    machine("second")
    assert steps.claim_step(job.pk).kind == "later"
    silence(job)
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.set.status) == ("done", "ready")


def before_batches(monkeypatch, act, *, module=run_jobs):
    """Call act(maker, batch) before each batch that is painted by what the module opens."""
    open_maker = module.open_maker

    def open_watched(*arguments, **options):
        maker = open_maker(*arguments, **options)

        def paint(batch):
            act(maker, batch)
            return maker.paint(batch)

        return replace(maker, paint=paint)

    monkeypatch.setattr(module, "open_maker", open_watched)


def break_painting(monkeypatch, places, error, times=99):
    """Painting a batch that begins at one of these places of the plan fails so many times."""
    left = dict.fromkeys(places, times)

    def fail(maker, batch):
        place = maker.plan.index(batch[0])
        if left.get(place, 0):
            left[place] -= 1
            raise error

    before_batches(monkeypatch, fail)


def test_a_chunk_that_fails_is_tried_again_and_others_go_on(trained, post, machine, monkeypatch):
    monkeypatch.setattr(steps, "FIRST_WAIT", timedelta(microseconds=1))
    break_painting(monkeypatch, [2], CheckpointError("Out of memory while painting 2 images."), times=2)
    job = ask()
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done, job.failed) == ("done", 12, 0)
    assert job.chunks.get(number=1).attempts == 3


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CheckpointError("Out of memory while painting 2 images."), "Out of memory while painting 2 images."),
        (ZeroDivisionError("oh\nno"), "Unforeseen error ZeroDivisionError: oh"),
        (OSError(28, "No space left on device"), "cannot be written (No space left on device)"),
    ],
)
def test_what_cannot_be_painted_fails_the_job_and_retry_makes_what_is_missing(
    trained, post, machine, monkeypatch, error, words
):
    monkeypatch.setattr(steps, "FIRST_WAIT", timedelta(microseconds=1))
    with monkeypatch.context() as patch:
        break_painting(patch, [2, 6], error)
        job = ask()
        post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.failed, job.set.status) == ("failed", 8, 12, 4, "failed")
    assert words in job.error
    assert f"first:{leases.os.getpid()}: " in job.error
    assert "\n" not in job.error
    assert not any("Painted chunk 1 " in said for said in post.deliver())
    with pytest_on_commit():
        again = asking.retry_job(job, on_workers=True, by="bob")
    assert again.pk != job.pk
    said = post.deliver()
    assert said[0] == f"Planned job {again.pk}: 4 images in 2 chunks."
    again.refresh_from_db()
    assert (again.state, again.done, again.by) == ("done", 12, "bob")
    alone()
    assert images("set-a") == images("alone")


def test_a_worker_without_the_checkpoints_files_says_so(trained, post, machine):
    (settings.RUNS_ROOT / "tiny-run" / "embedder.safetensors").rename(settings.DATA_DIR / "elsewhere")
    job = ask()
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.set.status, post.unread) == ("failed", "failed", [])
    assert job.error.startswith(f"first:{leases.os.getpid()}: ")
    assert "embedder.safetensors" in job.error
    (settings.DATA_DIR / "elsewhere").rename(settings.RUNS_ROOT / "tiny-run" / "embedder.safetensors")
    with pytest_on_commit():
        again = asking.retry_job(job, on_workers=True)
    post.deliver()
    again.refresh_from_db()
    assert (again.state, again.done) == ("done", 12)


def test_a_worker_that_cannot_work_leaves_the_chunks_to_those_who_can(trained, post, machine):
    job = ask()
    post.deliver(most=1)
    able = steps.claim_step(job.pk)
    machine("unable")
    weights = settings.RUNS_ROOT / "tiny-run" / "embedder.safetensors"
    weights.rename(settings.DATA_DIR / "elsewhere")
    for _ in range(2 * steps.MOST_ATTEMPTS):
        said = run_jobs.continue_job(job.pk)
        assert "failed: " in said
        job.chunks.update(wait_until=None)
    assert set(job.chunks.filter(state="queued").values_list("attempts", flat=True)) == {0}
    assert read_job_progress(job).problems[0].startswith("unable:")
    (settings.DATA_DIR / "elsewhere").rename(weights)
    machine("first")
    run_jobs._paint(able)
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.failed) == ("done", 0)


def test_a_worker_with_other_libraries_paints_nothing(trained, post, machine, monkeypatch):
    job = ask()
    post.deliver(most=1)
    machine("other")
    monkeypatch.setattr(steps, "FIRST_WAIT", timedelta(microseconds=1))
    with monkeypatch.context() as patch:
        patch.setattr("generation.run.provenance.library_versions", lambda: {"torch": "1.0"})
        post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 0)
    assert "begun with other settings: libraries." in job.error


def test_cancelling_keeps_what_is_painted_and_begins_nothing(trained, post, machine):
    job = ask()
    post.deliver(most=3)
    step = steps.claim_step(job.pk)
    asking.cancel_job(job, by="bob")
    # The batch that was being painted is kept all the same.
    assert run_jobs._paint(step) == f"Job {job.pk} is over; what was painted is kept."
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done, job.error, job.set.status) == ("cancelled", 6, "Cancelled by bob.", "stopped")
    with pytest.raises(StimulusSetError, match="is cancelled already"):
        asking.cancel_job(job)
    with pytest_on_commit():
        again = asking.retry_job(job, on_workers=True)
    post.deliver()
    again.refresh_from_db()
    assert (again.state, again.chunks.count()) == ("done", 3)


def test_cancelling_stops_one_process_after_its_batch(trained, monkeypatch):
    from generation.run import images as run

    def cancel(maker, batch):
        job = GenerationJob.objects.get()
        if job.done == 4:
            asking.cancel_job(job, by="bob")

    before_batches(monkeypatch, cancel, module=run)
    with pytest.raises(CommandError, match="was cancelled when 6 of 12 images were there; they are kept"):
        alone("set-a")
    job = GenerationJob.objects.get()
    assert (job.state, job.done, job.set.status) == ("cancelled", 6, "stopped")
    monkeypatch.undo()
    assert "(6 were there already)" in alone("set-a")


def test_a_set_begun_by_workers_can_be_finished_by_one_process_and_the_other_way(trained, post, machine):
    job = ask()
    post.deliver(most=3)
    silence(job)
    assert "Made 8 images of 6 clips for the set set-a (4 were there already)" in alone("set-a")
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.on_workers, job.done) == ("done", False, 12)
    Stimulus.objects.filter(set__name="set-a", index=1).delete()
    StimulusSet.objects.update(status="failed")
    second = ask()
    post.deliver()
    second.refresh_from_db()
    assert (second.state, second.chunks.count()) == ("done", 6)
    alone()
    assert images("set-a") == images("alone")


def test_workers_and_one_process_exclude_each_other(trained, post, machine):
    job = ask()
    post.deliver(most=2)
    steps.claim_step(job.pk)
    with pytest.raises(CommandError, match="set-a is being made by workers \\(first:"):
        alone("set-a")
    # One process on another machine, which was heard of just now
    asking.cancel_job(job)
    other = GenerationJob.objects.create(
        set=job.set, state="running", total=12, worker="elsewhere:1", heartbeat_at=timezone.now()
    )
    for begin in (lambda: alone("set-a"), ask):
        with pytest.raises(
            (CommandError, StimulusSetError), match="is being made by another process \\(elsewhere:1\\)"
        ):
            begin()
    silence(other)
    assert ask().pk == other.pk
    post.deliver()
    other.refresh_from_db()
    assert (other.state, other.on_workers) == ("done", True)


def test_a_set_that_a_process_of_this_machine_makes_is_left_to_it(trained, post, machine):
    from generation.jobs.filling import start_job
    from generation.stimuli.sets import making, open_set

    checkpoint = trained.checkpoints.get()
    made = open_set(name="set-a", source="musipainter", dataset=trained, checkpoint=checkpoint, settings={})
    job = start_job(made, 12)
    with making("set-a"), pytest.raises(StimulusSetError, match="is being made by another process"):
        ask()
    assert ask().pk == job.pk


def test_a_worker_goes_on_alone_while_the_broker_is_away(trained, post, machine, monkeypatch):
    job = ask()
    post.deliver(most=2)
    machine("second")
    held = steps.claim_step(job.pk).chunk  # somebody else is at one, and dies
    machine("first")

    def refuse(*arguments, **options):
        raise OperationalError("refused")

    waited = []

    def wait(seconds):
        waited.append(seconds)
        GenerationChunk.objects.filter(pk=held.pk).update(heartbeat_at=timezone.now() - 2 * leases.LEASE)

    monkeypatch.setattr(current_app._get_current_object(), "send_task", refuse)
    monkeypatch.setattr(run_jobs.time, "sleep", wait)
    assert run_jobs.continue_job(job.pk) == "The set set-a is complete: 12 images."
    job.refresh_from_db()
    assert (job.state, job.done, waited) == ("done", 12, [leases.HEARTBEAT.total_seconds()])
    assert job.chunks.get(pk=held.pk).attempts == 2


def test_a_finisher_that_always_dies_is_noticed(trained, post, machine):
    job = ask()
    GenerationJob.objects.update(state="finishing")
    for _ in range(2 * steps.MOST_ATTEMPTS):
        assert steps.claim_step(job.pk).kind == "finish"
        silence(job)
    assert steps.claim_step(job.pk) is None
    job.refresh_from_db()
    assert job.state == "failed"
    assert "fell silent while it drew the contact sheets" in job.error


def test_a_job_that_nobody_is_at_can_be_queued_again(trained, post, machine):
    job = ask()
    post.deliver(most=3)
    steps.claim_step(job.pk)
    post.unread.clear()  # a broker that was emptied
    assert not is_silent(job)
    silence(job)
    assert is_silent(job)
    assert read_job_progress(job).silent
    with pytest_on_commit():
        assert asking.retry_job(job, on_workers=True) == job
    assert len(post.unread) == 4
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 12)


def test_a_set_deleted_meanwhile_is_no_error(trained, post, machine, monkeypatch):
    job = ask()
    post.deliver(most=1)
    before_batches(monkeypatch, lambda maker, batch: StimulusSet.objects.all().delete())
    run_jobs.close_studio()  # open since the planning
    number = job.pk
    assert f"Job {number} was deleted meanwhile, with its set." in post.deliver()
    assert not GenerationJob.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"checkpoint": "none"}, "There is no checkpoint none"),
        ({"checkpoint": ""}, "There is no checkpoint"),
        ({"dataset": "none"}, "There is no dataset none"),
        ({"batch_size": 0}, "batch size must be at least 1"),
        ({"request": Request(categories=("Jazz",))}, 'no category "Jazz"'),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_written(trained, post, change, words):
    with pytest.raises(Exception, match=words):
        ask(asked=Asked(**vars(ASKED) | change))
    assert not StimulusSet.objects.exists()
    assert post.unread == []


def test_a_set_is_not_asked_for_with_other_settings(trained, post, machine):
    ask()
    post.deliver()
    with pytest.raises(StimulusSetError, match="begun with other settings: request.seed is 3 there and 4 here"):
        ask(asked=Asked("tiny-run", "tiny", Request(splits=("val", "test"), images_per_clip=2, seed=4)))


def test_a_painting_setting_that_the_preset_lacks_is_said_by_who_plans(trained, post, machine):
    job = ask(asked=Asked("tiny-run", "tiny", ASKED.request, painting={"steps": 5}))
    post.deliver()
    job.refresh_from_db()
    assert (job.state, job.set.settings) == ("failed", {})
    assert "paints without a setting 'steps'" in job.error
    # Nothing was settled, so the name is free for what can be painted.
    again = ask()
    post.deliver()
    again.refresh_from_db()
    assert again.state == "done"


def test_rates_and_the_time_that_is_left_come_from_rows(trained, post, machine):
    job = ask()
    progress = read_job_progress(job)
    assert (progress.percent, progress.workers, progress.left) == (0, [], None)
    assert progress.left_words == "unknown: nobody is painting"
    post.deliver(most=1)
    machine("second")
    steps.claim_step(job.pk)
    assert read_job_progress(job).left_words == "not known before the first batch is painted"
    machine("first")
    steps.claim_step(job.pk)
    first = f"first:{leases.os.getpid()}"
    job.workers.create(name=first, images=4, seconds=8.0, seen_at=timezone.now())
    job.workers.create(name="gone:1", images=2, seconds=1.0, seen_at=timezone.now())
    job.done = 6
    progress = read_job_progress(job)
    assert [(worker.name, worker.images, worker.rate, worker.at_work) for worker in progress.workers] == [
        (first, 4, 0.5, True),
        ("gone:1", 2, 2.0, False),
        (f"second:{leases.os.getpid()}", 0, None, True),
    ]
    # Six images are left; one worker paints, at half an image a second, as far as is known.
    assert (progress.per_minute, progress.left, progress.left_words) == (30, timedelta(seconds=12), "about 12 s")


@pytest.mark.parametrize(
    ("images", "batch_size", "sizes"),
    [
        (1, 8, [1]),
        (16, 1, [1] * 16),
        (40, 1, [2] * 20),
        (100, 4, [4] * 25),
        (500, 8, [24] * 20 + [20]),
        (1000, 64, [64] * 15 + [40]),
    ],
)
def test_chunks_are_whole_batches_and_cover_the_plan(images, batch_size, sizes):
    chunks = steps.cut_chunks([True] * images, batch_size)
    assert [stop - start for start, stop in chunks] == sizes
    assert [start for start, _ in chunks] == [sum(sizes[:n]) for n in range(len(sizes))]
    assert all(start % batch_size == 0 for start, _ in chunks)


def test_chunks_leave_out_what_is_there():
    missing = [False] * 40
    missing[5] = missing[39] = True
    assert steps.cut_chunks(missing, 2) == [(4, 6), (38, 40)]


def test_what_was_asked_survives_its_row(trained, post, machine):
    asked = Asked("r", "d", Request(categories=("a",), total=9), painting={"device": "cuda"})
    assert Asked.from_json(asked.to_json()) == asked
    ask()
    post.deliver()
    settled = asked_of_job(GenerationJob.objects.get(), StimulusSet.objects.get())
    assert (settled.request, settled.checkpoint, settled.dataset) == (ASKED.request, "tiny-run", "tiny")


# Broker and processes


def test_a_broker_that_does_not_answer_leaves_nothing(trained, settings):
    settings.JOBS_ON_WORKERS = True
    app = current_app._get_current_object()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.conf, "broker_url", "redis://:secret@127.0.0.1:1/0")
        patch.setitem(app.conf, "broker_write_url", "redis://:secret@127.0.0.1:1/0")
        settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
        with pytest.raises(BrokerError, match="does not answer at 127.0.0.1:1 .*nothing was queued") as caught:
            ask()
    assert "secret" not in str(caught.value)
    assert not StimulusSet.objects.exists()


def test_a_message_that_cannot_be_sent_fails_the_job(trained, post, monkeypatch):
    def refuse(*arguments, **options):
        raise ConnectionError("refused")

    monkeypatch.setattr(current_app._get_current_object(), "send_task", refuse)
    job = ask()
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "It could not be started (refused).")


def test_without_a_broker_a_process_of_its_own_makes_the_set(trained, monkeypatch):
    begun = []
    monkeypatch.setattr(background, "start_command", lambda *arguments, when_dead: begun.append((arguments, when_dead)))
    job = ask(on_workers=False)
    [(arguments, when_dead)] = begun
    assert arguments == ("run_generation_job", str(job.pk))
    assert call_command(*arguments, verbosity=0) == "The set set-a is complete: 12 images."
    job.refresh_from_db()
    assert (job.state, job.done, job.on_workers, job.by) == ("done", 12, False, "ada")
    assert [worker.images for worker in read_job_progress(job).workers] == [12]
    when_dead("first:1", 1)
    job.refresh_from_db()
    assert job.state == "done"
    assert "nothing is left to do" in call_command(*arguments, verbosity=0)
    alone()
    assert images("set-a") == images("alone")


def test_a_process_of_its_own_that_fails_or_dies_says_so(trained, monkeypatch):
    begun = []
    monkeypatch.setattr(background, "start_command", lambda *arguments, when_dead: begun.append(when_dead))
    job = ask(asked=Asked("tiny-run", "tiny", ASKED.request, painting={"steps": 5}), on_workers=False)
    with pytest.raises(CommandError, match="paints without a setting 'steps'"):
        call_command("run_generation_job", str(job.pk), verbosity=0)
    job.refresh_from_db()
    assert (job.state, "without a setting" in job.error) == ("failed", True)
    job = ask(on_workers=False)
    begun[-1]("first:1", -9)
    job.refresh_from_db()
    assert (job.state, job.error.split(".")[0]) == ("failed", "Its process ended with status -9")
    with pytest.raises(CommandError, match="There is no job 999"):
        call_command("run_generation_job", "999")


# The command


def distribute(name="set-a", **options):
    given = {"split": ["val", "test"], "images_per_clip": 2, "seed": 3, "batch_size": 2, "distribute": True}
    with pytest_on_commit():
        given |= {"checkpoint": "tiny-run", "dataset": "tiny", "verbosity": 0}
        return call_command("generate_stimuli", name, **given | options)


@pytest.fixture
def listening(post, machine, monkeypatch):
    """Workers that read their messages whenever somebody who waits looks away."""
    monkeypatch.setattr("generation.management.distribution.count_listeners", lambda: 1)
    monkeypatch.setattr("generation.management.distribution.time.sleep", lambda seconds: post.deliver(most=2))
    monkeypatch.setattr(
        "generation.management.commands.generate_stimuli.queue_for_workers", committed(asking.request_generation)
    )
    return post


def committed(function):
    def call(set_name, asked):
        with pytest_on_commit():
            return function(set_name=set_name, asked=asked, on_workers=True)

    return call


def test_the_command_waits_and_says_who_made_what(trained, listening):
    sentence = distribute()
    assert sentence.startswith(
        f"Workers made 12 images of 6 clips for the set set-a (first:{leases.os.getpid()}: 12); contact sheets in"
    )
    assert "cropped or flipped: the pool has 3" in sentence
    assert distribute() == "Nothing to do: the set set-a already holds its 12 images."


def test_the_command_need_not_wait(trained, post, machine):
    assert distribute(no_wait=True).startswith("Queued 12 images of the set set-a for the workers (job ")
    assert Stimulus.objects.count() == 0
    post.deliver()
    assert Stimulus.objects.count() == 12


def test_the_command_ends_with_the_jobs_error(trained, listening):
    with pytest.raises(CommandError, match="was failed at 0 of 12 images. first:.*without a setting 'steps'"):
        distribute(steps=3)


def test_the_keyboard_ends_the_waiting_and_not_the_work(trained, listening, monkeypatch):
    def interrupt(seconds):
        listening.deliver(most=3)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("generation.management.distribution.time.sleep", interrupt)
        with pytest.raises(CommandError, match="The workers go on with job .*: 4 of 12 images are there") as caught:
            distribute()
    assert caught.value.returncode == 130
    assert GenerationJob.objects.get().state == "running"
    assert distribute().startswith("Workers made 8 images of 6 clips for the set set-a (4 were there already)")


def test_the_command_calls_workers_again_when_none_is_heard_of(trained, listening, monkeypatch, capsys):
    called = []
    monkeypatch.setattr("generation.management.distribution.wake_workers", called.append)

    def pass_time(seconds):
        job = GenerationJob.objects.get()
        if called:
            listening.unread.append((job.pk, 0))
            listening.deliver()
        else:
            listening.unread.clear()
            silence(job)

    monkeypatch.setattr("generation.management.distribution.time.sleep", pass_time)
    assert distribute().startswith("Workers made 12 images")
    assert len(called) == 1
    assert "No worker has been heard of for a while; they are called again." in capsys.readouterr().err


def test_the_command_says_when_nobody_listens(trained, listening, monkeypatch, capsys):
    monkeypatch.setattr("generation.management.distribution.count_listeners", lambda: 0)
    distribute()
    assert "No worker listens to the queue gpu yet" in capsys.readouterr().err


# Stable Diffusion


def test_workers_cut_the_batches_of_stable_diffusion_as_one_process_does(tiny, post, machine, afresh):
    write_weights(settings.WEIGHTS_ROOT)
    call_command(
        "train_musipainter",
        preset="musipainter-1",
        dataset="tiny",
        run="paper-run",
        verbosity=0,
        epochs=1,
        batch_size=2,
        sample_clips=0,
    )
    asked = Asked("paper-run", "tiny", ASKED.request, 3, {"steps": 2})
    job = made_by_two_as_by_one(asked, post, machine)
    assert [chunk.stop - chunk.start for chunk in job.chunks.all()] == [3, 3, 3, 3]


def made_by_two_as_by_one(asked, post, machine):
    """Two workers take turns at 12 images, and one process makes the same; returns the workers' job."""
    job = ask(asked=asked)
    while post.unread:
        machine(f"worker-{len(post.unread)}-{job.chunks.filter(state='done').count() % 2}")
        post.deliver(most=1)
    alone(asked=asked)
    assert len(images("alone")) == 12
    assert images("set-a") == images("alone")
    made, plain = (StimulusSet.objects.get(name=name) for name in ("set-a", "alone"))
    assert (made.source, made.checkpoint, made.settings) == (plain.source, plain.checkpoint, plain.settings)
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 12)
    assert ask(asked=asked) is None
    return job


# Sources without a checkpoint


def test_workers_paint_labels_as_one_process_does(tiny, post, machine):
    write_weights(settings.WEIGHTS_ROOT)
    asked = Asked("", "tiny", ASKED.request, 5, {"steps": 1}, source="label-prompt")
    job = made_by_two_as_by_one(asked, post, machine)
    assert asked_of_job(job, job.set).source == "label-prompt"
    Stimulus.objects.filter(set=job.set).order_by("seed").first().delete()
    with pytest_on_commit():
        again = asking.retry_job(job, on_workers=True)
    post.deliver()
    again.refresh_from_db()
    assert (again.state, images("set-a")) == ("done", images("alone"))
    with pytest.raises(StimulusSetError, match="painting.steps is 1 there and 2 here"):
        ask(asked=Asked("", "tiny", ASKED.request, 5, {"steps": 2}, source="label-prompt"))
    with pytest.raises(StimulusSetError, match="holds images generated from the label's text alone"):
        ask(asked=Asked("", "tiny", ASKED.request, 5, source="retrieval", space="embedded"))


def test_workers_retrieve_what_one_process_retrieves(db, data_folder, tmp_path, settings, post, machine):
    settings.SPACES_ROOT = data_folder / "spaces"
    folder = write_folder(tmp_path / "three", dict.fromkeys(("Bright", "Dark", "Dull"), (6, 6)))
    call_command("import_dataset", str(folder), name="three", verbosity=0)
    request = Request(splits=("val", "test"), images_per_clip=2, seed=3)
    made_by_two_as_by_one(Asked("", "three", request, 2, source="retrieval", space="embedded"), post, machine)
    with pytest.raises(StimulusSetError, match='space.name is "embedded" there and "wav2clip" here'):
        ask(asked=Asked("", "three", request, 2, source="retrieval", space="wav2clip"))


def test_a_set_of_which_nothing_is_settled_may_come_from_another_source(tiny, post, machine):
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        ask()
    StimulusSet.objects.create(name="set-a", dataset=tiny)
    ask(asked=Asked("", "tiny", ASKED.request, source="label-prompt"))
    assert StimulusSet.objects.get().source == "label-prompt"


def test_the_command_has_labels_painted_by_workers(tiny, listening):
    write_weights(settings.WEIGHTS_ROOT)
    options = {"source": "label-prompt", "checkpoint": None, "steps": 1}
    assert distribute(**options).startswith("Workers made 12 images of 6 clips for the set set-a (first:")
    assert distribute(**options) == "Nothing to do: the set set-a already holds its 12 images."


def test_jobs_of_earlier_versions_are_those_of_checkpoints():
    values = ASKED.to_json()
    del values["source"], values["space"]
    assert Asked.from_json(values) == ASKED
