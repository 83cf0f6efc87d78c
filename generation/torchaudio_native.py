"""Lets torchaudio's Python half be used where its compiled half does not fit the torch beside it.

The wheels of torchaudio 2.11 are linked against one CUDA release, so beside a CPU-only torch, or a torch for another
CUDA, `import torchaudio` stops with OSError or RuntimeError, and takes down every library that imports torchaudio when
it is installed (transformers, and diffusers with it). Nothing here needs the compiled half: it holds the RNN-T loss
and forced alignment only. `install` puts a finder in front that tries the compiled half and, where that fails, leaves
torchaudio in the state that it has itself when built without it. It costs nothing until torchaudio is imported, and
imports neither torchaudio nor torch.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

EXTENSION = "torchaudio._extension"


class _ExtensionLoader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.loader.exec_module(module)
        except (OSError, RuntimeError, ImportError) as error:
            _mark_missing(module, error)


def _mark_missing(module: ModuleType, error: Exception) -> None:
    """Give the half-executed extension module the names that torchaudio reads from it."""

    def refuse_alignment(function: Callable[..., Any]) -> Callable[..., NoReturn]:
        def missing(*args: Any, **kwargs: Any) -> NoReturn:
            raise RuntimeError(f"{function.__name__} needs torchaudio's compiled half, which did not load: {error}")

        return missing

    module.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=refuse_alignment,
        native_error=error,
    )


class _ExtensionFinder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != EXTENSION:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _ExtensionLoader(spec.loader)
        return spec


def install() -> None:
    """Put the finder in front, once."""
    if not any(isinstance(finder, _ExtensionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ExtensionFinder())
