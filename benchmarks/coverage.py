"""Do the intervals hold what they promise? Coverage of 95 % intervals and size of tests over simulated sets.

Each world is simulated 2,000 times from a seed. An interval covers if it holds the world's true value, which is the
mean of the score over thousands of further sets. Sizes are shares of p <= .05 in worlds in which there is nothing to
find. Standard errors (±) are those of the share over the sets.

    python benchmarks/coverage.py [--sets 2000] [--only ais giils ...]        the whole takes about fifteen minutes
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from analysis.distribution import (
    NEIGHBOURS,
    SHARES,
    DistributionEstimate,
    distribution_block,
    frechet_distance,
    kid,
    prdc,
    vendi,
    vendi_estimate,
)
from analysis.similarity import (
    DRAW_BUDGET,
    AcrossRecordings,
    Dealing,
    Jackknife,
    Kind,
    Pool,
    Rows,
    Score,
    ais,
    giils,
    giils_across,
    giils_of_pool,
    label_family,
    label_null,
    make_pool,
    matched_by_recordings,
    matching_null,
    recording_null,
    sample_pool,
)

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
            error = f" ± {100 * line.se:.2f}" if line.digits > 1 else ""
            parts = f" ({line.range_of_parts})" if line.range_of_parts else ""
            found = f"{100 * line.share:.{line.digits}f}{error} %{parts}"
            print(f"| {line.what} | {line.world} | {found} | {line.wanted} |", flush=True)
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


@dataclass
class Line:
    """A share over simulated sets; each set adds the share of its intervals that hold, or of its tests that reject.

    `parts` holds one row of shares per set where several things are measured together (labels).
    """

    what: str
    world: str
    wanted: str
    digits: int = 1
    sets: list[float] = field(default_factory=list)
    parts: list[list[bool]] = field(default_factory=list)

    @property
    def range_of_parts(self) -> str:
        if not self.parts or len(self.parts[0]) < 2:
            return ""
        shares = 100 * np.mean(self.parts, axis=0)
        return f"{shares.min():.1f}–{shares.max():.1f}"

    @property
    def share(self) -> float:
        return float(np.mean(self.sets))

    @property
    def se(self) -> float:
        return float(np.std(self.sets, ddof=1)) / len(self.sets) ** 0.5


# Tests are simulated this many times as often: their sizes are known to be exact, so a small surplus would matter.
TESTS = 10
COVER, AT_LEAST, AT_MOST = "93–97 %", "at least 93 %", "at most 5 %"


def directions(rng: np.random.Generator, n: int, *, rank: float) -> Floats:
    """Vectors with the decaying spectrum of picture embeddings; `rank` is their effective number of dimensions."""
    spectrum = np.exp(-np.arange(DIMENSIONS) / rank)
    return rng.standard_normal((n, DIMENSIONS)) * np.sqrt(spectrum / spectrum.sum())


# -- AIS: new images, of the same clips or of clips drawn from many ---------------------------------------------------


@dataclass(frozen=True)
class MatchedWorld:
    """T clips, images made from `drawn` of them (all): a common direction, a part of the clip, noise.

    signal   how much of a clip its images hold; several values are dealt out to the clips in turn
    """

    words: str
    n_clips: int
    per_clip: int
    signal: tuple[float, ...]
    clip_noise: float = 0.0
    drawn: int | None = None
    wanted: str = COVER

    def clips(self) -> Floats:
        rng = np.random.default_rng(1)
        return directions(rng, self.n_clips, rank=20) + 0.5 * directions(rng, 1, rank=20)

    def images(self, clips: Floats, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
        """Images of all clips; those of one clip share what that clip made of the noise."""
        used = np.arange(self.n_clips)
        if self.drawn is not None:
            used = np.sort(rng.choice(self.n_clips, self.drawn, replace=False))
        partner = np.repeat(used, self.per_clip)
        shared = self.clip_noise * directions(rng, self.n_clips, rank=20)
        own = directions(rng, len(partner), rank=20)
        signal = np.resize(np.array(self.signal), self.n_clips)[partner, None]
        return signal * clips[partner] + shared[partner] + own, partner


UNLIKE = (0.0, 0.3, 0.6, 1.5)
MATCHED = (
    MatchedWorld("12 clips, one image each", 12, 1, (0.5,)),
    MatchedWorld("40 clips, one image each", 40, 1, (0.5,)),
    MatchedWorld("40 clips, one image each, nothing to find", 40, 1, (0.0,)),
    MatchedWorld("40 clips, 4 images each, alike within a clip", 40, 4, (0.5,), clip_noise=1.0),
    MatchedWorld("335 clips, one image each", 335, 1, (0.1,)),
    MatchedWorld("3 clips, one image each", 3, 1, (0.5,)),
    MatchedWorld("40 clips drawn from 2,000, of very different strength", 2_000, 1, UNLIKE, drawn=40),
    MatchedWorld("the same 40 clips each time, of very different strength", 40, 1, UNLIKE, wanted=AT_LEAST),
)


def cover_ais(sets: int) -> Iterator[Line]:
    for world in MATCHED:
        clips, rng = world.clips(), np.random.default_rng(2)
        truth = float(np.mean([ais(*_ais_arguments(world, clips, rng)).x for _ in range(_truth_sets(world.n_clips))]))
        line = Line("AIS", world.words, world.wanted)
        for _ in range(sets):
            found = ais(*_ais_arguments(world, clips, rng))
            line.sets.append(_holds(found.ci_low, found.ci_high, truth))
        yield line


def cover_sampled_ais(sets: int) -> Iterator[Line]:
    """Clips and images are drawn anew each time: the interval that lets the test set vary."""
    for world in MATCHED[:2]:
        rng = np.random.default_rng(3)

        def draw(world: MatchedWorld = world, rng: np.random.Generator = rng) -> tuple[Floats, Floats, NDArray]:
            clips = directions(rng, world.n_clips, rank=20) + 0.5 * directions(np.random.default_rng(1), 1, rank=20)
            images, partner = world.images(clips, rng)
            return images, clips, partner

        truth = float(np.mean([ais(*draw(), denominator="unbiased").x for _ in range(_truth_sets(world.n_clips))]))
        line = Line("AIS, the clips compared with sampled too", world.words, COVER)
        for _ in range(sets):
            found = ais(*draw(), denominator="unbiased", reference="sampled")
            line.sets.append(_holds(found.ci_low, found.ci_high, truth))
        yield line


def size_of_matching_test(sets: int) -> Iterator[Line]:
    for world in (MATCHED[0], MATCHED[1], MATCHED[3]):
        blind = MatchedWorld(world.words, world.n_clips, world.per_clip, (0.0,), world.clip_noise)
        clips, rng = blind.clips(), np.random.default_rng(4)
        line = Line("matching test of AIS, p <= .05", world.words, AT_MOST, digits=2)
        for seed in range(TESTS * sets):
            images, partner = blind.images(clips, rng)
            p_value = matching_null(images, clips, partner, draws=499, seed=seed).p_value
            line.sets.append(p_value is not None and p_value <= 0.05)
        yield line


def _ais_arguments(world: MatchedWorld, clips: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray]:
    images, partner = world.images(clips, rng)
    return images, clips, partner


# -- GIILS: new images, labels fixed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelledWorld:
    """Labels with centres of their own around a common direction; images scatter around their centre.

    clips    clips of each label; structure: how far the labels' centres lie apart, dealt out to the labels in turn
    drawn    images of each label whose pairs count, drawn anew in every set; None: all of them
    """

    words: str
    clips: tuple[int, ...]
    structure: tuple[float, ...]
    per_clip: int = 1
    rank: float = 20.0
    drawn: int | None = None
    kind: Kind = Kind()

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.array(self.clips) * self.per_clip

    def centres(self) -> Floats:
        rng = np.random.default_rng(5)
        strength = np.resize(np.array(self.structure), len(self.clips))
        return 1.1 * directions(rng, 1, rank=5) + strength[:, None] * directions(rng, len(self.clips), rank=20)

    def images(self, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        labels = np.repeat(np.arange(len(self.clips)), self.sizes)
        clips = np.arange(len(labels)) // self.per_clip
        noise = directions(rng, len(labels), rank=self.rank)
        if self.per_clip > 1:
            noise = 0.6 * noise + 0.8 * directions(rng, int(clips.max()) + 1, rank=self.rank)[clips]
        return self.centres()[labels] + noise, labels, clips

    def pool(self, rng: np.random.Generator) -> Pool:
        images, labels, clips = self.images(rng)
        if self.drawn is None:
            return make_pool(images, labels, clusters=clips)
        own = [np.flatnonzero(labels == label) for label in range(len(self.clips))]
        chosen = [rng.choice(rows, min(self.drawn, len(rows)), replace=False) for rows in own]
        return sample_pool(images, labels, np.sort(np.concatenate(chosen)), clusters=clips)


APART = (0.0, 0.3, 0.6)
OTHERS = Kind("other_labels", False, "unbiased")
TINY = LabelledWorld("4 labels of 3 images", (3,) * 4, APART)
TEN = LabelledWorld("18 labels of 10 images", (10,) * 18, APART)
TEN_ALIKE = LabelledWorld("18 labels of 10 images, no structure", (10,) * 18, (0.0,))
FIFTY = LabelledWorld("6 labels of 50 images", (50,) * 6, APART)
CLUSTERED = LabelledWorld("6 labels of 12 clips x 4 images", (12,) * 6, APART, per_clip=4)
LABELLED = (
    LabelledWorld("4 labels of 4 images", (4,) * 4, APART),
    LabelledWorld("4 labels of 4 images, no structure", (4,) * 4, (0.0,)),
    LabelledWorld("4 labels of 4 clips x 3 images", (4,) * 4, APART, per_clip=3),
    LabelledWorld("6 labels of 6 images, background of other labels, unbiased", (6,) * 6, APART, kind=OTHERS),
    LabelledWorld("labels of 4, 5, 8, 12, 30 and 60 images", (4, 5, 8, 12, 30, 60), (0.0, 0.6, 0.3)),
    TEN,
    TEN_ALIKE,
    LabelledWorld("18 labels of 10 images, low rank", (10,) * 18, APART, rank=6),
    LabelledWorld("6 labels of 10 images, very far apart", (10,) * 6, (4.0,)),
    LabelledWorld("6 labels of 10 images, background of other labels, unbiased", (10,) * 6, APART, kind=OTHERS),
    LabelledWorld("10 drawn from each of 6 labels of 50 images (the report's rule)", (50,) * 6, APART, drawn=10),
    FIFTY,
    CLUSTERED,
)


def cover_giils(sets: int) -> Iterator[Line]:
    for world in LABELLED:
        truth = _label_truth(world)
        rng = np.random.default_rng(7)
        line = Line("GIILS of one label (lowest–highest label)", world.words, COVER)
        for _ in range(sets):
            scores = giils_of_pool(world.pool(rng), world.kind)
            ends = [(scores[code].ci_low, scores[code].ci_high) for code in range(len(truth))]
            line.parts.append([_holds(*end, x) for end, x in zip(ends, truth, strict=True)])
            line.sets.append(float(np.mean(line.parts[-1])))
        yield line


def cover_families(sets: int) -> Iterator[Line]:
    for world in (TEN, FIFTY):
        truth = _label_truth(world)
        order = np.argsort(np.argsort(-truth)) + 1
        score_truth = float(np.mean([_to_score(x) for x in truth]))
        rng = np.random.default_rng(8)
        together = Line("GIILS of all labels at once", world.words, AT_LEAST)
        ranked = Line("ranks of all labels at once", world.words, AT_LEAST)
        macro = Line("macro mean of GIILS", world.words, COVER)
        for seed in range(sets):
            family = label_family(world.pool(rng), world.kind, draws=2_000, seed=seed)
            rows = [family.by_label[code] for code in range(len(truth))]
            together.sets.append(all(_holds(row.ci_low, row.ci_high, x) for row, x in zip(rows, truth, strict=True)))
            ranked.sets.append(
                all(row.rank_low <= rank <= row.rank_high for row, rank in zip(rows, order, strict=True))
            )
            low, high = family.macro_low, family.macro_high
            macro.sets.append(low is not None and high is not None and low <= score_truth <= high)
        yield from (together, ranked, macro)


def size_of_label_test(sets: int) -> Iterator[Line]:
    for world, limit in ((TINY, False), (TEN_ALIKE, False), (CLUSTERED, False), (FIFTY, True)):
        blind = LabelledWorld(world.words, world.clips, (0.0,), world.per_clip, world.rank)
        rng = np.random.default_rng(9)
        words = world.words + (", normal limit" if limit else "")
        line = Line("label test of GIILS, p <= .05", words, AT_MOST, digits=2)
        # The limit is for labels too large to draw subsets of; here it is made to serve smaller ones.
        with patch("analysis.similarity.relabelling.DRAW_BUDGET", 0 if limit else DRAW_BUDGET):
            for seed in range(TESTS * sets // (4 if limit else 1)):
                images, labels, clips = blind.images(rng)
                nulls = label_null(images, labels, clusters=clips, draws=199, seed=seed)
                called = [null.p_value is not None and null.p_value <= 0.05 for null in nulls.values()]
                line.sets.append(float(np.mean(called)))
        yield line


def _label_truth(world: LabelledWorld) -> Floats:
    """Mean x of each label over many sets, by the formula written out for whole sets."""
    rng = np.random.default_rng(6)
    n, drawn = world.sizes, []
    paper = world.kind.denominator == "paper"
    for _ in range(_truth_sets(int(n.sum()))):
        images, labels, _ = world.images(rng)
        unit = images / np.linalg.norm(images, axis=1, keepdims=True)
        sums = np.zeros((len(n), unit.shape[1]))
        np.add.at(sums, labels, unit)
        squares, towards = np.vecdot(sums, sums), sums @ sums.sum(axis=0)
        within = (squares - n) / (n * (n - 1))
        if world.kind.background == "all":
            background = (towards / n - 1) / (len(unit) if paper else len(unit) - 1)
        else:
            background = (towards - squares) / n / (len(unit) if paper else len(unit) - n)
        drawn.append(within - background)
    return np.mean(drawn, axis=0)


def _truth_sets(size: int) -> int:
    """Enough sets that the truth's own error is far below an interval's width."""
    return 20_000 if size <= 100 else 5_000


def _to_score(x: float) -> float:
    return 100.0 * (1.0 - float(np.arccos(x)) / np.pi)


def _holds(low: float | None, high: float | None, x: float) -> bool:
    return low is not None and high is not None and low <= _to_score(x) <= high


# -- recordings: clips cut from one recording are alike, and so are their images ---------------------------------------


@dataclass(frozen=True)
class RecordedWorld:
    """Labels of recordings that are drawn anew in every set; clips of one share a part of what they are.

    sizes   clips of each recording of a label; alike: correlation of clips, and of images, of one recording
    signal  how much of its clip an image holds; structure: how far the labels' centres lie apart
    """

    words: str
    sizes: tuple[int, ...]
    alike: float
    labels: int = 4
    signal: float = 0.5
    structure: float = 0.6

    @property
    def strata(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(self.labels), len(self.sizes))

    def draw(self, rng: np.random.Generator) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Images and clips (one image of each), their recordings and labels."""
        recording = np.repeat(np.arange(self.labels * len(self.sizes)), np.tile(self.sizes, self.labels))
        label, fixed = self.strata[recording], np.random.default_rng(12)
        centres = 0.5 * directions(fixed, 1, rank=20) + self.structure * directions(fixed, self.labels, rank=20)
        clips = centres[label] + self._scatter(rng, recording)
        return self.signal * clips + self._scatter(rng, recording), clips, recording, label

    def _scatter(self, rng: np.random.Generator, recording: NDArray[np.int64]) -> Floats:
        shared = directions(rng, int(recording.max()) + 1, rank=20)[recording]
        own = directions(rng, len(recording), rank=20)
        return np.sqrt(self.alike) * shared + np.sqrt(1 - self.alike) * own


