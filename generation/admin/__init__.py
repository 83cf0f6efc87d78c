"""What researchers see of this app in the admin: importing this package registers every page."""

from generation.admin import accounts, checkpoints, datasets, jobs, sets, stimuli
from generation.admin.look import OwnFilters, begin_either_way
from generation.admin.versions import Versioned

__all__ = [
    "OwnFilters",
    "Versioned",
    "accounts",
    "begin_either_way",
    "checkpoints",
    "datasets",
    "jobs",
    "sets",
    "stimuli",
]
