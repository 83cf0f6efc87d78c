"""The shape of result.json and metrics.json: what is made here is checked against it, and so is what renderers read.

A value that does not exist is null; its record then has a status other than "ok" and a reason in words. The JSON
schemas in schema/ are derived from these types (`analysis.results.schema`).
"""

# One record stands on few lines, as it does in the data dictionary.
# fmt: off

from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict


class Bounds(NamedTuple):
    """What JSON Schema says of a value beyond its type."""

    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None


Count = Annotated[int, Bounds(minimum=0)]
Share = Annotated[float, Bounds(minimum=0, maximum=1)]
Sha256 = Annotated[str, Bounds(pattern="^[0-9a-f]{64}$")]
Status = Literal["ok", "degenerate", "not_applicable", "too_small"]
Design = Literal["one_to_one", "free"]
# Records of other rooms, of which renderers read what they need.
Record = dict[str, Any]
Interval = tuple[Share, Share]

SameTheta = TypedDict("SameTheta", {
    "theta": float | None, "ci_low": float | None, "ci_high": float | None, "log_likelihood": float | None,
    "log_likelihood_null": float | None, "status": Status, "reason": str,
})
Theta = TypedDict("Theta", {
    "theta": Annotated[Share | None, "level at which everybody alike would have the observed share"],
    "ci_low": Share | None, "ci_high": Share | None, "status": Status, "reason": str,
    "profile": Annotated[SameTheta, "maximum likelihood if everybody had the same theta, with its profile interval"],
})
Law = TypedDict("Law", {
    "first": Count, "pmf": list[Share], "mean": float, "sd": float | None, "critical": dict[str, int], "max": int,
})
Overall = TypedDict("Overall", {
    "correct": Count, "total": Count, "rate": Share | None, "expected": float | None, "null_sd": float | None,
    "max_total": int, "p_value": Share | None, "mid_p": Share | None, "p_two_sided": Share | None,
    "p_random": Share | None, "guess_corrected": float | None, "ci_low": Share | None, "ci_high": Share | None,
    "ci_method": str, "ci_se": float | None, "method": str, "floor": Share | None, "partly": bool, "theta": Theta,
    "null": Law | None, "status": Status, "reason": str,
})
Category = TypedDict("Category", {
    "category": str, "correct": Count, "n": Count, "n_effective": float | None, "rate": Share | None,
    "ci_low": Share | None, "ci_high": Share | None, "ci_method": str, "ci_clopper_pearson": Interval | None,
    "ci_jeffreys": Interval | None, "chance": Share | None, "expected": float | None, "p_value": Share | None,
    "p_holm": Share | None, "p_joint": NotRequired[Share | None], "guess_corrected": float | None,
    "cohen_h": float | None, "status": Status, "reason": str,
})
Pair = TypedDict("Pair", {
    "a": str, "b": str, "errors": Count, "a_as_b": Count, "b_as_a": Count, "expected": float | None,
    "p_value": Share | None, "p_holm": Share | None, "method": str, "status": Status, "reason": str,
})
Participant = TypedDict("Participant", {
    "participant": str, "correct": Count, "total": Count, "correct_by_category": list[Count],
    "total_by_category": list[Count],
})
Cell = TypedDict("Cell", {
    "heard": str, "chosen": str, "n": Count, "expected": float, "p_value": Share, "p_holm": Share, "p_bh": Share,
})
KnownChance = TypedDict("KnownChance", {
    "category": str, "known": list[str], "chance": Share, "correct": Count, "n": Count, "p_value": Share,
    "p_two_sided": Share, "ci_low": Share, "ci_high": Share,
})
ToldApart = TypedDict("ToldApart", {
    "a": str, "b": str, "right": Count, "n": Count, "p_value": Share | None, "p_two_sided": Share | None,
    "ci_low": Share | None, "ci_high": Share | None, "bayes_factor": float | None, "status": Status, "reason": str,
})
Symmetry = TypedDict("Symmetry", {
    "statistic": float | None, "df": int | None, "p_asymptotic": Share | None, "p_exact": Share | None, "method": str,
    "status": Status, "reason": str, "left_out": Count,
})
Use = TypedDict("Use", {
    "chosen": list[Count], "chi2": float | None, "df": int | None, "p_value": Share | None, "method": str,
    "stuart_maxwell": NotRequired[float | None], "stuart_maxwell_df": NotRequired[int | None],
    "stuart_maxwell_p": NotRequired[Share | None], "stuart_maxwell_size": NotRequired[str], "status": Status,
    "reason": str,
})
AgreementInterval = TypedDict("AgreementInterval", {
    "se": float | None, "ci_low": float | None, "ci_high": float | None, "reason": str,
})
Agreement = TypedDict("Agreement", {
    "pairwise": float | None, "fleiss": float | None, "krippendorff": float | None, "randolph": float | None,
    "gwet": float | None, "cohen_truth": float | None, "cohen_truth_low": float | None,
    "cohen_truth_high": float | None, "n_units": Count, "intervals": dict[str, AgreementInterval], "status": Status,
    "reason": str,
})
ChoiceModel = TypedDict("ChoiceModel", {
    "eta": list[list[float]], "bias": list[float], "fitted": list[list[float]], "g2": float, "df": int,
    "log_likelihood": float, "added": float, "map": list[list[float]] | None, "map_share": float | None,
})
Sensitivity = TypedDict("Sensitivity", {
    "d_prime": float | None, "ci_low": float | None, "ci_high": float | None, "task": str, "status": Status,
    "reason": str,
})
Times = TypedDict("Times", {
    "n_forced_left_out": Count, "n_without_time": Count, "all": Record | None, "correct": Record | None,
    "wrong": Record | None, "categories": dict[str, Record | None], "ecdf": dict[str, list[tuple[float, Share]]],
    "category_ecdf": dict[str, list[tuple[float, Share]]],
})
Trend = TypedDict("Trend", {
    "position": list[int], "correct": list[Count], "n": list[Count], "z": float | None, "p_value": Share | None,
    "method": str, "status": Status, "reason": str,
})
Places = TypedDict("Places", {
    "counts": list[list[Count]], "expected": list[list[float]], "n_boards": Count, "n_left_out": Count,
    "chi2": float | None, "p_value": Share | None, "method": str, "status": Status, "reason": str,
})
EValue = TypedDict("EValue", {
    "e_value": float | None, "log10": float | None, "n_participants": Count,
    "trajectory": Annotated[
        list[float], "log10 after each participant, in order of arrival; empty where that is not known"
    ],
    "sentence": str, "status": Status, "reason": str,
})
Verdict = TypedDict("Verdict", {
    "scale": Literal["share", "theta"], "value": Share, "effect": float | None, "ci_low": float | None,
    "ci_high": float | None, "verdict": Literal["larger", "no_larger", "undecided"] | None, "sentence": str,
    "status": Status, "reason": str,
})
TakenFor = TypedDict("TakenFor", {"category": str, "n": Count})
PictureHits = TypedDict("PictureHits", {
    "image": str, "category": str, "n": Count, "correct": Count, "rate": Share, "taken_for": list[TakenFor],
})
Flag = TypedDict("Flag", {"flag": str, "n": Count, "participants": list[str]})
Answer = TypedDict("Answer", {"verdict": Literal["above_chance", "not_shown", "open"], "sentences": list[str]})
Related = TypedDict("Related", {"status": Status, "reason": str, "spearman": float | None, "p_value": Share | None})
Space = TypedDict("Space", {"name": str})
Scored = TypedDict("Scored", {"status": Status, "reason": str})
ShownPictures = TypedDict("ShownPictures", {"set": str | None, "sha256": str, "rule": str, "categories": Record})
Distances = TypedDict("Distances", {
    "space": Space, "set": str | None, "sha256": str, "categories": list[str], "status": Status, "reason": str,
})
# What stands in the numbers of a metric is the business of analysis.metrics.
Block = TypedDict("Block", {
    "space": Space, "set": str | None, "sha256": str, "categories": list[str], "n_images": Count, "options": Record,
    "recordings": NotRequired[Record | None],
    "notes": list[str], "giils": dict[str, Scored], "giils_summary": Record | None, "by_category": Record,
    "category_similarity": list[list[float | None]], "win_rates": Record, "retrieval": Record | None,
    "distribution": Record | None, "duplicates": Record | None, "status": Status, "reason": str,
})
Join = TypedDict("Join", {
    "space": str, "n_boards": Count, "n_left_out": Record, "per_category": list[Record], "correlations": Record,
    "reliability": Record, "machine": Record, "temperature": Record, "calibration": Record, "mantel": Record,
    "per_picture": list[Record],
})


