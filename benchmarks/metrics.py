"""How fast the model metrics are: ratios to reading the data once, to the printed formulas, and to matrix roots.

Every ratio compares two things timed in this run on one CPU thread, in CPU seconds, so it hardly depends on the machine
or on what else runs there. Matrix roots are timed twice: so, and in a second process on all CPUs by the clock, as
anyone who just calls them finds it (fastest rounds of both; on a busy machine this line means little). A missed target
is marked; `--check` makes it an error. The whole takes about three minutes, most of it in scipy.linalg.sqrtm; `--quick`
leaves that out.

    python benchmarks/metrics.py [--quick] [--check]
"""

# ruff: noqa: E402
import os  # BLAS reads its number of threads when numpy is imported

ALL_CPUS = "--all-cpus"
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

import sys

for _name in THREADS:
    if ALL_CPUS not in sys.argv:
        os.environ.setdefault(_name, "1")

import argparse
import math
import subprocess
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy import linalg

from analysis.distribution import frechet_distance, frechet_of_moments
from analysis.similarity import Jackknife, Kind, Rows, ais, giils, make_pool, similarity_nulls, similarity_scores

PAIRS, DIMENSIONS, LABELS = 24_216, 512, 18
ROOT_DIMENSIONS = 2_048
missed: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out what compares with scipy.linalg.sqrtm")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument(ALL_CPUS, action="store_true", help="matrix roots alone, on all CPUs and by the clock")
    options = parser.parse_args()
    if options.all_cpus:
        roots_on_all_cpus()
        sys.exit(1 if missed else 0)
    similarity_against_reading()
    growth()
    similarity_against_printed_formulas()
    if not options.quick:
        frechet_against_matrix_root()
        free = {name: value for name, value in os.environ.items() if name not in THREADS}
        if subprocess.run([sys.executable, __file__, ALL_CPUS], env=free, check=False).returncode:
            missed.append("matrix roots on all CPUs")
    print(f"\n{len(missed)} targets missed{': ' + '; '.join(missed) if missed else ''}.")
    if options.check and missed:
        sys.exit(1)


def make_set(n: int, *, seed: int = 0, in_order: bool = False) -> tuple[np.ndarray, ...]:
    """n images, clips and references (float32, not normalised), a matching and labels."""
    rng = np.random.default_rng(seed)
    images, audio, references = (rng.standard_normal((n, DIMENSIONS), dtype=np.float32) + 0.3 for _ in range(3))
    partner = np.arange(n) if in_order else rng.permutation(n)
    labels = np.sort(rng.integers(0, LABELS, n)) if in_order else rng.integers(0, LABELS, n)
    return images, audio, partner, references, partner, labels


def seconds(work: Callable[[], object], *, rounds: int = 7) -> float:
    """Best of some rounds, after one to warm up."""
    work()
    best = math.inf
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def seconds_in_turn(first: Callable[[], object], second: Callable[[], object], *, rounds: int = 15) -> list[float]:
    """Best of some rounds of either, taken in turn, so that both meet the same moments of a shared machine."""
    best = [math.inf, math.inf]
    for _ in range(rounds):
        for place, work in enumerate((first, second)):
            best[place] = min(best[place], seconds(work, rounds=1))
    return best


def report(what: str, value: float, unit: str, *, at_most: float | None = None, at_least: float | None = None) -> None:
    target, good = "", True
    if at_most is not None:
        target, good = f"target <= {at_most:g}", value <= at_most
    if at_least is not None:
        target, good = f"target >= {at_least:g}", value >= at_least
    if not good:
        missed.append(what)
    print(f"  {what:<66} {value:>12,.4g} {unit:<8} {target} {'' if good else 'MISSED'}")


def similarity_against_reading() -> None:
    print(f"\nAIS + IIS + GIILS of {LABELS} labels, {PAIRS:,} pairs x {DIMENSIONS}, float32, lengths not 1")
    for words, in_order in (("matching and labels in random order", False), ("as written by embed_stimuli", True)):
        arguments = make_set(PAIRS, in_order=in_order)
        tables = arguments[0], arguments[1], arguments[3]
        reading, scores = seconds_in_turn(
            lambda tables=tables: [table.sum() for table in tables],
            lambda arguments=arguments: similarity_scores(*arguments),
        )
        nulls = seconds(lambda arguments=arguments: similarity_nulls(*arguments), rounds=3)
        print(f" {words}: reading the three tables once takes {1e3 * reading:.1f} ms")
        report("scores with standard errors and intervals", 1e3 * scores, "ms")
        report("scores / reading", scores / reading, "x", at_most=8)
        report("exact moments of all nulls / reading", nulls / reading, "x", at_most=50)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    similarity_scores(*arguments)
    report("extra memory at its peak", (tracemalloc.get_traced_memory()[1] - before) / 1e6, "MB", at_most=20)
    tracemalloc.stop()


def growth() -> None:
    print("\nGrowth with n (time per pair; linear growth keeps it)")
    times = {}
    for n in (6_054, 12_108, 24_216, 48_432):
        arguments = make_set(n)
        times[n] = seconds(lambda arguments=arguments: similarity_scores(*arguments)) / n
        report(f"n = {n:,}", 1e6 * times[n], "us/pair")
    report("largest / smallest time per pair", max(times.values()) / min(times.values()), "x", at_most=2)


