"""What is known of a backbone before it is opened: its settings, its files, its needs. No torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.errors import CheckpointError
from generation.musipainter.options import check_bounds
from generation.musipainter.presets import Opening, Preset

if TYPE_CHECKING:
    from generation.musipainter.backbones.backbone import Backbone


def need_nothing(opening: Opening) -> list[tuple[Path, str]]:
    """Of a backbone without files of its own."""
    return []


@dataclass(frozen=True)
class BackboneKind:
    """A member of `registry.BACKBONES`.

    Attributes
    ----------
    settings : type
        Frozen dataclass of how it paints; its options (see `options`) become arguments of commands and fields of the
        admin's form.
    open : callable
        `open(preset, opening)` loads the networks; what it imports may be slow.
    settle : callable
        `settle(set_seed, batch_size, choices)` gives the fields of `settings` that were chosen or follow from where it
        paints; `choices` are checked by `settle_painting`.
    needed_files : callable
        `needed_files(opening)`: files and folders, each with the sentence that is said when it is missing.
    paints_on_photos : bool
        Whether it repaints photographs.
    is_large : bool
        Whether it computes on a device that is chosen, and pays for a GPU.
    title : str
        Of its options in the admin's form.
    group, description : str
        Of its options on the command line.
    """

    settings: type
    open: "Callable[[Preset, Opening], Backbone]"
    settle: Callable[[int, int, Mapping[str, Any]], dict[str, Any]]
    needed_files: Callable[[Opening], list[tuple[Path, str]]] = need_nothing
    paints_on_photos: bool = False
    is_large: bool = False
    title: str = ""
    group: str = ""
    description: str = ""

    def settle_painting(self, preset: Preset, *, set_seed: int, batch_size: int, choices: Mapping[str, Any]) -> Any:
        """How a preset's images are painted: a complete record that decides them.

        Parameters
        ----------
        preset : Preset
            Named when a choice cannot be.
        set_seed, batch_size : int
            Of the set.
        choices : mapping
            Fields of `settings` that were chosen; "auto" for device and precision is settled here.

        Returns
        -------
        An instance of `settings`.

        Raises
        ------
        CheckpointError
            When the backbone has no such setting, or a value cannot be.
        """
        values = self.settle(set_seed, batch_size, choices)
        if unknown := sorted(choices.keys() - {item.name for item in fields(self.settings)}):
            raise CheckpointError(f"The preset {preset.name} paints without a setting {unknown[0]!r}.")
        settings = self.settings(**values)
        check_bounds(settings)
        return settings
