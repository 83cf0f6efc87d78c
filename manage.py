#!/usr/bin/env python
"""Django's command line, set to Paragone's settings."""

import os
import signal
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        print("\nStopped. What is finished is kept.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