EQUAL, UNEQUAL = (4,) * 20, (1,) * 10 + (10,) * 10
RECORDED = tuple(
    RecordedWorld(f"4 labels of 20 recordings, {sizes}, clips of one alike by {alike:.1f}", given, alike)
    for sizes, given in (("4 clips each", EQUAL), ("half of 1 clip, half of 10", UNEQUAL))
    for alike in (0.0, 0.1, 0.3)
)
IGNORED = "shown: recordings ignored"


def cover_recordings(sets: int) -> Iterator[Line]:
    """AIS, and GIILS of pairs of different recordings, by recording; and what intervals by clip would promise."""
    for world in RECORDED:
        rng = np.random.default_rng(13)
        truths = [_scores_of(*world.draw(rng), world, errors=False) for _ in range(max(2_000, sets))]
        truth = {name: np.mean([one[name] for one in truths], axis=0) for name in truths[0]}
        lines = {
            "ais": Line("AIS, by recording", world.words, COVER),
            "ais_clip": Line("AIS, by clip", world.words, IGNORED),
            "giils": Line("GIILS of one label, by recording", world.words, COVER),
            "giils_clip": Line("GIILS of one label, by clip, all pairs", world.words, IGNORED),
        }
        for _ in range(sets):
            for name, scores in _scores_of(*world.draw(rng), world, errors=True).items():
                ends = [(score.ci_low, score.ci_high) for score in scores]
                lines[name].parts.append([_holds(*end, x) for end, x in zip(ends, truth[name], strict=True)])
                lines[name].sets.append(float(np.mean(lines[name].parts[-1])))
        yield from lines.values()


