"""Arbitrary style transfer: music-conditioned stylisation of photographs."""

import lazy_loader

# Names are listed in __init__.pyi and loaded when asked for: a reader of one pays for no other.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
