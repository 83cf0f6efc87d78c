"""`manage.py demo`: a running study on images that a trained model made from real music."""

import os
import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies.simulation import build_demo, serve_command


class Command(BaseCommand):
    help = "Everything on the demo pack: import, train, generate, embed, a study, a report; then serve."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="Stop before serving.")
        parser.add_argument("--port", type=int, default=8000, help="Port on 127.0.0.1 (default 8000).")

    def handle(self, *, no_serve: bool, port: int, **options: Any) -> None:
        if not no_serve:
            refuse_taken_port(port)
        result = build_demo(say=self.say)
        host = f"http://127.0.0.1:{port}"
        self.say("\nTime of each step:")
        for what, seconds in result.times:
            self.say(f"  {seconds:6.1f} s  {what}")
        self.say(f"  {sum(seconds for _, seconds in result.times):6.1f} s  in all\n")
        self.say(f"Participant link  {host}{result.participant_path}")
        self.say(f"Admin             {host}{result.admin_path}")
        self.say(f"  name            {result.admin_name}")
        self.say(f"  password        {result.admin_password}   (made just now; the next `demo` makes another)")
        self.say(f"Report            {result.report}   (simulated participants)")
        if no_serve:
            self.say("\nNot serving. Start the server with: make run")
            return
        self.say(f"\nServing on {host} (stop with Ctrl-C)")
        command = serve_command(port)
        os.execv(command[0], command)

    def say(self, line: str) -> None:
        """Print at once, so that the order of our lines and of the commands' lines is kept."""
        self.stdout.write(line)
        self.stdout.flush()


def refuse_taken_port(port: int) -> None:
    """Say before the work, not after it, that the port cannot be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}). Choose another: --port 8001, or make demo PORT=8001."
            ) from error
