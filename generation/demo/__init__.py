"""The demo pack as package data: music, art, photographs, small pretrained networks, golden values."""

from pathlib import Path

PACK = Path(__file__).resolve().parent / "pack"
WEIGHTS = PACK / "weights"
GOLDEN = PACK / "golden"

__all__ = ["GOLDEN", "PACK", "WEIGHTS"]
