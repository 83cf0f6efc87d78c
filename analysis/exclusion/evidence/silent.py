"""Who played no sound: a sign of a program."""

from analysis.exclusion.rule import SESSION, Rows, Rule, Sessions

COLUMNS = ("clips_heard", "clips_declared", "clips_failed", "clips_missed")


def concerns(sessions: Rows, threshold: float) -> Sessions:
    """Sessions with answers that heard fewer than `threshold` clips; where listening was declared nobody knows."""
    answered = sessions[list(COLUMNS)].sum(axis=1) > 0
    few = (sessions["clips_heard"] < threshold) & (sessions["clips_declared"] == 0)
    return sessions[answered & few].set_index(SESSION).index


RULE = Rule(
    words="fewer than {threshold} clips heard in all",
    why="A sign of a program where people may answer without listening. Not judged without script.",
    concerns=concerns,
    default=1.0,
    least=1,
    whole=True,
    reads_sessions=True,
    columns=COLUMNS,
)
