"""Sections of a report: each owns its words, tables and drawings."""
