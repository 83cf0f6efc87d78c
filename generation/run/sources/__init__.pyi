from .imported import ImportedSet as ImportedSet
from .imported import import_stimuli as import_stimuli
from .maker import Maker as Maker
from .registry import open_maker as open_maker
from .shuffled import make_boards as make_boards
from .shuffled import make_shuffled_set as make_shuffled_set
