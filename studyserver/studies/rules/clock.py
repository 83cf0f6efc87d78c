"""The server's clock of durations: it runs on while the machine sleeps, and setting the time of day does not move it.

All processes of one machine share it until the next start; a reading is text, so that a row can keep it.
"""

import functools
import time
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def read_clock() -> str:
    """This moment, as "<boot>:<milliseconds>"; empty where the system has no such clock."""
    boot = _read_boot()
    return f"{boot}:{time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000}" if boot else ""


def measure_ms(start: str, end: str) -> int | None:
    """Milliseconds between two readings; None where they are of different machines or starts, or one is missing."""
    (boot, _, began), (same, _, ended) = start.partition(":"), end.partition(":")
    return max(0, int(ended) - int(began)) if boot and boot == same else None


@functools.cache
def _read_boot() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip() if hasattr(time, "CLOCK_BOOTTIME") else ""
    except OSError:
        return ""
