"""Every golden value is compared somewhere: the tests' own source is searched for the keys they read."""

import ast
import re
from pathlib import Path

import pytest

from tests.analysis.golden import STATS
from tests.analysis.metrics_golden import METRICS

# Not values: what made the file.
NOT_VALUES = {"_meta"}
# Keys put together by a function or held in a variable, and the tests that read them.
BUILT = {
    "METRICS": [
        r"GIILS\.selfpairs=(True|False)\.bg=(all|other)\.den=(paper_G|unbiased)\.(x|score)",
        r"PRDC\.k5\..*",
    ],
    "STATS": [],
}


def keys_read(table: str) -> list[re.Pattern[str]]:
    """Patterns of all keys in `STATS[...]` or `METRICS[...]`; a placeholder of an f-string stands for anything."""
    patterns = [re.compile(pattern) for pattern in BUILT[table]]
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == table:
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                    patterns.append(re.compile(re.escape(node.slice.value)))
                elif isinstance(node.slice, ast.JoinedStr):
                    parts = [
                        re.escape(part.value) if isinstance(part, ast.Constant) else "[^ ]+"
                        for part in node.slice.values
                    ]
                    patterns.append(re.compile("".join(parts)))
    return patterns


@pytest.mark.parametrize(("table", "golden", "least"), [("STATS", STATS, 150), ("METRICS", METRICS, 50)])
def test_every_golden_value_is_compared(table, golden, least):
    patterns = keys_read(table)
    assert len(patterns) > least
    assert [p.pattern for p in patterns if re.fullmatch(r"(\[\^ \]\+|\\?\W)+", p.pattern)] == []
    missed = [key for key in golden if key not in NOT_VALUES and not any(p.fullmatch(key) for p in patterns)]
    assert missed == []
