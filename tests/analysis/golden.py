"""The golden values of the human results, read once."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "golden"
STATS: dict[str, Any] = json.loads((FOLDER / "golden_stats.json").read_text())