class ArmMetrics(Block):
    ais: Scored | None
    iis: Scored | None
    join: Annotated[Join | None, "the arm's answers beside these metrics; null where nobody answered"]


class SetMetrics(Block):
    ais: Scored
    iis: Scored
    machine: Scored


Recognition = TypedDict("Recognition", {
    "right": Count, "images": Count, "boards": Count, "rate": Share, "chance": Share,
})
Span = TypedDict("Span", {"min": int | None, "max": int | None})
StimulusSet = TypedDict("StimulusSet", {
    "stimulus_set": str | None, "source": str | None, "checkpoint": Record | None, "dataset": Record | None,
    "settings": Record | None, "n_stimuli": Count, "leakage": Record | None,
})


class ArmCore(TypedDict):
    """One arm: what is shown with and without exclusions."""

    stimulus_set: str | None
    source: str | None
    checkpoint: Record | None
    dataset: Record | None
    n_stimuli: Count | None
    recognition: NotRequired[Annotated[
        Recognition | None,
        "a shuffled control: images that a perfect recogniser matches right over its boards; null where not known",
    ]]
    n_participants: Count
    n_blocks: Count
    n_answers: Count
    n_clips: Count | None
    n_unanswered: Count
    board: Count | None
    board_clips: Count | None
    blocks_per_participant: Span
    confusion: list[list[Count]]
    row_totals: list[Count]
    row_rates: list[list[Share | None]]
    overall: Overall
    categories: dict[str, Category]
    pairs: list[Pair]
    participants: list[Participant]
    sentence: str


