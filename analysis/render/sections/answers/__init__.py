"""Sections on the answers of one arm."""
