"""Where a participant stands: page and place in a sitting."""

from dataclasses import dataclass
from typing import Literal

Page = Literal["sound", "headphones", "practice", "trial", "debrief", "closed", "left"]


@dataclass(frozen=True)
class Place:
    """Where a session is: the page, and the trial's index where the page is a trial."""

    page: Page
    index: int | None = None

    def __str__(self) -> str:
        return self.page if self.index is None else f"{self.page} {self.index}"
