"""The result document: every number that any format shows."""

import lazy_loader

# The shape is read by renderers, which load no statistics.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
