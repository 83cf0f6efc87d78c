"""Section: who took part, what was checked and who was left out."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis import wording
from analysis.prose import Texts
from analysis.render.cells import interval
from analysis.render.drawings import GREY, INK, WIDTH, drawable, picture, shorten
from analysis.render.parts import Paragraph, Parts, Table
from analysis.render.sections.section import Scope, Section
from analysis.render.tables import Column, TidyTable, columns
from analysis.results import Flow

say = Texts("sections/taking_part")

FLOW = {
    "started": "Started", "completed": "Completed", "surplus": "Surplus", "withdrawn": "Withdrawn",
    "working": "Still working", "excluded": "Excluded", "excluded_by_rules": "Left out by rule", "analysed": "Analysed",
}  # fmt: skip


def _parts(scope: Scope) -> Parts:
    """Who took part, who was left out and why, and what that changes."""
    result = scope.result
    flow = list(result["flow"].items())
    if len(flow) <= 3 and all(counts["started"] is not None for _, counts in flow):
        arms = "; ".join(say("flow arm", arm=name, beyond=_beyond(counts), **counts) for name, counts in flow)
        caption = "Sessions from start to analysis."
        yield picture(_flow, flow, name="flow", alt=f"Flow of participants. {arms}.", caption=caption)
    yield _flow_table(scope)
    if result["checks"]:
        yield _checks_table(scope)
    if result["evidence"]:
        yield from _evidence(scope)
    if result["excluded"]["rules"]:
        yield from _exclusions(scope)
    else:
        yield Paragraph("No session with answers was excluded, and no rule for it was declared.")
    if result["study"]["notes"]:
        yield Paragraph(f"Notes of the researchers: {result['study']['notes']}")


def _beyond(counts: Flow) -> str:
    """Sessions beyond the quota, where there are any."""
    return f"{counts['surplus']} surplus, " if counts["surplus"] else ""


def _counted(scope: Scope, name: str) -> str:
    return name if scope.several else "Sessions"


def _flow_table(scope: Scope) -> Table:
    flows = scope.result["flow"]
    shown = [key for key in FLOW if key != "surplus" or any(flow["surplus"] for flow in flows.values())]
    rows = []
    for name, flow in flows.items():
        counts = (flow[key] for key in shown)  # type: ignore[literal-required]
        rows.append([_counted(scope, name), *(wording.NONE if n is None else str(n) for n in counts)])
    head = ["Arm" if scope.several else "Count", *(FLOW[key] for key in shown)]
    return Table(say("flow", none=wording.NONE), head, rows, label="Flow of participants")


def _checks_table(scope: Scope) -> Table:
    rows = [
        [
            _counted(scope, name), f"{found['attention_passed']}/{found['attention_answered']}",
            str(found["attention_failed_sessions"]), *map(str, found["headphones"].values()),
        ]
        for name, found in (scope.result["checks"] or {}).items()
    ]  # fmt: skip
    head = ["Arm" if scope.several else "Count", "Attention checks passed", "Sessions that failed one"]
    head += ["Headphones: passed", "failed", "went on without"]
    return Table(say("checks"), head, rows, label="Attention and headphone checks")


def _evidence(scope: Scope) -> Parts:
    """What became of what people were given: a table, and what it means for sessions."""
    found = (scope.result["evidence"] or {}).items()
    rows = [
        [*([name] if scope.several else []), *map(str, _outcomes(counts, medium))]
        for name, counts in found
        for medium in REACHED
    ]
    head = [
        *(["Arm"] if scope.several else []),
        "What",
        "Reached",
        "Declared",
        "Failed",
        "Missed",
        "Sessions concerned",
    ]
    yield Table(say("evidence"), head, rows, words=(int(scope.several),), label="Clips and images that reached people")
    for name, counts in found:
        browsers = ", ".join(f"{browser} {n}" for browser, n in counts["browsers"].items()) or wording.NONE
        yield Paragraph(say("evidence sentence", **{**counts, "name": _counted(scope, name), "browsers": browsers}))


REACHED = {"clips": ("heard", "not_heard"), "images": ("shown", "not_shown")}
"""The outcome that is hoped for, and what a session that lacks it counts for."""


def _outcomes(counts: Mapping[str, Any], medium: str) -> list[Any]:
    reached, lacking = REACHED[medium]
    each = [counts[f"{medium}_{outcome}"] for outcome in (reached, "declared", "failed", "missed")]
    return [medium, *each, counts[f"sessions_{lacking}"]]


def _exclusions(scope: Scope) -> Parts:
    excluded = scope.result["excluded"]
    rows = [
        [rule["rule"], str(rule["n"]), "declared before the study opened" if rule["declared"] else "stated in the data"]
        for rule in excluded["rules"]
    ]
    caption = "Why sessions were left out; no rule looks at what is right."
    yield Table(caption, ["Rule", "Sessions", "Origin"], rows, words=(2,), label="Exclusions")
    if excluded["with"] is None:
        return
    yield from map(Paragraph, excluded["sentences"])
    rows = []
    for name, kept in scope.result["arms"].items():
        for words, arm in (("without", kept), ("with", excluded["with"][name])):
            whole = arm["overall"]
            rows.append(
                [
                    f"{name + ', ' if scope.several else ''}{words} excluded", str(arm["n_participants"]),
                    f"{whole['correct']}/{whole['total']}", wording.percent(whole["rate"]), interval(whole),
                    wording.p_exact(whole["p_value"]),
                ]
            )  # fmt: skip
    head = ["Arm" if scope.several else "Answers", "Participants", "Correct", "Share", "95% interval", "p, one-sided"]
    yield Table("Results without and with the excluded sessions.", head, rows, label="Results with excluded sessions")


def _flow(arms: list[tuple[str, Flow]]) -> Figure:
    """Participants from start to analysis, one column per arm."""
    height = 3.4
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    axes.axis("off")
    width = WIDTH / len(arms)
    for column, (arm, counts) in enumerate(arms):
        left = column * width
        main, side = left + 0.12, left + width * 0.52
        box = min(width * 0.44, 2.2)
        if len(arms) > 1:
            axes.text(main, 0.22, shorten(drawable(arm), 22), va="center", color=GREY)
        _box(axes, main, 0.45, box, 0.7, f"started\n{counts['started']}")
        _box(axes, main, 2.4, box, 0.7, f"analysed\n{counts['analysed']}")
        middle = main + box / 2
        axes.annotate("", (middle, 2.4), (middle, 1.15), arrowprops={"arrowstyle": "-|>", "color": GREY})
        left_out = {
            "withdrew": counts["withdrawn"], "not finished": counts["working"], "surplus": counts["surplus"],
            "excluded": counts["excluded"], "left out by rule": counts["excluded_by_rules"],
        }  # fmt: skip
        lost = [f"{words}: {n}" for words, n in left_out.items() if n]
        if lost:
            tall = 0.26 * len(lost) + 0.2
            axes.plot([middle, side], [1.775, 1.775], color=GREY, linewidth=0.8)
            _box(axes, side, 1.775 - tall / 2, width * 0.46, tall, "\n".join(lost), size=8.5)
    return figure


def _box(axes: Axes, x: float, y: float, width: float, height: float, text: str, *, size: float = 10) -> None:
    axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=INK, linewidth=1))
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=size, linespacing=1.4)


FLOWS = TidyTable(
    "flow",
    "one arm: sessions from start to analysis",
    columns(
        "arm started completed surplus withdrawn working excluded excluded_by_rules with_answers analysed",
        {
            "started": Column("integer", "Sessions started."),
            "completed": Column("integer", "Sessions completed."),
            "surplus": Column("integer", "Sessions completed beyond the quota, by people who came back too late."),
            "withdrawn": Column("integer", "Sessions whose participants left."),
            "working": Column("integer", "Sessions not finished."),
            "excluded": Column("integer", "Sessions that a researcher excluded."),
            "excluded_by_rules": Column("integer", "Sessions left out by declared rules."),
            "with_answers": Column("integer", "Sessions with at least one answer."),
            "analysed": Column("integer", "Sessions in the results."),
        },
    ),
    lambda result: ({"arm": name, **flow} for name, flow in result["flow"].items()),
)
OUTCOMES = "arm medium reached declared failed missed sessions_concerned"
EVIDENCE = TidyTable(
    "evidence",
    "clips or images of one arm: what became of them on answered boards",
    columns(
        OUTCOMES,
        {
            "medium": Column("text", "clips or images."),
            "reached": Column("integer", "Heard as asked, or loaded and in view."),
            "declared": Column("integer", "Nothing but the participant's word."),
            "failed": Column("integer", "Could not be loaded or played, or stalled."),
            "missed": Column("integer", "Nothing says that it was heard or seen."),
            "sessions_concerned": Column("integer", "Sessions in which one failed or was missed."),
        },
    ),
    lambda result: (
        dict(zip(OUTCOMES.split(), [name, *_outcomes(counts, medium)], strict=True))
        for name, counts in (result["evidence"] or {}).items()
        for medium in REACHED
    ),
)
SECTION = Section(_parts, "Participants", chapter="C", anchor="participants", tables=(FLOWS, EVIDENCE))
