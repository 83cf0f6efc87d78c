"""What the report's tables hold: what a row is, and type and meaning of every column, wherever it occurs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """Type (text, integer, number or boolean) and meaning of a column."""

    type: str
    meaning: str


ROWS = {
    "overall": "one arm: all matches together",
    "confusion": "one cell of the confusion matrix of an arm",
    "categories": "one category of an arm",
    "pairs": "one unordered pair of categories of an arm, given the errors made",
    "told_apart": "one pair of categories of an arm, on boards where all other clips were right",
    "cells": "one confusion (heard, chosen) of an arm, given the errors made",
    "agreement": "one coefficient of an arm",
    "times": "one group of choices of an arm, in seconds",
    "positions": "one trial number, one place on the board or one level of confidence of an arm",
    "places": "one category at one place of the board of an arm",
    "null_law": "one total that random matching can give, as drawn in the report",
    "participants": "one category of one participant",
    "comparisons": "two arms",
    "flow": "one arm: sessions from start to analysis",
}

COLUMNS = {
    "arm": Column("text", "Arm (condition)."),
    "n_participants": Column("integer", "Participants with answers."),
    "n_blocks": Column("integer", "Boards with answers."),
    "correct": Column("integer", "Correct matches."),
    "total": Column("integer", "Clips answered; in null_law the total of correct matches."),
    "rate": Column("number", "Share correct, 0 to 1."),
    "expected": Column(
        "number", "Mean count under random matching (pairs, cells: given the errors made), in places of random orders."
    ),
    "null_sd": Column("number", "Standard deviation of the total under random matching."),
    "p_value": Column("number", "Exact p: one-sided, so many or more; in comparisons two-sided."),
    "mid_p": Column("number", "One-sided p that counts the observed total half."),
    "p_two_sided": Column("number", "Two-sided exact p: values no likelier than the observed one."),
    "p_one_sided": Column("number", "One-sided p that arm a is higher."),
    "p_holm": Column("number", "p after Holm's correction over the rows of the arm (comparisons: over all)."),
    "p_bh": Column("number", "p after Benjamini and Hochberg's correction over the cells of the arm."),
    "p_joint": Column("number", "Chance that some category looks this good at random (Westfall-Young)."),
    "p_matrix": Column("number", "p that the whole confusion matrices are alike, participants permuted."),
    "guess_corrected": Column("number", "(share - chance) / (1 - chance)."),
    "ci_low": Column("number", "Lower end of the 95 % interval."),
    "ci_high": Column("number", "Upper end of the 95 % interval."),
    "ci_method": Column("text", "How the interval was made."),
    "method": Column("text", "The test behind p_value."),
    "status": Column("text", "ok, degenerate, not_applicable or too_small."),
    "reason": Column("text", "Why a value is missing or a fallback was used."),
    "theta": Column("number", "Share of clips truly known if all others are guessed."),
    "theta_low": Column("number", "Lower end of theta's 95 % profile interval."),
    "theta_high": Column("number", "Upper end of theta's 95 % profile interval."),
    "d_prime": Column("number", "d' of an ideal observer with this share."),
    "heard": Column("text", "Category of the clip."),
    "chosen": Column("text", "Category of the image chosen."),
    "category": Column("text", "Category of the clip."),
    "n": Column("integer", "Answers; in confusion and cells how often, in times choices, in told_apart boards."),
    "row_total": Column("integer", "Answers to clips of this category."),
    "row_share": Column("number", "n / row_total."),
    "chance": Column("number", "Share correct under random matching."),
    "chance_left": Column("number", "The same once the categories that everybody matched are known."),
    "cohen_h": Column("number", "Cohen's h against chance; in comparisons between the arms."),
    "a": Column("text", "First category or arm."),
    "b": Column("text", "Second category or arm."),
    "errors": Column("integer", "Errors between the two, in both directions."),
    "a_as_b": Column("integer", "a heard, b chosen."),
    "b_as_a": Column("integer", "b heard, a chosen."),
    "right": Column("integer", "Boards on which the pair was right too."),
    "bayes_factor": Column("number", "Evidence for an unknown share against one half."),
    "coefficient": Column("text", "cohen_truth (accuracy), pairwise, fleiss, krippendorff, randolph or gwet."),
    "value": Column("number", "The coefficient."),
    "se": Column("number", "Standard error over participants (jackknife)."),
    "choices": Column("text", "all, correct, wrong, or a category; forced last choices left out."),
    "median": Column("number", "Median."),
    "q25": Column("number", "Lower quartile."),
    "q75": Column("number", "Upper quartile."),
    "mean": Column("number", "Mean."),
    "sd": Column("number", "Standard deviation."),
    "mad": Column("number", "Median absolute deviation."),
    "mad_normal": Column("number", "mad times 1.4826, comparable with a standard deviation."),
    "geometric_mean": Column("number", "Geometric mean."),
    "trimmed_mean": Column("number", "Mean without the lowest and highest 20 %."),
    "log_mean": Column("number", "Mean of the natural logarithms."),
    "log_sd": Column("number", "Standard deviation of the natural logarithms."),
    "kind": Column(
        "text",
        "trial (its number), clip (place on the board) or confidence (stated with the match).",
    ),
    "place": Column("integer", "Place on the board, from 1."),
    "shown": Column("integer", "Boards on which a clip of the category stood at the place."),
    "position": Column("integer", "Trial or place, from 1; level of confidence, 1 (unsure) to 7 (sure)."),
    "probability": Column("number", "Its chance under random matching."),
    "participant": Column("text", "Publishable pseudonym."),
    "same_participants": Column("boolean", "Whether the same people answered both arms."),
    "n_a": Column("integer", "Participants of the first arm."),
    "n_b": Column("integer", "Participants of the second arm."),
    "difference": Column("number", "Mean share correct of a minus that of b."),
    "cliffs_delta": Column("number", "Cliff's delta of participants' shares."),
    "hedges_g": Column("number", "Hedges' g of participants' shares; empty where the same people answered both arms."),
    "started": Column("integer", "Sessions started."),
    "completed": Column("integer", "Sessions completed."),
    "withdrawn": Column("integer", "Sessions whose participants left."),
    "working": Column("integer", "Sessions not finished."),
    "excluded": Column("integer", "Sessions that a researcher excluded."),
    "excluded_by_rules": Column("integer", "Sessions left out by declared rules."),
    "with_answers": Column("integer", "Sessions with at least one answer."),
    "analysed": Column("integer", "Sessions in the results."),
}