def _scores_of(
    images: Floats,
    clips: Floats,
    recording: NDArray[np.int64],
    label: NDArray[np.int64],
    world: RecordedWorld,
    *,
    errors: bool,
) -> dict[str, list[Any]]:
    """Scores of one set by recording and by clip, or (errors=False) their x alone."""
    own = np.arange(len(images))
    by_clip = ais(images, clips, own)
    across = AcrossRecordings(make_pool(images, label, clusters=recording), Kind())
    if not errors:
        everything = Jackknife(make_pool(images, label), Kind())
        codes = range(world.labels)
        return {
            "ais": [by_clip.x], "ais_clip": [by_clip.x], "giils": [across.value(code) for code in codes],
            "giils_clip": [everything.value(code) for code in codes],
        }  # fmt: skip
    rows = Rows(images, name="images"), Rows(clips, name="audio")
    scores: dict[str, list[Score]] = {
        "ais": matched_by_recordings(*rows, own, [by_clip], recording, recording, world.strata),
        "ais_clip": [by_clip],
        "giils": list(giils_across(across, {}).values()),
        "giils_clip": list(giils(images, label).values()),
    }
    return scores


def size_of_recording_tests(sets: int) -> Iterator[Line]:
    """Nothing to find: images and music hang together inside recordings, but know nothing of each other or labels."""
    for alike, world in ((0.3, EQUAL), (0.3, UNEQUAL)):
        blind = RecordedWorld(
            RECORDED[2].words if world is EQUAL else RECORDED[5].words, world, alike, signal=0.0, structure=0.0
        )
        rng = np.random.default_rng(14)
        lines = [
            Line("matching test of AIS by recording, p <= .05", blind.words, AT_MOST, digits=2),
            Line("matching test of AIS by clip, p <= .05", blind.words, IGNORED, digits=2),
            Line("label test of GIILS by recording, p <= .05", blind.words, AT_MOST, digits=2),
            Line("label test of GIILS by clip, p <= .05", blind.words, IGNORED, digits=2),
        ]
        for seed in range(sets):
            images, clips, recording, label = blind.draw(rng)
            own, pool = np.arange(len(images)), make_pool(images, label, clusters=recording)
            dealt, _ = Dealing(pool, Kind()).nulls(
                AcrossRecordings(pool, Kind()), Jackknife(pool, Kind()), draws=199, seed=seed
            )
            found = [
                [recording_null(images, clips, own, recording, draws=199, seed=seed)],
                [matching_null(images, clips, own, draws=199, seed=seed)],
                dealt.values(),
                label_null(images, label, draws=199, seed=seed).values(),
            ]
            for line, tests in zip(lines, found, strict=True):
                line.sets.append(float(np.mean([test.p_value is not None and test.p_value <= 0.05 for test in tests])))
        yield from lines


