"""Who seems to have listened without headphones."""

from collections.abc import Iterator

from analysis.exclusion.rule import SESSION, Doubt, Rows, Rule, Sessions, Setting


def concerns(sessions: Rows, threshold: float) -> Sessions:
    """Sessions with fewer than `threshold` sounds right.

    Who went on without headphones has none right; who was not screened is not judged.
    """
    few = (sessions["headphones"] != "") & (sessions["headphones_correct"].fillna(0) < threshold)
    return sessions[few].set_index(SESSION).index


def judge(right: float, setting: Setting) -> Iterator[Doubt]:
    """Without a screening, or more sounds than it has."""
    if not setting.screened:
        yield Doubt("needs the headphone screening.", "Switch it on, or leave the rule out.")
    if right > setting.sounds:
        yield Doubt("leaves out everybody.", f"Ask for {setting.sounds} or less; {setting.usual} is usual.")


RULE = Rule(
    words="fewer than {threshold} of 6 headphone sounds right",
    why="Needs the headphone screening (above). Who went on without headphones counts as none right.",
    concerns=concerns,
    default=5.0,
    least=1,
    whole=True,
    reads_sessions=True,
    judge=judge,
)
