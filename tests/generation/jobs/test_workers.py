"""What workers are told, how often, and what is said when nobody can be told."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from generation.errors import BrokerError
from generation.jobs import workers
from generation.models import Dataset, GenerationChunk, GenerationJob, StimulusSet

pytestmark = pytest.mark.django_db


class Channel:
    """A broker in which so many messages lie unread; None: the queue does not exist."""

    def __init__(self, unread):
        self.default_channel, self.message_count = self, unread

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def ensure_connection(self, **options):
        pass

    def queue_declare(self, *, queue, passive):
        if self.message_count is None:
            raise workers.ChannelError("NOT_FOUND")
        return self


@pytest.fixture
def sent(monkeypatch):
    """(job, countdown) of every message."""
    found = []

    def send(name, arguments, *, countdown, retry):
        assert (name, retry) == (workers.TASK, False)
        found.append((arguments[0], countdown))

    monkeypatch.setattr(current_app._get_current_object(), "send_task", send)
    return found


@pytest.fixture
def job():
    dataset = Dataset.objects.create(name="d", root="d", manifest_sha256="0")
    stimulus_set = StimulusSet.objects.create(name="s", dataset=dataset)
    return GenerationJob.objects.create(set=stimulus_set, on_workers=True, total=200)


def test_as_many_messages_go_round_as_there_is_to_be_painted(job):
    assert workers.useful_messages(job) == 1
    chunks = [GenerationChunk(job=job, number=n, start=n, stop=n + 1) for n in range(workers.MOST_MESSAGES + 9)]
    GenerationChunk.objects.bulk_create(chunks)
    assert workers.useful_messages(job) == workers.MOST_MESSAGES
    job.chunks.filter(number__gte=5).update(state="done")
    assert workers.useful_messages(job) == 5


def test_one_message_to_look_again_is_enough(job, sent):
    for _ in range(3):
        workers.look_again(job)
    assert sent == [(job.pk, 15.0)]
    workers.look_again(job, anew=True)
    GenerationJob.objects.update(looked_at=timezone.now() - timedelta(seconds=8))
    workers.look_again(job)
    assert sent == [(job.pk, 15.0)] * 3


@pytest.mark.parametrize(("unread", "told"), [(None, 1), (0, 1), (3, 0)])
def test_messages_that_lie_unread_are_not_multiplied(job, sent, monkeypatch, unread, told):
    monkeypatch.setattr(current_app._get_current_object(), "connection_for_write", lambda: Channel(unread))
    workers.wake_workers(job)
    assert len(sent) == told
    job.refresh_from_db()
    assert job.looked_at is not None


def test_without_an_address_or_an_answer_it_is_said_what_to_do(settings):
    settings.JOBS_ON_WORKERS = False
    with pytest.raises(BrokerError, match="REDIS_URL is not set: set it as docs/operator.md says"):
        workers.check_broker()
    settings.JOBS_ON_WORKERS, settings.REDIS_URL = True, "redis://127.0.0.1:1/0"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("broker_url", "broker_write_url"):
            patch.setitem(current_app.conf, name, settings.REDIS_URL)
        with pytest.raises(BrokerError, match=r"answer at 127.0.0.1:1 \(.*\); nothing was queued. Start it, or"):
            workers.check_broker()
