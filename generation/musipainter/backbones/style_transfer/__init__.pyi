from .kind import STYLE_TRANSFER as STYLE_TRANSFER
from .kind import StyleSettings as StyleSettings
from .transfer import CODE_SIZE as CODE_SIZE
from .transfer import StyleTransferBackbone as StyleTransferBackbone
from .transfer import square_pixels as square_pixels
