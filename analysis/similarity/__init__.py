"""AIS, IIS and GIILS: how much closer generated images lie to their own music, picture or label than to the rest.

Conventions
    Every vector is read as a unit vector, so inputs need not be normalised; similarity is the cosine.
    A score is 100 * (1 - arccos(x) / pi) of a mean advantage x: 50 means "no closer than the rest", not "half right".
    The arccos is taken once, of the mean (eq. 5, 6, 8), never item by item.
    denominator="paper" divides the sum over the other items by their number plus one, as printed: eq. 5 and 6 leave
    out j = i but divide by T, eq. 8 leaves out the image itself but divides by G. "unbiased" divides by the number of
    terms, which centres the score at exactly 50 when there is nothing to find.
    "The others" of AIS and IIS are all test items but the image's own: T is every row given, generated from or not.
    GIILS takes ordered pairs of different images of a label; the background of an image is every generated image but
    itself.
    Standard errors are of x. Images made from one clip are one draw, not several: AIS and IIS always, GIILS where
    `clusters` is given, treat the clip as the unit. Clips cut from one recording are one draw as well: where recordings
    are known, `analysis.similarity.recordings` has the standard errors and nulls.

Sources: eq. 5, 6 and 8 of the Musipainter paper; Hoeffding (1951) for the moments of the matching null.
"""

from analysis.similarity.alignment import Alignment, decompose
from analysis.similarity.intervals import LabelFamily, label_family
from analysis.similarity.jackknife import Jackknife
from analysis.similarity.labels import WithinLabel, giils, giils_of_pool, label_null, label_null_of_pool, within_label
from analysis.similarity.matching import Reference, ais, iis, score_from_rows, scores_by_label
from analysis.similarity.nulls import MONTE_CARLO_UNITS, MatchingNull, matching_null, matching_p
from analysis.similarity.pool import Background, Kind, Pool, make_pool, sample_pool
from analysis.similarity.recordings import (
    AcrossRecordings,
    Dealing,
    Spread,
    giils_across,
    leave_out_matched,
    matched_by_recordings,
    recording_null,
    stratified_spread,
)
from analysis.similarity.relabelling import DRAW_BUDGET, LabelNull
from analysis.similarity.rows import BLOCK, Floats, Ints, Rows, as_codes, as_partner, check_same_space
from analysis.similarity.score import Denominator, Score, ScoreRangeError, no_score, to_advantage, to_score
from analysis.similarity.whole import (
    LabelMoments,
    SimilarityNulls,
    SimilarityScores,
    similarity_nulls,
    similarity_scores,
)
from analysis.similarity.win import WinRate, ais_win, iis_win, mean_of_item_scores

__all__ = [
    "AcrossRecordings",
    "ais",
    "ais_win",
    "Alignment",
    "as_codes",
    "as_partner",
    "Background",
    "BLOCK",
    "check_same_space",
    "Dealing",
    "decompose",
    "Denominator",
    "DRAW_BUDGET",
    "Floats",
    "giils",
    "giils_across",
    "giils_of_pool",
    "iis",
    "iis_win",
    "Ints",
    "Jackknife",
    "Kind",
    "label_family",
    "label_null",
    "label_null_of_pool",
    "LabelFamily",
    "LabelMoments",
    "LabelNull",
    "leave_out_matched",
    "make_pool",
    "matched_by_recordings",
    "matching_null",
    "matching_p",
    "MatchingNull",
    "mean_of_item_scores",
    "MONTE_CARLO_UNITS",
    "no_score",
    "Pool",
    "recording_null",
    "Reference",
    "Rows",
    "sample_pool",
    "Score",
    "score_from_rows",
    "ScoreRangeError",
    "scores_by_label",
    "similarity_nulls",
    "similarity_scores",
    "SimilarityNulls",
    "SimilarityScores",
    "Spread",
    "stratified_spread",
    "to_advantage",
    "to_score",
    "WinRate",
    "within_label",
    "WithinLabel",
]
