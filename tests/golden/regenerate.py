"""Recompute the golden values by routes of their own, and say which are confirmed and which are not recomputed.

    python tests/golden/regenerate.py [--slow] [--list] [--out FILE]

Nothing of the package is imported. Laws are counted one arrangement at a time or kept as exact fractions, special
functions have 30 digits, metrics are plain loops over pairs. What is left over came from seeded draws or from another
program's conventions, and is named by --list. Exits with 1 when a value differs.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from tests.golden import recompute_answers, recompute_laws, recompute_metrics  # noqa: E402

# Relative tolerance: printed with ten digits or found by an optimiser; everything else.
OPTIMISED, EXACT, ABSOLUTE = 1e-5, 1e-9, 1e-12
OPTIMISED_KEYS = ("scm", "gee", "glmm", "mafc", "theta_profile", "theta_mle", "mde80", "barnard", "boschloo")
Part = Callable[[], Iterator[tuple[str, Any]]]
FILES: dict[str, tuple[tuple[Part, ...], tuple[Part, ...]]] = {
    "golden_stats.json": (
        (*recompute_laws.FAST, *recompute_answers.FAST),
        (*recompute_laws.SLOW, *recompute_answers.SLOW),
    ),
    "golden_metrics.json": (recompute_metrics.FAST, recompute_metrics.SLOW),
}


def recomputed(name: str, *, slow: bool = False) -> dict[str, Any]:
    """Plain values by key of one golden file."""
    fast, rest = FILES[name]
    return {key: plain(value) for part in (*fast, *(rest if slow else ())) for key, value in part()}


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, Fraction):
        return value.numerator / value.denominator
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return [plain(item) for item in value] if isinstance(value, Sequence) else float(value)


def differences(golden: Any, found: Any, *, tolerance: float, where: str = "") -> list[str]:
    """Places where two nested values differ, in words."""
    if isinstance(golden, Mapping):
        if not isinstance(found, Mapping) or golden.keys() != found.keys():
            return [f"{where}: other keys"]
        return [d for key in golden for d in differences(golden[key], found[key], tolerance=tolerance, where=str(key))]
    if isinstance(golden, list):
        if not isinstance(found, list) or len(golden) != len(found):
            return [f"{where}: another length"]
        pairs = enumerate(zip(golden, found, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, tolerance=tolerance, where=f"{where}[{i}]")]
    if isinstance(golden, str | bool) or isinstance(found, str | bool | Mapping | list):
        return [] if golden == found else [f"{where}: {golden} and {found}"]
    same = math.isclose(golden, found, rel_tol=tolerance, abs_tol=ABSOLUTE if tolerance == EXACT else tolerance * 1e-3)
    return [] if same else [f"{where}: golden {golden!r}, recomputed {found!r}"]


def compare(name: str, found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(what differs, keys that were not recomputed) of one golden file."""
    golden = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    wrong = [f"{key}: not a golden key" for key in found if key not in golden]
    for key in found.keys() & golden.keys():
        tolerance = OPTIMISED if any(part in key for part in OPTIMISED_KEYS) else EXACT
        wrong += [f"{key}{d}" for d in differences(golden[key], found[key], tolerance=tolerance)]
    return sorted(wrong), [key for key in golden if key not in found and key != "_meta"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slow", action="store_true", help="also what takes more than a few seconds")
    parser.add_argument("--list", action="store_true", help="name the keys that are not recomputed")
    parser.add_argument("--out", type=Path, help="write the recomputed values to this JSON file")
    options = parser.parse_args()
    everything: dict[str, dict[str, Any]] = {}
    failed = False
    for name in FILES:
        everything[name] = recomputed(name, slow=options.slow)
        wrong, left = compare(name, everything[name])
        failed = failed or bool(wrong)
        print(f"{name}: {len(everything[name]) - len({w.split(': ')[0] for w in wrong})} values confirmed, "
              f"{len(wrong)} differences, {len(left)} not recomputed.")  # fmt: skip
        for line in wrong:
            print(f"  DIFFERS {line}")
        for key in left if options.list else ():
            print(f"  not recomputed: {key}")
    if options.out:
        options.out.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