class ArmAnswers(ArmCore):
    """One arm: everything about its answers."""

    joint_method: str
    conditional_chance: list[KnownChance]
    discriminations: list[ToldApart]
    cells: list[Cell]
    symmetry: Symmetry
    response_bias: Use
    information: Record | None
    agreement: Agreement
    choice_model: ChoiceModel | None
    sensitivity: Sensitivity
    dependence: Record | None
    crossed: Record | None
    times: Times | None
    confidence: Record | None
    trials: Trend
    clip_positions: Trend
    clip_places: Annotated[
        Places, "how often a category's clip stood at a place, and what random orders lead to expect"
    ]
    image_positions: Use
    pictures: Annotated[
        list[PictureHits], "how often each picture was chosen, for music of its own category and of others"
    ]
    flags: list[Flag]
    e_value: NotRequired[Annotated[EValue, "evidence against guessing that may be looked at at any time"]]
    smallest_effect: NotRequired[Annotated[
        Verdict | None, "the effect above chance against the smallest of interest; null where none was declared"
    ]]
    answer: Annotated[Answer, "do people match images to their music, in plain words"]


class Arm(ArmAnswers):
    """One arm of the answers that are analysed, with the metrics of its images."""

    metrics: Annotated[ArmMetrics | None, "AIS, IIS, GIILS of the arm's stimulus set in its first space"]
    other_metrics: list[ArmMetrics]
    distances: Annotated[
        list[Distances], "distances from the reference artworks, one entry for each kind of image features"
    ]
    images: Annotated[ShownPictures | None, "pictures of the set that a grid shows; null without a thumbnails file"]
    human_and_metrics: Annotated[
        Related | None, "human accuracy against GIILS over the categories; null without metrics"
    ]


