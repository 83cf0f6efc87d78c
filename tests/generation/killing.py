"""Runs management commands in processes that kill themselves at a chosen instant, as SIGKILL from outside would.

`Killer` starts this file as a script once. It imports what is slow and then forks one process per job, each with its
own data folder. A job counts the events below as they happen; at the n-th event of a kind it ends itself by SIGKILL.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGE = sys.argv[1:] == ["large"]  # of the script; see `Killer`


class Killer:
    """A context: `run` does one job and says how it ended. large: jobs use the paper's networks, which load slowly."""

    def __init__(self, *, large: bool = False) -> None:
        self.large = large

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__, *(["large"] if self.large else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"SECRET_KEY": "only-for-tests", "PYTHONPATH": str(ROOT)},
        )
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def run(self, data: Path, commands, *, kill: tuple[str, int] | None = None) -> tuple[int, dict[str, int]]:
        """Run commands [(name, arguments, options), ...] on a data folder; returns (exit status, events counted).

        kill: (kind of event, which one, counted from 1); the exit status is then -9.
        """
        job = {"data": str(data), "commands": commands, "kill": kill}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["status"], answer["events"]


class Events:
    """Counts what happens and ends the process at the chosen instant."""

    def __init__(self, kill) -> None:
        self.kill = tuple(kill) if kill else None
        self.counts: Counter[str] = Counter()

    def happen(self, kind: str) -> None:
        self.counts[kind] += 1
        if self.kill == (kind, self.counts[kind]):
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner, name: str, kind: str) -> None:
        """Let calls of a function count before and after it does its work."""
        original = getattr(owner, name)

        def wrapper(*args, **kwargs):
            self.happen(f"before {kind}")
            result = original(*args, **kwargs)
            self.happen(f"after {kind}")
            return result

        setattr(owner, name, wrapper)

    def install(self) -> None:
        import torch
        from django.db import models

        from generation.musipainter.backbones.style_transfer.transfer import StyleTransferBackbone

        self.around(os, "fsync", "fsync")
        self.around(os, "replace", "rename")
        self.around(os, "unlink", "unlink")
        self.around(models.Model, "save", "row")
        self.around(torch.optim.AdamW, "step", "update")
        self.around(StyleTransferBackbone, "transform", "painting")
        if LARGE:
            from generation.musipainter.backbones.stable_diffusion.diffusion import StableDiffusionBackbone
            from generation.musipainter.training.large_learner import LargeLearner

            self.around(StableDiffusionBackbone, "_paint_batch", "painting")
            self.around(LargeLearner, "learn", "gradient")
        self._halve_writes()

    def _halve_writes(self) -> None:
        """An event in the middle of every durable write: half of the bytes are in the temporary file."""
        original = os.fdopen
        events = self

        def fdopen(handle, mode="r", *args, **kwargs):
            file = original(handle, mode, *args, **kwargs)
            return HalfWriter(file, events) if mode == "wb" else file

        os.fdopen = fdopen


class HalfWriter:
    """A binary file that writes in two halves."""

    def __init__(self, file, events: Events) -> None:
        self.file, self.events = file, events

    def write(self, data: bytes) -> int:
        self.file.write(data[: len(data) // 2])
        self.file.flush()
        self.events.happen("half of a write")
        self.file.write(data[len(data) // 2 :])
        return len(data)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


def serve() -> None:
    """Fork a process for every job that comes in; see the module's text."""
    import efficientnet_lite_pytorch  # noqa: F401
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401
    import onnxruntime  # noqa: F401
    import scipy.signal  # noqa: F401
    import torch._dynamo  # noqa: F401 -- by the first step of an optimizer

    import generation.musipainter.pipeline
    import generation.musipainter.training.loop  # noqa: F401

    if LARGE:
        import generation.musipainter.training.large_learner  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what commands print goes to stderr
    for line in sys.stdin:
        job = json.loads(line)
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            work(job, write_end)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            events = pipe.read()
        _, status = os.waitpid(child, 0)
        answer = {"status": os.waitstatus_to_exitcode(status), "events": json.loads(events or b"{}")}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def work(job: dict, write_end: int) -> None:
    """In the forked process: do the job and end without a trace in the parent."""
    status = 1
    try:
        os.environ |= {"PARAGONE_DATA": job["data"], "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        events = Events(job["kill"])
        events.install()
        for name, arguments, options in job["commands"]:
            call_command(name, *arguments, verbosity=0, **options)
        os.write(write_end, json.dumps(events.counts).encode())
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve()
