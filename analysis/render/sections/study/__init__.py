"""Sections on a study as a whole: comparisons, people, provenance, how to read it."""