LogEntry = TypedDict("LogEntry", {"action": str, "detail": NotRequired[str], "at": str})
Study = TypedDict("Study", {
    "slug": str | None, "title": str, "notes": str, "interim": bool, "simulated_only": bool,
    "simulated": Annotated[bool, "true when no person gave these answers"], "log": list[LogEntry],
    "trials_per_session": int | None, "listening_rule": str | None, "min_listen_s": float | None,
    "ask_confidence": bool | None, "design_hash": str | None, "status": str | None, "opened_at": str | None,
    "closed_at": str | None, "seed": int | None,
    "language": NotRequired[str | None], "instruction": NotRequired[str | None],
    "headphone_check": NotRequired[str | None], "attention_boards": NotRequired[int | None],
    "planned": NotRequired[Annotated[Record | None, "what the study was planned with; null where no plan was made"]],
})
Banner = TypedDict("Banner", {"kind": Literal["simulated", "interim"], "title": str, "text": str})
Flow = TypedDict("Flow", {
    "started": Count | None, "completed": Count | None, "surplus": Count | None, "withdrawn": Count | None,
    "working": Count | None,
    "excluded": Count | None, "excluded_by_rules": Count | None, "with_answers": Count | None, "analysed": Count | None,
})
Headphones = TypedDict("Headphones", {"passed": Count, "failed": Count, "skipped": Count})
Checks = TypedDict("Checks", {
    "sessions": Count, "attention_answered": Count, "attention_passed": Count, "attention_failed_sessions": Count,
    "headphones": Headphones,
})
Evidence = TypedDict("Evidence", {
    "sessions": Count, "clips_heard": Count, "clips_declared": Count, "clips_failed": Count, "clips_missed": Count,
    "images_shown": Count, "images_declared": Count, "images_failed": Count, "images_missed": Count,
    "boards_impossible": Count, "sessions_not_shown": Count, "sessions_not_heard": Count, "sessions_declared": Count,
    "sessions_impossible": Count, "browsers": dict[str, Count],
})
Rule = TypedDict("Rule", {
    "rule": str, "threshold": float | None, "n": Count, "declared": bool, "by_arm": NotRequired[dict[str, Count]],
})
Excluded = TypedDict("Excluded", {
    "with": Annotated[dict[str, ArmCore] | None, "the arms again with excluded sessions; null when none was excluded"],
    "rules": list[Rule],
    "sentences": Annotated[list[str], "what the answers of excluded sessions would change"],
})
CategoryComparison = TypedDict("CategoryComparison", {
    "category": str, "correct_a": Count, "n_a": Count, "correct_b": Count, "n_b": Count, "difference": float,
    "ci_low": float | None, "ci_high": float | None, "p_value": Share, "p_holm": Share, "method": str, "ci_method": str,
})
Matrices = TypedDict("Matrices", {
    "statistic": float | None, "p_value": Share | None, "draws": Count, "status": Status, "reason": str,
})
OrderOfArms = TypedDict("OrderOfArms", {"a_first": Count, "b_first": Count, "n": Count, "confounded": bool})
Comparison = TypedDict("Comparison", {
    "a": str, "b": str, "same_participants": bool, "n_a": Count, "n_b": Count, "difference": float | None,
    "ci_low": float | None, "ci_high": float | None, "ci_method": str, "p_value": Share | None,
    "p_one_sided": Share | None, "p_holm": Share | None, "cliffs_delta": float | None, "hedges_g": float | None,
    "d_z": float | None, "cohen_h": float | None, "method": str, "matrix": Matrices,
    "categories": list[CategoryComparison], "order_adjusted": Record | None, "order_of_arms": OrderOfArms | None,
    "drawn_anew": Annotated[Record, "the arms compared for pictures drawn anew from their models, in thetas"],
    "sentence": str, "status": Status, "reason": str, "smallest_effect": NotRequired[Verdict | None],
})
PairedSets = TypedDict("PairedSets", {
    "a": str, "b": str, "status": Status, "reason": str, "tests": NotRequired[list[Record]],
})
Group = TypedDict("Group", {"space": str, "owners": list[str], "sha256": dict[str, str], "pairs": list[PairedSets]})
Provenance = TypedDict("Provenance", {
    "sources": dict[str, Sha256], "design_hash": str | None, "plan": list[str], "collected_with": dict[str, str],
    "analysed_with": dict[str, str], "stimulus_sets": dict[str, StimulusSet],
})
Options = TypedDict("Options", {
    "confidence": float, "alternative": str, "category_interval": str, "correction": str, "bootstrap_draws": int,
    "bootstrap_seed": int,
})


class Result(TypedDict):
    """Every number that a report shows. A value that does not exist is null, with status and reason beside it."""

    schema: Literal["paragone-result/1"]
    study: Study
    design: Design
    as_of: Annotated[str | None, "time of the last response, ISO 8601, UTC"]
    categories: Annotated[list[str], "order of rows and columns everywhere"]
    banners: list[Banner]
    warnings: list[str]
    flow: dict[str, Flow]
    checks: Annotated[dict[str, Checks] | None, "attention checks and headphone screening; null where there were none"]
    evidence: Annotated[
        dict[str, Evidence] | None, "what became of the clips and images of answered boards; null where it is not known"
    ]
    arms: dict[str, Arm]
    comparisons: list[Comparison]
    side_by_side: Annotated[list[Group], "arms whose metrics are of one space and one definition, which share columns"]
    distances_side_by_side: NotRequired[Annotated[list[Group], "groups of arms with distances on one kind of features"]]
    excluded: Excluded
    measured_sizes: Annotated[dict[str, str], "true sizes of approximate tests, as measured by simulation, in words"]
    options: Options
    provenance: Provenance
    kinds: NotRequired[
        Annotated[dict[str, Record], "what kinds of trials with a table of their own found; absent without any"]
    ]


SetDocument = TypedDict("SetDocument", {
    "metrics": list[SetMetrics], "distances": list[Distances], "images": ShownPictures | None,
})
SetOptions = TypedDict("SetOptions", {
    "denominator": str, "giils_background": str, "sample_per_label": int, "seed": int, "board": int,
})
SetProvenance = TypedDict("SetProvenance", {"sources": dict[str, Sha256], "analysed_with": dict[str, str]})


class MetricsDocument(TypedDict):
    """Every number of metrics.html. A value that does not exist is null, with status and reason beside it."""

    schema: Literal["paragone-metrics/1"]
    title: str
    sets: dict[str, SetDocument]
    side_by_side: Annotated[list[Group], "groups of sets whose metrics are of one space and one definition"]
    distances_side_by_side: NotRequired[Annotated[list[Group], "groups of sets with distances on one kind of features"]]
    options: SetOptions
    provenance: SetProvenance
