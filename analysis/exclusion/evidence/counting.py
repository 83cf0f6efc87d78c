"""What rules on evidence have in common: counts of sessions.csv."""

from collections.abc import Callable

from analysis.exclusion.rule import SESSION, Rows, Sessions


def more_than(*columns: str) -> Callable[[Rows, float], Sessions]:
    """Sessions in which these counts add up to more than the threshold."""

    def concerns(sessions: Rows, threshold: float) -> Sessions:
        return sessions[sessions[list(columns)].sum(axis=1) > threshold].set_index(SESSION).index

    return concerns
