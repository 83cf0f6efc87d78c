from .conditioning import PromptConditioning as PromptConditioning
from .diffusion import StableDiffusionBackbone as StableDiffusionBackbone
from .diffusion import load_pixels as load_pixels
from .kind import DIFFUSION_FOLDER as DIFFUSION_FOLDER
from .kind import STABLE_DIFFUSION as STABLE_DIFFUSION
from .settings import DiffusionSettings as DiffusionSettings
from .weights import quiet_libraries as quiet_libraries
