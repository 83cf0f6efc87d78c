"""Who answered too few boards."""

from collections.abc import Iterator

from analysis.exclusion.rule import SESSION, Doubt, Rows, Rule, Sessions, Setting


def concerns(rows: Rows, threshold: float) -> Sessions:
    """Sessions with fewer than `threshold` answered boards, those with none included."""
    blocks = rows[rows["answered"]].groupby(SESSION)["block"].nunique()
    sessions = rows.drop_duplicates(SESSION).set_index(SESSION).index
    return sessions[blocks.reindex(sessions, fill_value=0) < threshold]


def judge(boards: float, setting: Setting) -> Iterator[Doubt]:
    """More boards than there are."""
    if boards > setting.trials:
        yield Doubt(f"leaves out everybody: there are {setting.trials}.", f"Ask for {setting.trials} or less.")


RULE = Rule(
    words="fewer than {threshold} boards answered",
    why="Also leaves out people who are still at it.",
    concerns=concerns,
    least=1,
    whole=True,
    judge=judge,
)
