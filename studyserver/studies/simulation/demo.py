"""The demo: the whole road on the demo pack, from music to a report, each step resumable.

Every step is an ordinary command on an ordinary dataset; nothing here knows more than a user could type.
"""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from generation.demo import PACK
from studyserver.studies.models import Session, Study

DATASET = "demo"
RUN = "demo-mini"
IMAGES = "demo-mini"
CONTROL = "demo-shuffled"
METRICS = "demo-metrics"
CATEGORIES = ["Renaissance symbolism", "Asian traditional folklore", "Heavy metal", "Electronic music"]
PRACTICE = "Romanticism open view"
STUDY = "demo"
SIMULATED = "demo-simulated"
PARTICIPANTS = 12
ADMIN = "researcher"


@dataclass(frozen=True)
class DemoResult:
    """What a newcomer needs to know in the end; times in seconds."""

    participant_path: str
    admin_path: str
    admin_name: str
    admin_password: str
    report: Path
    times: list[tuple[str, float]]


class Stopwatch:
    """Says each step as it begins and keeps how long it took."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.times: list[tuple[str, float]] = []

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.say(f"\n== {what}")
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        self.times.append((what, seconds))
        self.say(f"   {seconds:.1f} s")


def build_demo(*, say: Callable[[str], None]) -> DemoResult:
    """Run every step that is not done yet and return what to print."""
    watch = Stopwatch(say)
    with watch.step("Prepare the database"):
        call_command("migrate", verbosity=0, interactive=False)
    with watch.step("Import the demo pack: music, art and photographs"):
        call_command("import_dataset", str(PACK), name=DATASET)
    with watch.step("Train the preset mini on the train split"):
        call_command("train_musipainter", preset="mini", dataset=DATASET, run=RUN)
    with watch.step("Generate images for the clips the model has not heard"):
        call_command("generate_stimuli", IMAGES, checkpoint=RUN, dataset=DATASET, split=["val", "test"])
    with watch.step("Make the shuffled control set"):
        call_command("generate_stimuli", CONTROL, source="shuffled", from_set=IMAGES, categories=CATEGORIES)
    with watch.step("Compute what the model metrics say of both sets"):
        call_command("compute_metrics", IMAGES, CONTROL, out=str(settings.REPORTS_ROOT / METRICS))
    with watch.step("Create and open a study"):
        _create_study(slug=STUDY, title="Which image belongs to which music?", sets=[IMAGES])
    with watch.step(f"Run {PARTICIPANTS} simulated participants through the pages of a second study"):
        report = _simulate()
    return DemoResult(
        participant_path=f"/s/{STUDY}/",
        admin_path="/admin/",
        admin_name=ADMIN,
        admin_password=_renew_password(),
        report=report,
        times=watch.times,
    )


def _create_study(*, slug: str, title: str, sets: list[str], simulated_only: bool = False) -> None:
    if Study.objects.filter(slug=slug).exclude(status=Study.Status.DRAFT).exists():
        return
    # A draft of this name is what an interrupted run left; nobody has answered it.
    Study.objects.filter(slug=slug).delete()
    asked = {"categories": CATEGORIES, "practice": [PRACTICE], "trials": 3, "open": True}
    # They have just been made, and nobody waits for a demo to look at them; some of the few photographs that they were
    # painted over come in more than one category. Its log says so.
    asked |= {"accept": ["unreviewed-images", "look-alikes"]}
    call_command("create_study", set=sets, title=title, slug=slug, simulated_only=simulated_only, **asked)


def _simulate() -> Path:
    """The marked study with both arms, answered by programs; returns its report."""
    title = "Simulated participants: matched images and shuffled control"
    _create_study(slug=SIMULATED, title=title, sets=[IMAGES, CONTROL], simulated_only=True)
    study = Study.objects.get(slug=SIMULATED)
    if study.status == Study.Status.OPEN:
        missing = PARTICIPANTS - study.sessions.filter(state=Session.State.COMPLETED).count()
        if missing > 0:
            call_command("simulate_participants", SIMULATED, n=missing, accuracy=0.6, seed=1)
        call_command("close_study", SIMULATED)
    folder = settings.REPORTS_ROOT / SIMULATED
    call_command("build_report", SIMULATED, out=str(folder))
    return folder / "report.html"


def _renew_password() -> str:
    """Make the demo's researcher account if need be, and give it a fresh password."""
    password = secrets.token_urlsafe(12)
    user, _ = get_user_model().objects.get_or_create(username=ADMIN, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    return password


def serve_command(port: int) -> list[str]:
    """The command line that serves the demo; a process of its own, so that it carries nothing of the training."""
    options = f"--bind 127.0.0.1:{port} --workers 2 --threads 4 --log-level warning"
    return [sys.executable, "-m", "gunicorn", "studyserver.wsgi", *options.split()]