def similarity_against_printed_formulas() -> None:
    n = 400
    images, audio, partner, _, _, labels = make_set(n, seed=1)
    print(f"\nAgainst the printed formulas, one pair of vectors at a time, G = T = {n}")

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.dot(a, b)) / (float(np.linalg.norm(a)) * float(np.linalg.norm(b)))

    wide = images.astype(np.float64), audio.astype(np.float64)

    def printed_ais() -> float:
        total = 0.0
        for i in range(n):
            rest = sum(cosine(wide[0][i], wide[1][j]) for j in range(n) if j != partner[i])
            total += cosine(wide[0][i], wide[1][partner[i]]) - rest / n
        return total / n

    def printed_giils(label: int) -> float:
        own = np.flatnonzero(labels == label)
        total = 0.0
        for i in own:
            rest = sum(cosine(wide[0][i], wide[0][k]) for k in range(n) if k != i) / n
            total += sum(cosine(wide[0][i], wide[0][j]) - rest for j in own if j != i)
        return total / (len(own) * (len(own) - 1))

    start = time.process_time()
    slow = printed_ais()
    ais_time = time.process_time() - start
    # Literally, eq. 8 computes the background anew for every pair: timed on one pair and multiplied by the pairs.
    start = time.process_time()
    for _ in range(20):
        sum(cosine(wide[0][0], wide[0][k]) for k in range(1, n))
    one_background = (time.process_time() - start) / 20
    giils_time = one_background * sum(int(count) * (int(count) - 1) for count in np.bincount(labels))
    values = seconds(lambda: (matched_value(images, audio, partner), label_values(images, labels)), rounds=50)
    whole = seconds(lambda: (ais(images, audio, partner), giils(images, labels)), rounds=50)
    printed = ais_time + giils_time
    report("printed AIS + GIILS of all labels / ours, values alone", printed / values, "x", at_least=1e4)
    report("the same / ours with standard errors, intervals, null means", printed / whole, "x")
    report("of the printed time, AIS takes", 100 * ais_time / printed, "%")
    report("AIS: difference of x", abs(slow - ais(images, audio, partner).x), "", at_most=1e-9)
    difference = max(abs(printed_giils(label) - giils(images, labels)[label].x) for label in (0, 7))
    report("GIILS: difference of x", difference, "", at_most=1e-9)
    difference = abs(slow - matched_value(images, audio, partner))
    report("values alone: difference of x", difference, "", at_most=1e-9)


def matched_value(images: np.ndarray, audio: np.ndarray, partner: np.ndarray) -> float:
    """x of AIS and nothing else, by the sums that `ais` uses."""
    rows, others = Rows(images, name="images"), Rows(audio, name="audio")
    own = float(rows.paired_with(others, partner).mean())
    return own + own / len(others) - float(rows.total @ others.total) / len(rows) / len(others)


def label_values(images: np.ndarray, labels: np.ndarray) -> list[float]:
    """x of the GIILS of all labels and nothing else."""
    pool = make_pool(images, labels)
    jackknife = Jackknife(pool, Kind())
    return [jackknife.value(code) for code in range(len(pool.names))]


def make_features(n: int, *, seed: int) -> np.ndarray:
    """(n, 2048) features with a decaying spectrum."""
    spectrum = np.arange(1, ROOT_DIMENSIONS + 1) ** -0.5
    return np.random.default_rng(seed).standard_normal((n, ROOT_DIMENSIONS)) * spectrum + 0.1


def moments_of(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    return a.mean(axis=0), np.cov(a.T), b.mean(axis=0), np.cov(b.T)


def distance_by_root(moments: tuple[np.ndarray, ...]) -> float:
    """The distance as pytorch-fid computes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = linalg.sqrtm(moments[1] @ moments[3])
    step = moments[0] - moments[2]
    return float(step @ step + np.trace(moments[1]) + np.trace(moments[3]) - 2 * np.trace(root).real)


def frechet_against_matrix_root() -> None:
    print(
        f"\nFrechet distance in {ROOT_DIMENSIONS} dimensions against scipy.linalg.sqrtm of the product of covariances"
    )
    print(" one thread, CPU seconds")
    a, b = make_features(10_000, seed=2), make_features(10_000, seed=3)
    moments = moments_of(a, b)
    start = time.process_time()
    by_root = distance_by_root(moments)
    root_time = time.process_time() - start
    report("sqrtm (whatever n: it sees covariances alone)", root_time, "s")
    fast = seconds(lambda: frechet_of_moments(*moments), rounds=5)
    report("sqrtm / ours, 10,000 v 10,000, from covariances", root_time / fast, "x")
    whole, covariances = seconds(lambda: frechet_distance(a, b), rounds=1), seconds(lambda: moments_of(a, b), rounds=1)
    report("both from the features: sqrtm / ours", (root_time + covariances) / whole, "x")
    difference = abs(frechet_of_moments(*moments) - by_root) / by_root
    report("relative difference of the distances", difference, "", at_most=1e-9)
    for first, second, target in ((335, 335, 300), (335, 2_425, 100)):
        x, y = make_features(first, seed=4), make_features(second, seed=5)
        low_rank = seconds(lambda x=x, y=y: frechet_distance(x, y), rounds=5)
        report(f"sqrtm / ours, {first} v {second:,}", root_time / low_rank, "x", at_least=target)


def roots_on_all_cpus() -> None:
    moments = moments_of(make_features(10_000, seed=2), make_features(10_000, seed=3))
    print(f" {os.cpu_count()} CPUs for both, by the clock")

    def clock(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    frechet_of_moments(*moments)
    ours, theirs = [], []
    for _ in range(2):
        theirs.append(clock(lambda: distance_by_root(moments)))
        ours += [clock(lambda: frechet_of_moments(*moments)) for _ in range(5)]
    report("sqrtm, fastest round", min(theirs), "s")
    report("ours, fastest round", min(ours), "s")
    report("sqrtm / ours, 10,000 v 10,000, from covariances", min(theirs) / min(ours), "x", at_least=20)


if __name__ == "__main__":
    main()
