from .backbone import Backbone as Backbone
from .backbone import Painting as Painting
from .kind import BackboneKind as BackboneKind
from .losses import LossTerms as LossTerms
from .losses import generator_loss as generator_loss
from .losses import overall_loss as overall_loss
from .registry import BACKBONES as BACKBONES
from .registry import find_backbone as find_backbone
