"""Exact laws of the number of correct matches when participants match at random.

Conventions
-----------
A *block* is one participant's answer to one board of clips and images. It is written `(n_clips, n_options)` when every
clip has exactly one image of its own category on the board and no two clips share a category, or as a
`Block(clip_categories, image_categories)` when categories repeat or images are missing. A match counts as correct when
the chosen image has the clip's category.

`one_to_one`  every image is used at most once: the answer is a uniformly random injection of clips into images.
              k clips and k images: rencontres numbers; k clips and m > k images: restricted rencontres numbers;
              repeated categories: rook polynomials (Gillett 1985, Psychological Bulletin 97:106).
`free`        images may be used again: every clip is an independent draw (binomial, or Poisson-binomial when the
              numbers of options differ).

Totals over blocks are convolutions. They are carried as exact integers over one common denominator while those stay
small, and as float64 convolutions of positive terms beyond that (relative error below 1e-12, tails down to 1e-300).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, prod

import numpy as np

from analysis.errors import AnalysisError

DESIGNS = ("one_to_one", "free")

# Largest size, in bits of the packed integer, for which a law is kept as exact integers (about 30 ms of work).
EXACT_BITS = 3_000_000


@dataclass(frozen=True)
class Block:
    """A board whose categories repeat or do not pair up.

    Attributes
    ----------
    clip_categories : category of every clip answered, (n_clips,)
    image_categories : category of every image shown, (n_options,)
    """

    clip_categories: tuple[str, ...]
    image_categories: tuple[str, ...]


BlockLike = Block | tuple[int, int]


@dataclass(frozen=True)
class Law:
    """Distribution of a count 0..n. `counts` over `total` are exact integers, or None where only floats are kept."""

    pmf: np.ndarray
    counts: tuple[int, ...] | None
    total: int | None

    @property
    def n(self) -> int:
        """Largest possible count."""
        return len(self.pmf) - 1

    @property
    def mean(self) -> float:
        if self.counts is not None and self.total is not None:
            return float(Fraction(sum(j * c for j, c in enumerate(self.counts)), self.total))
        return float(np.arange(self.n + 1) @ self.pmf)

    @property
    def var(self) -> float:
        if self.counts is not None and self.total is not None:
            mean = Fraction(sum(j * c for j, c in enumerate(self.counts)), self.total)
            return float(Fraction(sum(j * j * c for j, c in enumerate(self.counts)), self.total) - mean * mean)
        return float((np.arange(self.n + 1) - self.mean) ** 2 @ self.pmf)

    def sf(self, x: int) -> float:
        """P(X >= x): the upper tail itself is summed, never one minus the lower one."""
        if x <= 0:
            return 1.0
        if x > self.n:
            return 0.0
        if self.counts is not None and self.total is not None:
            return _ratio(sum(self.counts[x:]), self.total)
        return min(1.0, float(np.sum(self.pmf[x:][::-1])))

    def mid_p(self, x: int) -> float:
        """P(X > x) + P(X = x) / 2."""
        if self.counts is not None and self.total is not None and 0 <= x <= self.n:
            return _ratio(2 * sum(self.counts[x + 1 :]) + self.counts[x], 2 * self.total)
        return self.sf(x + 1) + (float(self.pmf[x]) / 2 if 0 <= x <= self.n else 0.0)

    def two_sided(self, x: int) -> float:
        """Sum of all outcomes that are no more likely than x (ties within a relative 1e-7 count as equal)."""
        if not 0 <= x <= self.n:
            return 0.0
        if self.counts is not None and self.total is not None:
            return _ratio(sum(c for c in self.counts if c <= self.counts[x]), self.total)
        return min(1.0, float(np.sum(np.sort(self.pmf[self.pmf <= self.pmf[x] * (1 + 1e-7)]))))

    def critical(self, alpha: float) -> int:
        """Smallest x with P(X >= x) <= alpha; n + 1 when no count is that unlikely."""
        tails = np.cumsum(self.pmf[::-1])[::-1]
        x = int(np.searchsorted(-tails, -alpha))
        # The float tails place x; the exact tail decides, as a tail may equal alpha to the last digit.
        while x > 0 and self.sf(x - 1) <= alpha:
            x -= 1
        while x <= self.n and self.sf(x) > alpha:
            x += 1
        return x


def rencontres(k: int) -> list[int]:
    """Rencontres numbers: permutations of k things with exactly j in their own place.

    Parameters
    ----------
    k : number of things, 0 or more

    Returns
    -------
    list of k + 1 integers, j = 0..k; they add up to k!. Entry j is C(k, j) times the derangements of k - j.

    Raises
    ------
    AnalysisError
        k is negative.

    References
    ----------
    Montmort (1708); Riordan (1958), An Introduction to Combinatorial Analysis, chapter 3.
    """
    if k < 0:
        raise AnalysisError(f"A board cannot have {k} clips.")
    # D(0) = 1, D(1) = 0, D(i) = (i - 1) (D(i - 1) + D(i - 2)); R(k, j) = C(k, j) D(k - j).
    derangements = [1, 0]
    for i in range(2, k + 1):
        derangements.append((i - 1) * (derangements[i - 1] + derangements[i - 2]))
    return [comb(k, j) * derangements[k - j] for j in range(k + 1)]


@lru_cache(maxsize=4096)
def injection_counts(n: int, m: int) -> tuple[int, ...]:
    """Injections of n clips into m >= n images with exactly j clips on their own image, j = 0..n; sum m! / (m - n)!."""
    if n < 0 or m < n:
        raise AnalysisError(f"{n} clips cannot be matched one to one with {m} images.")
    # Inclusion and exclusion: C(n, j) sum_i (-1)^i C(n - j, i) (m - j - i)! / (m - n)!.
    free = [factorial(m - i) // factorial(m - n) for i in range(n + 1)]
    return tuple(
        comb(n, j) * sum((-1) ** i * comb(n - j, i) * free[j + i] for i in range(n - j + 1)) for j in range(n + 1)
    )


@lru_cache(maxsize=4096)
def rook_counts(clip_counts: tuple[int, ...], image_counts: tuple[int, ...], n: int, m: int) -> tuple[int, ...]:
    """Injections of n clips into m images with exactly j correct, from the rook polynomial of the correct cells.

    `clip_counts[c]` clips and `image_counts[c]` images have category c; clips or images of other categories are only in
    n and m.
    """
    if m < n:
        raise AnalysisError(f"{n} clips cannot be matched one to one with {m} images.")
    # Rook polynomial of a block of a x b cells: C(a, i) C(b, i) i! ways to place i rooks; blocks multiply.
    rooks = [1]
    for a, b in zip(clip_counts, image_counts, strict=True):
        part = [comb(a, i) * comb(b, i) * factorial(i) for i in range(min(a, b) + 1)]
        rooks = [
            sum(rooks[i] * part[t - i] for i in range(max(0, t - len(part) + 1), min(t, len(rooks) - 1) + 1))
            for t in range(len(rooks) + len(part) - 1)
        ]
    rooks += [0] * (n + 1 - len(rooks))
    # N(j) = sum_{i >= j} (-1)^(i - j) C(i, j) r_i (m - i)! / (m - n)! (Gillett 1985).
    placed = [rooks[i] * (factorial(m - i) // factorial(m - n)) for i in range(n + 1)]
    return tuple(sum((-1) ** (i - j) * comb(i, j) * placed[i] for i in range(j, n + 1)) for j in range(n + 1))


def block_counts(block: BlockLike, *, design: str = "one_to_one") -> tuple[int, ...]:
    """Equally likely random answers to one block, counted by number of correct matches 0..n_clips."""
    _check_design(design)
    if isinstance(block, Block):
        clips, images = Counter(block.clip_categories), Counter(block.image_categories)
        n, m = sum(clips.values()), sum(images.values())
        if design == "one_to_one":
            shared = sorted(clips.keys() & images.keys())
            return rook_counts(tuple(clips[c] for c in shared), tuple(images[c] for c in shared), n, m)
        chances = [images[c] for c in sorted(clips.elements())]
    else:
        n, m = block
        if design == "one_to_one":
            return injection_counts(n, m)
        chances = [1] * n
    if m < 1 and n > 0:
        raise AnalysisError("A board without images cannot be answered.")
    counts = [1]
    for hits in chances:
        counts = [
            (counts[j] * (m - hits) if j < len(counts) else 0) + (counts[j - 1] * hits if j else 0)
            for j in range(len(counts) + 1)
        ]
    return tuple(counts)


def category_counts(n_of_category: int, images_of_category: int, m: int, *, design: str) -> tuple[int, ...]:
    """Random answers to the clips of one category on one board, counted by how many are correct.

    One-to-one: hypergeometric (which images fall to these clips); free: binomial.
    """
    _check_design(design)
    a, b = n_of_category, images_of_category
    if design == "one_to_one":
        return tuple(comb(b, j) * comb(m - b, a - j) for j in range(a + 1))
    return tuple(comb(a, j) * b**j * (m - b) ** (a - j) for j in range(a + 1))


def convolve(parts: Iterable[tuple[Sequence[int], int]]) -> Law:
    """Law of a sum of independent counts: `parts` are (counts by value, how often this part occurs)."""
    merged: Counter[tuple[int, ...]] = Counter()
    for counts, times in parts:
        if times:
            merged[tuple(counts)] += times
    total = prod(sum(counts) ** times for counts, times in merged.items())
    degree = sum((len(counts) - 1) * times for counts, times in merged.items())
    if total.bit_length() * (degree + 1) <= EXACT_BITS:
        return _exact_law(merged, total, degree)
    pmf = np.ones(1)
    for counts, times in sorted(merged.items()):
        whole = sum(counts)
        pmf = np.convolve(pmf, convolution_power(np.array([c / whole for c in counts]), times))
    return Law(pmf=pmf, counts=None, total=None)


def matching_law(blocks: Iterable[BlockLike], *, design: str = "one_to_one") -> Law:
    """Law of the total number of correct matches over `blocks` when every answer is random."""
    _check_design(design)
    return convolve((block_counts(block, design=design), times) for block, times in Counter(blocks).items())


def matching_pmf(blocks: Iterable[BlockLike], *, design: str = "one_to_one") -> np.ndarray:
    """Exact law of the total number of correct matches when every answer is random.

    Parameters
    ----------
    blocks : one entry per board answered: `(n_clips, n_options)` or a `Block`
    design : "one_to_one" (every image at most once) or "free" (images may be used again)

    Returns
    -------
    ndarray (clips + 1,) : P(total = j) for j = 0..number of clips of all blocks.

    Raises
    ------
    AnalysisError
        unknown design, a board without images, or a one-to-one board with fewer images than clips.

    References
    ----------
    Chapman (1934) and Battin (1942) for multiple matching; Gillett (1985), Psychological Bulletin 97:106, for repeated
    categories.
    """
    return matching_law(blocks, design=design).pmf


def matching_sf(total: int, blocks: Iterable[BlockLike], *, design: str = "one_to_one") -> float:
    """One-sided exact p-value: P(total correct >= `total`) when every answer is random.

    Parameters
    ----------
    total : observed number of correct matches
    blocks, design : as `matching_pmf`

    Returns
    -------
    float : the upper tail, summed itself (never one minus the lower one), so tiny values are accurate.

    Raises
    ------
    AnalysisError
        as `matching_pmf`.
    """
    return matching_law(blocks, design=design).sf(total)


def critical_total(blocks: Iterable[BlockLike], alpha: float, *, design: str = "one_to_one") -> int:
    """Smallest total that is significant, one-sided.

    Parameters
    ----------
    blocks, design : as `matching_pmf`
    alpha : level of the test, between 0 and 1

    Returns
    -------
    int : smallest x with P(total >= x) <= alpha; one more than the maximum when no total is that unlikely.

    Raises
    ------
    AnalysisError
        alpha outside (0, 1), or as `matching_pmf`.
    """
    if not 0 < alpha < 1:
        raise AnalysisError(f"alpha must lie between 0 and 1, not {alpha}.")
    return matching_law(blocks, design=design).critical(alpha)


def convolution_power(pmf: np.ndarray, times: int) -> np.ndarray:
    """`times`-fold convolution by squaring; direct sums of positive terms keep the tails accurate, FFT would not."""
    result = np.ones(1)
    while times:
        if times & 1:
            result = np.convolve(result, pmf)
        times >>= 1
        if times:
            pmf = np.convolve(pmf, pmf)
    return result


def _check_design(design: str) -> None:
    if design not in DESIGNS:
        raise AnalysisError(f"Unknown design '{design}': use one of {', '.join(DESIGNS)}.")


def _ratio(numerator: int, denominator: int) -> float:
    # int / int rounds correctly for integers of any size and falls to 0.0 below 5e-324.
    return numerator / denominator


def _exact_law(parts: Counter[tuple[int, ...]], total: int, degree: int) -> Law:
    """Multiply integer polynomials by packing coefficients into one big integer (Kronecker substitution)."""
    width = total.bit_length() // 8 + 1
    packed = 1
    for counts, times in parts.items():
        packed *= sum(c << (8 * width * j) for j, c in enumerate(counts)) ** times
    raw = packed.to_bytes(width * (degree + 1), "little")
    exact = tuple(int.from_bytes(raw[j * width : (j + 1) * width], "little") for j in range(degree + 1))
    return Law(pmf=np.array([_ratio(c, total) for c in exact]), counts=exact, total=total)
