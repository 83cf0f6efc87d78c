"""Columns of the tidy tables of model metrics."""

from collections.abc import Mapping

from analysis.render.tables import COLUMNS, Column


def _spread(name: str, first: Column, value: str = "") -> dict[str, Column]:
    """A value's column and those of its standard error and interval, which `value` begins."""
    in_points = "" if name == "vendi" else " in points of the score"
    return {
        value or name: first,
        f"{name}_{'se_score' if value else 'se'}": Column("number", f"Its standard error{in_points}."),
        f"{name}_{'ci_low' if value else 'low'}": Column("number", "Lower end of its 95 % interval."),
        f"{name}_{'ci_high' if value else 'high'}": Column("number", "Upper end of its 95 % interval."),
    }


METRIC_COLUMNS: Mapping[str, Column] = {
    **COLUMNS,
    "set": Column("text", "Stimulus set."),
    "measure": Column("text", "What was measured."),
    "category": Column("text", "Category of the images; of the clips where people answered."),
    "score": Column("number", "100 (1 - arccos(x) / pi); 50 is no advantage."),
    "se_score": Column("number", "Standard error in points of the score."),
    "null_score": Column("number", "The score's value at chance."),
    "p_value": Column(
        "number", "Permutation p: one-sided, so high or higher; correlations are exploratory and have none."
    ),
    "p_holm": Column("number", "p after Holm's correction over the categories."),
    "n": Column("integer", "Images; of retrieval clips, of machine and people answers, of correlations categories."),
    "n_units": Column("integer", "Recordings behind the standard error; clips where no recording is known."),
    "n_recordings": Column("integer", "Recordings that the clips were cut from; empty where none is known."),
    "n_available": Column("integer", "Images of the category, drawn or not."),
    "x": Column("number", "Mean advantage, a difference of mean cosines."),
    "se": Column("number", "Standard error: of x in scores, of value elsewhere."),
    "null": Column("number", "Value at chance: of x in scores, of value elsewhere."),
    "reason": Column("text", "Why a value or its interval is missing, or how to read it."),
    "space": Column("text", "Joint space."),
    "embeddings_sha256": Column("text", "SHA-256 of the embeddings file."),
    "within_similarity": Column("number", "Mean cosine of different images of the category, all images."),
    "within_se": Column("number", "Its jackknife standard error."),
    "diversity": Column("number", "1 - within_similarity."),
    "creative_tendency": Column("number", "100 - score; 50 means no label structure."),
    "joint_low": Column("number", "Lower end of the interval that holds for all categories at once."),
    "joint_high": Column("number", "Upper end of the interval that holds for all categories at once."),
    "rank_low": Column("integer", "Highest rank that no significant difference rules out, 1 = highest score."),
    "rank_high": Column("integer", "Lowest rank that no significant difference rules out."),
    "n_images": Column("integer", "Images."),
    "n_clips": Column("integer", "Clips that they were made from."),
    "n_references": Column("integer", "Distinct reference artworks."),
    "value": Column("number", "The measure's value: win rates in percent, shares from 0 to 1."),
    "n_tied": Column("integer", "Comparisons that were ties."),
    "chance": Column("number", "Its exact expectation in random order."),
    "music": Column("text", "Category of the clips."),
    "images": Column("text", "Category of the images."),
    "mean_cosine": Column("number", "Mean cosine of all pairs of them."),
    "image_a": Column("text", "SHA-256 of one image."),
    "image_b": Column("text", "SHA-256 of the other."),
    "cosine": Column("number", "Their cosine."),
    "boards": Column("text", "Boards drawn by seed, or those that people answered."),
    "chosen": Column("text", "Category of the image that the machine chose."),
    "rate_low": Column("number", "Lower end of its 95 % interval."),
    "rate_high": Column("number", "Upper end of its 95 % interval."),
    "top_confusion": Column("text", "The category chosen wrongly most often; several where they are level."),
    "median_choice_ms": Column("number", "Median time of a choice, ms."),
    "metric": Column("text", "The metric."),
    "spearman": Column("number", "Spearman's coefficient."),
    "kendall": Column("number", "Kendall's tau."),
    "n_categories": Column("integer", "Categories."),
    "n_participants": Column("integer", "Participants behind the reliability of the share correct."),
    "df": Column("number", "Degrees of freedom of a metric's squared standard errors."),
    "ceiling": Column("number", "What a perfect relation of share correct and metric would show on average."),
    "method": Column("text", "How it was found."),
    "clip": Column("text", "SHA-256 of the clip."),
    "clip_category": Column("text", "Its category."),
    "image": Column("text", "SHA-256 of the image."),
    "image_category": Column("text", "Its category."),
    "shown": Column("integer", "Answers to the clip on boards that showed the image."),
    "share": Column("number", "chosen / shown."),
    "similarity": Column("number", "Cosine of clip and image."),
    **_spread("all_images", Column("number", "GIILS over all images in place of the drawn ones."), "all_images_score"),
    **_spread(
        "same_recording", Column("number", "GIILS where pairs of one recording count as well."), "same_recording_score"
    ),
    **_spread("ais", Column("number", "AIS of the category's images.")),
    **_spread("iis", Column("number", "IIS of the category's images.")),
    **_spread("giils", Column("number", "GIILS of the category.")),
    **_spread("vendi", Column("number", "Effective number of different images of the category.")),
}
