"""The floors hold: by import-linter, and by looking at what a serving web process has loaded."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

HEAVY = [
    *("torch", "torchaudio", "diffusers", "transformers", "onnxruntime"),
    *("pandas", "scipy", "statsmodels", "matplotlib", "pyarrow"),
]

# One process that does everything a web process does: loads settings, addresses, admin and task registration, then
# serves a whole participation and every kind of admin page.
SERVE = """
import sys
import django
django.setup()
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
call_command("migrate", verbosity=0)
get_resolver().url_patterns
admin.autodiscover()
from studyserver.celery import app
app.finalize()
app.loader.import_default_modules()
assert {"studyserver.studies.tasks.run_study_job", "generation.tasks.continue_generation"} <= set(app.tasks)
from studyserver.studies.design import lifecycle
from studyserver.studies.models import Study
from studyserver.studies.simulation.participants import simulate_ability
from tests.studies import factories
images = factories.make_set(factories.make_dataset(clips=1))
draft = factories.make_study(sets=[images], status="draft", slug="draft", trials_per_session=1)
from studyserver.studies.models import Plan
plan = Plan.objects.create(inputs={"sequential": True, "alpha": 0.05, "arms": 1}, inputs_hash="0", document={})
study = factories.make_study(sets=[images], trials_per_session=1, simulated_only=True, plan=plan)
simulate_ability(study=study, n=1, ability=0.5)
get_user_model().objects.create_superuser("ada", password="x")
staff = Client(SERVER_NAME="localhost")
staff.login(username="ada", password="x")
from generation.jobs import background
from generation.models import Checkpoint
background.start_command = lambda *arguments, when_dead: None
checkpoint = Checkpoint.objects.create(name="run", preset="mini", dataset=images.dataset, weights_sha256="0", epoch=1)
def look(address):
    response = staff.get(address, follow=True)
    assert response.status_code == 200, (address, response.status_code)
def look_at_all():
    look("/admin/")
    for model, _ in admin.site._registry.items():
        name = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        look(name)
        for row in model.objects.all()[:2]:
            if model._meta.model_name != "response":
                look(f"{name}{row.pk}/change/")
look("/admin/studies/study/add/")
form = f"/admin/generation/checkpoint/{checkpoint.pk}/generate/"
look(form)
asked = {"name": "new", "dataset": images.dataset_id, "splits": ["test"], "images_per_clip": 1, "seed": 0}
assert staff.post(form, asked | {"batch_size": 2}).status_code == 302
look("/admin/generation/generationjob/1/progress/")
assert staff.post("/admin/generation/generationjob/1/cancel/").status_code == 302
assert staff.post("/admin/generation/generationjob/1/retry/").status_code == 302
look(f"/admin/studies/study/planner/?study={draft.pk}")
asked = {"k": 4, "design": "free", "participants": 9, "trials": 1, "arms": 1, "alpha": 0.05, "target": 0.8}
asked |= {"correction": "holm"}
assert staff.post("/admin/studies/study/planner/", asked, follow=True).status_code == 200
assert b"go on" in staff.get(f"/admin/studies/study/{study.pk}/change/").content
look_at_all()
opening = f"/admin/studies/study/{draft.pk}/open/"
look(opening)
from studyserver.studies.design import design_hash
assert staff.post(opening, {"seen": design_hash(Study.objects.get(pk=draft.pk))}).status_code == 302
assert staff.post(f"/admin/studies/study/{study.pk}/close/").status_code == 302
assert staff.post(f"/admin/studies/study/{study.pk}/jobs/", {"kind": "report"}).status_code == 302
look_at_all()
assert [s.status for s in Study.objects.order_by("id")] == ["open", "closed"]
print("loaded:", *sorted(name for name in sys.modules if "." not in name))
"""


def run(code: str, folder: Path) -> str:
    """Run Python in a fresh process with the product's own settings and an empty data folder."""
    environment = {**os.environ, "PARAGONE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
    environment |= {"SECRET_KEY": "only-for-tests", "PYTHONWARNINGS": "ignore"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_web_process_loads_no_data_or_model_library(tmp_path: Path) -> None:
    printed = run(SERVE, tmp_path)
    loaded = printed[printed.index("loaded:") :].split()
    assert "django" in loaded
    assert sorted(set(loaded) & set(HEAVY)) == []


def test_the_import_rules_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
