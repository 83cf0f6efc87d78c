"""Exclusion rules: who is left out of the results, by declarations that never look at whether answers are right."""

import lazy_loader

# Names are listed in __init__.pyi and loaded when asked for: the web process reads rules' words and loads no pandas.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
