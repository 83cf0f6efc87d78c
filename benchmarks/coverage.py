"""Do the intervals hold what they promise? Coverage of 95 % intervals and size of tests over simulated sets.

Each world is simulated 2,000 times from a seed. An interval covers if it holds the world's true value, which is the
mean of the score over thousands of further sets. Sizes are shares of p <= .05 in worlds in which there is nothing to
find. A share of 95 % has a standard error of half a percent, the size of a test one of 0.15 percent.

    python benchmarks/coverage.py [--sets 2000] [--only ais giils ...]        the whole takes about fifteen minutes
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from analysis.similarity import ais, giils, label_null, matching_null
from analysis.similarity_intervals import label_family
from analysis.similarity_label_pool import Kind, make_pool

Floats = NDArray[np.float64]
DIMENSIONS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=2_000)
    parser.add_argument("--only", nargs="*", choices=list(STUDIES), default=list(STUDIES))
    options = parser.parse_args()
    print("| what | world | share | wanted |\n|---|---|---|---|")
    for name in options.only:
        start = time.perf_counter()
        for line in STUDIES[name](options.sets):
            print(f"| {line.what} | {line.world} | {100 * line.share:.1f} % | {line.wanted} |", flush=True)
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


@dataclass(frozen=True)
class Line:
    what: str
    world: str
    share: float
    wanted: str


# Tests are simulated this many times as often: their sizes are known to be exact, so a small surplus would matter.
TESTS = 10
COVER, AT_MOST = "93–97 %", "at most 5 %"


def directions(rng: np.random.Generator, n: int, *, rank: float) -> Floats:
    """Vectors with the decaying spectrum of picture embeddings; `rank` is their effective number of dimensions."""
    spectrum = np.exp(-np.arange(DIMENSIONS) / rank)
    return rng.standard_normal((n, DIMENSIONS)) * np.sqrt(spectrum / spectrum.sum())


# -- AIS: fixed clips, new images ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MatchedWorld:
    """T clips, images made from some of them: a common direction, a part of the clip, noise."""

    words: str
    n_clips: int
    per_clip: int
    signal: float
    clip_noise: float = 0.0

    def clips(self) -> Floats:
        rng = np.random.default_rng(1)
        return directions(rng, self.n_clips, rank=20) + 0.5 * directions(rng, 1, rank=20)

    def images(self, clips: Floats, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        """Images of all clips; those of one clip share what that clip made of the noise."""
        partner = np.repeat(np.arange(self.n_clips), self.per_clip)
        shared = self.clip_noise * directions(rng, self.n_clips, rank=20)
        own = directions(rng, len(partner), rank=20)
        return self.signal * clips[partner] + shared[partner] + own, partner


MATCHED = (
    MatchedWorld("12 clips, one image each", 12, 1, 0.5),
    MatchedWorld("40 clips, one image each", 40, 1, 0.5),
    MatchedWorld("40 clips, one image each, nothing to find", 40, 1, 0.0),
    MatchedWorld("40 clips, 4 images each, alike within a clip", 40, 4, 0.5, clip_noise=1.0),
    MatchedWorld("335 clips, one image each", 335, 1, 0.1),
)


def cover_ais(sets: int) -> Iterator[Line]:
    for world in MATCHED:
        clips, rng = world.clips(), np.random.default_rng(2)
        truth = float(np.mean([ais(*_ais_arguments(world, clips, rng)).x for _ in range(_truth_sets(world.n_clips))]))
        hits = 0
        for _ in range(sets):
            found = ais(*_ais_arguments(world, clips, rng))
            hits += _holds(found.ci_low, found.ci_high, truth)
        yield Line("AIS, clips fixed", world.words, hits / sets, COVER)


def cover_sampled_ais(sets: int) -> Iterator[Line]:
    """Clips and images are drawn anew each time: the interval that lets the test set vary."""
    for world in MATCHED[:2]:
        rng = np.random.default_rng(3)

        def draw(world: MatchedWorld = world, rng: np.random.Generator = rng) -> tuple[Floats, Floats, NDArray]:
            clips = directions(rng, world.n_clips, rank=20) + 0.5 * directions(np.random.default_rng(1), 1, rank=20)
            images, partner = world.images(clips, rng)
            return images, clips, partner

        truth = float(np.mean([ais(*draw(), denominator="unbiased").x for _ in range(_truth_sets(world.n_clips))]))
        hits = 0
        for _ in range(sets):
            found = ais(*draw(), denominator="unbiased", reference="sampled")
            hits += _holds(found.ci_low, found.ci_high, truth)
        yield Line("AIS, clips sampled", world.words, hits / sets, COVER)


def size_of_matching_test(sets: int) -> Iterator[Line]:
    for world in (MATCHED[0], MATCHED[1], MATCHED[3]):
        blind = MatchedWorld(world.words, world.n_clips, world.per_clip, 0.0, world.clip_noise)
        clips, rng = blind.clips(), np.random.default_rng(4)
        hits = 0
        for seed in range(TESTS * sets):
            images, partner = blind.images(clips, rng)
            p_value = matching_null(images, clips, partner, draws=499, seed=seed).p_value
            hits += p_value is not None and p_value <= 0.05
        yield Line("matching test of AIS, p <= .05", world.words, hits / (TESTS * sets), AT_MOST)


def _ais_arguments(world: MatchedWorld, clips: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray]:
    images, partner = world.images(clips, rng)
    return images, clips, partner


# -- GIILS: new images, labels fixed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelledWorld:
    """Labels with centres of their own around a common direction; images scatter around their centre."""

    words: str
    n_labels: int
    per_label: int
    structure: tuple[float, ...]
    per_clip: int = 1
    rank: float = 20.0

    def centres(self) -> Floats:
        rng = np.random.default_rng(5)
        strength = np.resize(np.array(self.structure), self.n_labels)
        return 1.1 * directions(rng, 1, rank=5) + strength[:, None] * directions(rng, self.n_labels, rank=20)

    def images(self, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        labels = np.repeat(np.arange(self.n_labels), self.per_label)
        clips = np.arange(len(labels)) // self.per_clip
        noise = directions(rng, len(labels), rank=self.rank)
        if self.per_clip > 1:
            noise = 0.6 * noise + 0.8 * directions(rng, int(clips.max()) + 1, rank=self.rank)[clips]
        return self.centres()[labels] + noise, labels, clips


LABELLED = (
    LabelledWorld("4 labels of 3 images", 4, 3, (0.0, 0.3, 0.6)),
    LabelledWorld("18 labels of 10 images", 18, 10, (0.0, 0.3, 0.6)),
    LabelledWorld("18 labels of 10 images, no structure", 18, 10, (0.0,)),
    LabelledWorld("18 labels of 10 images, low rank", 18, 10, (0.0, 0.3, 0.6), rank=6),
    LabelledWorld("6 labels of 50 images", 6, 50, (0.0, 0.3, 0.6)),
    LabelledWorld("6 labels of 12 clips x 4 images", 6, 48, (0.0, 0.3, 0.6), per_clip=4),
)


def cover_giils(sets: int) -> Iterator[Line]:
    for world in LABELLED:
        truth = _label_truth(world)
        rng = np.random.default_rng(7)
        hits = np.zeros(world.n_labels)
        for _ in range(sets):
            images, labels, clips = world.images(rng)
            scores = giils(images, labels, clusters=clips)
            hits += [_holds(scores[code].ci_low, scores[code].ci_high, truth[code]) for code in range(world.n_labels)]
        wanted = COVER if world.per_label > 3 else "at least 93 %"
        yield Line("GIILS of one label (mean over labels)", world.words, float(hits.mean()) / sets, wanted)


def cover_families(sets: int) -> Iterator[Line]:
    for world in (LABELLED[1], LABELLED[4]):
        truth = _label_truth(world)
        order = np.argsort(np.argsort(-truth)) + 1
        score_truth = float(np.mean([_to_score(x) for x in truth]))
        rng = np.random.default_rng(8)
        together = ranked = macro = 0
        for seed in range(sets):
            images, labels, clips = world.images(rng)
            family = label_family(make_pool(images, labels, clusters=clips), Kind(), draws=2_000, seed=seed)
            rows = [family.by_label[code] for code in range(world.n_labels)]
            together += all(_holds(row.ci_low, row.ci_high, x) for row, x in zip(rows, truth, strict=True))
            ranked += all(row.rank_low <= rank <= row.rank_high for row, rank in zip(rows, order, strict=True))
            macro += family.macro_low is not None and family.macro_low <= score_truth <= family.macro_high
        yield Line("GIILS of all labels at once", world.words, together / sets, "at least 93 %")
        yield Line("ranks of all labels at once", world.words, ranked / sets, "at least 93 %")
        yield Line("macro mean of GIILS", world.words, macro / sets, COVER)


def size_of_label_test(sets: int) -> Iterator[Line]:
    for world in (LABELLED[0], LABELLED[2], LABELLED[5]):
        blind = LabelledWorld(world.words, world.n_labels, world.per_label, (0.0,), world.per_clip, world.rank)
        rng = np.random.default_rng(9)
        hits = total = 0
        for seed in range(TESTS * sets):
            images, labels, clips = blind.images(rng)
            nulls = label_null(images, labels, clusters=clips, draws=199, seed=seed)
            hits += sum(null.p_value is not None and null.p_value <= 0.05 for null in nulls.values())
            total += blind.n_labels
        yield Line("label test of GIILS, p <= .05", world.words, hits / total, AT_MOST)


def _label_truth(world: LabelledWorld) -> Floats:
    rng = np.random.default_rng(6)
    drawn = []
    for _ in range(_truth_sets(world.n_labels * world.per_label)):
        images, labels, clips = world.images(rng)
        unit = images / np.linalg.norm(images, axis=1, keepdims=True)
        sums = np.zeros((world.n_labels, unit.shape[1]))
        np.add.at(sums, labels, unit)
        n = world.per_label
        within = (np.vecdot(sums, sums) - n) / (n * (n - 1))
        drawn.append(within - (sums @ sums.sum(axis=0) / n - 1) / len(unit))
    return np.mean(drawn, axis=0)


def _truth_sets(size: int) -> int:
    """Enough sets that the truth's own error is far below an interval's width."""
    return 20_000 if size <= 100 else 5_000


def _to_score(x: float) -> float:
    return 100.0 * (1.0 - float(np.arccos(x)) / np.pi)


def _holds(low: float | None, high: float | None, x: float) -> bool:
    return low is not None and high is not None and low <= _to_score(x) <= high


STUDIES: dict[str, Callable[[int], Iterator[Line]]] = {
    "ais": cover_ais,
    "sampled": cover_sampled_ais,
    "matching": size_of_matching_test,
    "giils": cover_giils,
    "families": cover_families,
    "labels": size_of_label_test,
}


if __name__ == "__main__":
    main()
