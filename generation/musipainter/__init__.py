"""The Musipainter model family: frozen audio encoder, trained embedder, image backbone. Pure torch, no Django.

One training loop, one set of losses, one checkpoint format and one pipeline serve every preset (`presets`). What
differs between presets are the frozen parts, behind the protocols `audio_encoders.AudioEncoder` and
`backbones.Backbone`.
"""

import lazy_loader

# Names are listed in __init__.pyi and loaded when asked for: a reader of one pays for no other.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
