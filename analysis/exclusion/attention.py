"""Who failed attention checks."""

from collections.abc import Iterator

from analysis.exclusion.rule import SESSION, Doubt, Rows, Rule, Sessions, Setting


def concerns(sessions: Rows, threshold: float) -> Sessions:
    """Sessions that failed more than `threshold` checks; those never reached do not count."""
    failed = sessions["attention_answered"] - sessions["attention_passed"]
    return sessions[failed > threshold].set_index(SESSION).index


def judge(failed: float, setting: Setting) -> Iterator[Doubt]:
    """As many failures as there are checks."""
    if failed >= setting.attention_boards:
        yield Doubt(
            f"leaves out nobody: the study has {setting.attention_boards} attention checks.",
            "Use more attention checks, or leave the rule out.",
        )


RULE = Rule(
    words="more than {threshold} attention checks failed",
    why="Needs attention checks (above). Not those that were never reached.",
    concerns=concerns,
    default=0.0,
    whole=True,
    reads_sessions=True,
    judge=judge,
)