# -- distances and variety: new images of new clips, new references ---------------------------------------------------


def cover_distances(sets: int) -> Iterator[Line]:
    """Distances over a quarter of the sets: every interval computes its number anew some sixty times."""
    for words, n, per_clip in (("10 images", 10, 1), ("12 clips x 4 images", 12, 4), ("50 images", 50, 1)):
        units = np.repeat(np.arange(n), per_clip)
        pool = LabelledWorld(words, (n,), (0.0,), per_clip)
        rng = np.random.default_rng(10)
        truth = float(np.mean([vendi(pool.images(rng)[0]) for _ in range(5_000)]))
        line = Line("Vendi score", words, AT_LEAST)
        for _ in range(sets):
            found = vendi_estimate(pool.images(rng)[0], units, 0.95, 0)
            line.sets.append(_between(found, truth))
        yield line
    for n in (20, 40):
        yield from _cover_two_samples(n, sets // 4)


def _cover_two_samples(n: int, sets: int) -> Iterator[Line]:
    """Images and references from two laws, n of each."""
    rng = np.random.default_rng(11)

    def draw() -> tuple[Floats, Floats]:
        return directions(rng, n, rank=10) + 0.5 / 8, directions(rng, n, rank=10)

    def values(images: Floats, references: Floats) -> dict[str, float]:
        found = {"Fréchet distance": frechet_distance(images, references), "Kernel distance": kid(images, references)}
        return found | {name: getattr(prdc(references, images, NEIGHBOURS), name) for name in SHARES}

    drawn = [values(*draw()) for _ in range(3_000)]
    truth = {name: float(np.mean([one[name] for one in drawn])) for name in drawn[0]}
    lines = {name: Line(name[:1].upper() + name[1:], f"{n} images v {n} references", AT_LEAST) for name in truth}
    for _ in range(sets):
        block = distribution_block(*draw(), space={"name": "world"})
        found = {"Fréchet distance": block["frechet"], "Kernel distance": block["kernel"]}
        for name, one in (found | {name: block[name] for name in SHARES}).items():
            lines[name].sets.append(one["ci_low"] <= truth[name] <= one["ci_high"])
    yield from lines.values()


def _between(found: DistributionEstimate, truth: float) -> bool:
    return found.ci_low is not None and found.ci_high is not None and found.ci_low <= truth <= found.ci_high


STUDIES: dict[str, Callable[[int], Iterator[Line]]] = {
    "ais": cover_ais,
    "sampled": cover_sampled_ais,
    "matching": size_of_matching_test,
    "giils": cover_giils,
    "families": cover_families,
    "distances": cover_distances,
    "labels": size_of_label_test,
    "recordings": cover_recordings,
    "recording_tests": size_of_recording_tests,
}


if __name__ == "__main__":
    main()
