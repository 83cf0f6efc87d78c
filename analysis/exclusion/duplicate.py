"""Who took part again."""

from analysis.exclusion.rule import SESSION, Rows, Rule, Sessions


def concerns(rows: Rows, threshold: float) -> Sessions:
    """Sessions of a participant after the first `threshold` ones, in the order of the rows."""
    sessions = rows.drop_duplicates(SESSION)
    again = sessions.groupby(["arm", "participant"]).cumcount() >= threshold
    return sessions[again].set_index(SESSION).index


RULE = Rule(
    words="more than {threshold} session of the same participant; the first counts",
    why="A recruitment id begins a second session where it may not come back to its first; see “Coming back”.",
    concerns=concerns,
    default=1.0,
    least=1,
    whole=True,
)
