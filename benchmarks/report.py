"""How long a report takes for 1,000 participants x 10 boards x 4 clips, how it grows, and the law of 1,000 boards.

    python benchmarks/report.py [--participants 1000]

Prints one table; exits with 1 when the chance law takes longer than 50 ms of computing or time grows faster than rows.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analysis.chance import matching_law
from analysis.reading import read_responses
from analysis.report import write_files
from analysis.results import build_result

CATEGORIES = ["Baroque", "Electronic", "Heavy metal", "Folklore"]
BOARDS = 10


def responses(participants: int, *, seed: int = 1) -> pd.DataFrame:
    """Tidy answers of participants who know between 0 and 80 % of the clips."""
    rng = np.random.default_rng(seed)
    blocks = participants * BOARDS
    known = rng.random((blocks, 4)) < np.repeat(rng.uniform(0, 0.8, participants), BOARDS)[:, None]
    order = np.argsort(np.where(known, 2.0, rng.random((blocks, 4))), axis=1)
    places = np.argsort(np.where(known, 2.0, np.arange(4) / 10), axis=1)
    chosen = np.tile(np.arange(4), (blocks, 1))
    moved = np.where(np.take_along_axis(known, order, 1), order, places)
    np.put_along_axis(chosen, order, moved, 1)
    block = np.repeat(np.arange(blocks), 4)
    heard, picked = np.tile(np.arange(4), blocks), chosen.ravel()
    names = np.array(CATEGORIES)
    return pd.DataFrame(
        {
            "study": "bench", "arm": "model", "participant": [f"p{b // BOARDS:05d}" for b in block],
            "block": (block % BOARDS + 1).astype(str), "trial_index": block % BOARDS + 1, "design": "one_to_one",
            "n_clips": 4, "n_options": 4, "clip": [f"clip{b % BOARDS}-{h}" for b, h in zip(block, heard, strict=True)],
            "clip_category": names[heard], "clip_position": heard + 1, "chosen_stimulus": [f"s{p}" for p in picked],
            "chosen_category": names[picked], "image_position": picked + 1,
            "choice_ms": rng.lognormal(8.5, 0.6, len(block)).astype(int), "choice_order": heard + 1,
        }
    )  # fmt: skip


def measure(participants: int, folder: Path) -> dict[str, float]:
    """Seconds of each step."""
    path = folder / f"{participants}.csv"
    responses(participants).to_csv(path, index=False)
    start = time.perf_counter()
    frame = read_responses(path)
    read = time.perf_counter()
    result = build_result(frame)
    built = time.perf_counter()
    write_files(result, folder / f"out-{participants}")
    written = time.perf_counter()
    return {"rows": len(frame), "read": read - start, "compute": built - read, "write": written - built}


def law_seconds(blocks: int, *, repeats: int = 5) -> float:
    """Least process time of the exact law of `blocks` boards of four, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        matching_law([(4, 4)] * blocks)
        times.append(time.process_time() - start)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--participants", type=int, default=1_000)
    largest = parser.parse_args().participants
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure(20, folder)  # imports, fonts and caches
        rows = [measure(n, folder) for n in (largest // 4, largest // 2, largest)]
    print(f"{'rows':>8} {'read s':>8} {'compute s':>10} {'write s':>8} {'all s':>8} {'ms per 1,000 rows':>18}")
    for row in rows:
        total = row["read"] + row["compute"] + row["write"]
        print(
            f"{row['rows']:>8.0f} {row['read']:>8.2f} {row['compute']:>10.2f} {row['write']:>8.2f} {total:>8.2f} "
            f"{1e6 * total / row['rows']:>18.1f}"
        )
    law = law_seconds(1_000)
    print(f"chance law of 1,000 boards: {1_000 * law:.2f} ms")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    first, last = (sum(row[k] for k in ("read", "compute", "write")) / row["rows"] for row in (rows[0], rows[-1]))
    problems = []
    if law > 0.05:
        problems.append("the chance law of 1,000 boards takes more than 50 ms")
    if last > 1.5 * first:
        problems.append(f"time per row grows with the number of rows ({last / first:.2f} times)")
    for problem in problems:
        print(f"TOO SLOW: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
