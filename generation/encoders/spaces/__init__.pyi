from .embedded import EmbeddedSpace as EmbeddedSpace
from .embedded import TrainingFile as TrainingFile
from .space import JointSpace as JointSpace
from .space import Vectors as Vectors
from .wav2clip import Wav2ClipSpace as Wav2ClipSpace
