"""Stored media: content-addressed files and their addresses."""

from generation.media.storage import ContentStorage

__all__ = ["ContentStorage"]
