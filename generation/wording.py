"""Numbers in sentences: as in analysis, which loads nothing for it."""

from analysis.wording import plural

__all__ = ["plural"]
