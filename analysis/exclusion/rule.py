"""What an exclusion rule is: its words, its number, what makes no sense, and whom it concerns.

Modules of rules load no pandas: forms and launch checks read them in the web process. What computes imports it inside.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Rows: TypeAlias = "pd.DataFrame"
Sessions: TypeAlias = "pd.Index"
SESSION = ["arm", "participant", "session"]


@dataclass(frozen=True)
class Setting:
    """What of a study decides whether a rule makes sense; seconds where its clips are known."""

    trials: int
    attention_boards: int = 0
    screened: bool = False  # for headphones, by `sounds` sounds of which `usual` right ones pass
    sounds: int = 6
    usual: int = 5
    shortest_clip_s: float | None = None
    heard_at_least_s: float | None = None  # by the study's listening rule
    tolerance_s: float = 0.0  # what the page forgives: players round
    script_required: bool = False


@dataclass(frozen=True)
class Doubt:
    """What a rule does in a setting that cannot be meant, going on from “The exclusion rule …”; and what to do."""

    what: str
    mend: str
    fatal: bool = True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule in words, with {threshold} where its number goes.

    `default` counts where a declaration has no number (None: it must have one); `offered` is what a form offers then
    (None: the study's number of boards). `least` is the smallest number that makes sense, exclusive unless `whole`.
    `why` says what a form's reader should know.

    `concerns(rows, threshold)` gives the sessions to leave out as an index of (arm, participant, session): from the
    tidy responses, or from the rows of sessions.csv where `reads_sessions`, which must have these `columns`. `judge`
    says what makes no sense. A `flagged` rule is shown for every arm with its default, though nobody declared it.
    """

    words: str
    why: str
    concerns: Callable[[Rows, float], Sessions]
    default: float | None = None
    offered: float | None = None
    least: float = 0
    whole: bool = False
    reads_sessions: bool = False
    columns: tuple[str, ...] = ()
    flagged: bool = False
    judge: Callable[[float, Setting], Iterable[Doubt]] = lambda threshold, setting: ()

    @property
    def halves(self) -> tuple[str, str]:
        """The words before and after the number."""
        before, _, after = self.words.partition("{threshold}")
        return before.strip(), after.strip()

    def describe(self, threshold: float) -> str:
        """The rule as the report words it."""
        return self.words.format(threshold=f"{threshold:g}")

    def suggest(self, *, trials: int) -> float:
        """The number that a form or a command offers."""
        if self.default is not None:
            return self.default
        return float(trials) if self.offered is None else self.offered

    def find_fault(self, threshold: Any) -> str | None:
        """Why this is no number for the rule, in one sentence; None: it is one."""
        told = f"“{' … '.join(half for half in self.halves if half)}”"
        if not isinstance(threshold, int | float) or isinstance(threshold, bool) or not math.isfinite(threshold):
            return f"{told} needs a number."
        if self.whole and (threshold != int(threshold) or threshold < self.least):
            return f"{told} needs a whole number of {self.least:g} or more, not {threshold:g}."
        if not self.whole and threshold <= self.least:
            return f"{told} needs a number above {self.least:g}, not {threshold:g}."
        return None
