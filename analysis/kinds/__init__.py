"""Kinds of trials with answers of their own: what their companion tables say in a report."""

from analysis.kinds.registry import KINDS, find_kind, find_tables, summarise_tables

__all__ = ["KINDS", "find_kind", "find_tables", "summarise_tables"]
