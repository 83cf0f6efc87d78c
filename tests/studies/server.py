"""A real server on a data folder of its own, for tests that need processes: browsers, races, SIGKILL."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_S = 60


class Server:
    """gunicorn with several threads on 127.0.0.1, SQLite and media in `data`. `start`, `kill` and `start` again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{
                key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
            },
            "PARAGONE_DATA": str(data),
            "SECRET_KEY": "only-for-tests",
            "DJANGO_SETTINGS_MODULE": "studyserver.settings",
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, code: str) -> str:
        """Run Python against this server's data folder, in a process of its own; returns what it printed."""
        setup = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make_studies(self, **studies: dict[str, Any]) -> None:
        """Migrate and build studies by `factories.make_study`: slug -> fields, with "dataset" for make_dataset.

        Practice has one clip, which is quickly done, unless "practice_clips" says otherwise.
        """
        self.run(
            "import json\n"
            "from django.core.management import call_command\n"
            "from tests.studies import factories\n"
            "call_command('migrate', verbosity=0)\n"
            # As a server is set up: scripts import one another by hashed names then.
            "call_command('collectstatic', interactive=False, verbosity=0)\n"
            f"for slug, fields in json.loads({json.dumps(studies)!r}).items():\n"
            "    dataset = factories.make_dataset(slug, **fields.pop('dataset', {}))\n"
            "    made = factories.make_set(dataset, slug)\n"
            "    factories.leave_practice_clips(made, fields.pop('practice_clips', 1))\n"
            "    factories.make_study(sets=[made], slug=slug, **fields)\n"
        )

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "studyserver.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--workers", "1", "--worker-class", "gthread", "--threads", "8", "--log-level", "warning"]
        command += ["--no-control-socket"] if has_control_socket() else []
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        deadline = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, "The server ended while starting."
                assert time.monotonic() < deadline, "The server did not start in time."
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the server and its workers: no handler runs, nothing is flushed."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of the database as they are on disk."""
        with contextlib.closing(sqlite3.connect(self.data / "db.sqlite3", timeout=20)) as connection:
            return connection.execute(sql, parameters).fetchall()


def has_control_socket() -> bool:
    """Whether this gunicorn opens a control socket, which tests do not need."""
    done = subprocess.run([sys.executable, "-m", "gunicorn", "--help"], capture_output=True, text=True, check=True)
    return "--no-control-socket" in done.stdout


@contextlib.contextmanager
def running(data: Path, **studies: dict[str, Any]) -> Iterator[Server]:
    """A started server with studies; killed at the end."""
    server = Server(data)
    server.make_studies(**studies)
    server.start()
    try:
        yield server
    finally:
        server.kill()
