"""Every golden value is compared somewhere: the tests' own source is searched for the keys they read."""

import ast
import re
from pathlib import Path

from tests.analysis.golden import STATS

# Not values: what made the file.
NOT_VALUES = {"_meta"}


def keys_read() -> list[re.Pattern[str]]:
    """Patterns of all keys in `STATS[...]`; a placeholder of an f-string stands for anything."""
    patterns = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "STATS":
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                    patterns.append(re.compile(re.escape(node.slice.value)))
                elif isinstance(node.slice, ast.JoinedStr):
                    parts = [
                        re.escape(part.value) if isinstance(part, ast.Constant) else "[^ ]+"
                        for part in node.slice.values
                    ]
                    patterns.append(re.compile("".join(parts)))
    return patterns


def test_every_golden_value_is_compared():
    patterns = keys_read()
    assert len(patterns) > 150
    assert [p.pattern for p in patterns if re.fullmatch(r"(\[\^ \]\+|\\?\W)+", p.pattern)] == []
    missed = [key for key in STATS if key not in NOT_VALUES and not any(p.fullmatch(key) for p in patterns)]
    assert missed == []
