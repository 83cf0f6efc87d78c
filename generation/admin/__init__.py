"""What researchers see of this app in the admin: importing this package registers every page."""

from generation.admin import checkpoints, datasets, jobs, sets, stimuli
from generation.admin.look import OwnFilters, begin_either_way

__all__ = ["OwnFilters", "begin_either_way", "checkpoints", "datasets", "jobs", "sets", "stimuli"]
