"""Who answered after hearing too little of a clip."""

from collections.abc import Iterator

from analysis.exclusion.rule import SESSION, Doubt, Rows, Rule, Sessions, Setting


def concerns(rows: Rows, threshold: float) -> Sessions:
    """Sessions that answered a clip after less than `threshold` seconds of it."""
    heard = rows[rows["answered"]]
    least = (heard["listened_ms"] / 1000).groupby([heard[key] for key in SESSION]).min()
    return least.index[least < threshold]


def judge(seconds: float, setting: Setting) -> Iterator[Doubt]:
    """More than a clip's length, or less than the page lets nobody go on before."""
    shortest, asked = setting.shortest_clip_s, setting.heard_at_least_s
    if shortest is not None and seconds > shortest:
        yield Doubt(
            f"leaves out everybody who gets the shortest clip ({shortest:.1f} s).",
            f"Ask for less than {shortest:.1f} s.",
        )
    sure = asked - setting.tolerance_s if asked else None
    if asked and sure is not None and seconds <= sure:
        yield Doubt(
            f"leaves out only people whose clip failed: the page lets nobody else go on before {sure:g} s.",
            "Use not_played for them, or loosen the listening rule.",
            fatal=False,
        )
    elif asked and sure is not None and seconds <= asked:
        yield Doubt(
            f"is stricter than the page, which lets people go on from {sure:g} s on (players round).",
            f"Ask for {sure:g} s or less.",
            fatal=False,
        )


RULE = Rule(
    words="a clip answered after less than {threshold} s of listening",
    why="For studies that let people answer without listening. Not judged without script.",
    concerns=concerns,
    offered=3.0,
    judge=judge,
)
