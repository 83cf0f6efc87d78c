"""Claims of steps when many workers reach for them at once, in a database on the disk."""

import json
import os
import subprocess
import sys

from django.conf import settings

# Workers as threads, each with a connection and a name of its own. They paint nothing: whoever holds a chunk says so.
RACE = """
import json, sys, threading
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from generation.jobs import leases, steps
from generation.stimuli import sets
from generation.models import Checkpoint, Dataset, GenerationJob, StimulusSet
call_command("migrate", verbosity=0)
for module in (leases, sets, steps):
    module.worker_name = lambda: threading.current_thread().name
dataset = Dataset.objects.create(name="d", root="d", manifest_sha256="0")
made = StimulusSet.objects.create(name="s", dataset=dataset)
job = GenerationJob.objects.create(set=made, on_workers=True, total=120)
begin, held, lock = threading.Barrier(6), [], threading.Lock()
painting, company = set(), threading.Event()  # nobody paints on before a second one has a chunk, too
def work():
    begin.wait()
    while step := steps.claim_step(job.pk):
        if step.kind == "later":
            continue
        with lock:
            held.append((step.kind, step.chunk and step.chunk.number))
        if step.kind == "plan":
            steps.begin_painting(step.job, [(3 * n, 3 * n + 3) for n in range(40)], total=120)
        elif step.kind == "paint":
            painting.add(threading.current_thread().name)
            if len(painting) > 1:
                company.set()
            company.wait(60)
            steps.finish_chunk(step.chunk)
        else:
            GenerationJob.objects.filter(pk=job.pk).update(state="done")
    connection.close()
threads = [threading.Thread(target=work, name=f"worker-{n}") for n in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([held, len({chunk.worker for chunk in job.chunks.all()})]))
"""


def test_every_step_is_claimed_once_however_many_reach_for_it(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"PARAGONE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
    done = subprocess.run(
        [sys.executable, "-c", RACE],
        cwd=settings.BASE_DIR,
        env=environment | {"SECRET_KEY": "only-for-tests"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    held, workers = json.loads(done.stdout)
    assert held[0] == ["plan", None]
    assert held[-1] == ["finish", None]
    assert sorted(number for kind, number in held[1:-1]) == list(range(40))
    assert {kind for kind, _ in held[1:-1]} == {"paint"}
    assert workers > 1
