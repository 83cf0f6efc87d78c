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
    `clusters` is given, treat the clip as the unit.

Sources: eq. 5, 6 and 8 of the Musipainter paper; Hoeffding (1951) for the moments of the matching null.
"""

from analysis.similarity_label_null import LabelNull
from analysis.similarity_label_pool import Background
from analysis.similarity_labels import WithinLabel, giils, label_null, within_label
from analysis.similarity_matching import Alignment, MatchingNull, Reference, ais, decompose, iis, matching_null
from analysis.similarity_score import Denominator, Score, ScoreRangeError, to_advantage, to_score

__all__ = [
    "Alignment",
    "Background",
    "Denominator",
    "LabelNull",
    "MatchingNull",
    "Reference",
    "Score",
    "ScoreRangeError",
    "WithinLabel",
    "ais",
    "decompose",
    "giils",
    "iis",
    "label_null",
    "matching_null",
    "to_advantage",
    "to_score",
    "within_label",
]
