"""Where a participant stands: page and place in a sitting."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

LIVE_FOR = timedelta(hours=1)
"""A working session that was not seen for longer gives its place in the quota back; its participant may still go on."""

Page = Literal["sound", "headphones", "practice", "trial", "debrief", "closed", "left"]


@dataclass(frozen=True)
class Place:
    """Where a session is: the page, and the trial's index where the page is a trial."""

    page: Page
    index: int | None = None

    def __str__(self) -> str:
        return self.page if self.index is None else f"{self.page} {self.index}"
