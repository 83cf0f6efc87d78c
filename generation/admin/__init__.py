"""What researchers see of this app in the admin."""

from generation.admin import jobs, sets

__all__ = ["jobs", "sets"]
