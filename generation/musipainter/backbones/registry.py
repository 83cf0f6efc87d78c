"""Backbones by name. To add one: a module with a `BackboneKind`, a line here, and a preset that names it."""

from pkgutil import resolve_name

from generation.errors import CheckpointError
from generation.musipainter.backbones.kind import BackboneKind

BACKBONES = {
    "style-transfer": "generation.musipainter.backbones.style_transfer:STYLE_TRANSFER",
    "stable-diffusion": "generation.musipainter.backbones.stable_diffusion:STABLE_DIFFUSION",
}


def find_backbone(name: str) -> BackboneKind:
    """The backbone of this name, as it is known before it is opened. Loads no torch.

    Parameters
    ----------
    name : str
        A key of `BACKBONES`.

    Returns
    -------
    BackboneKind
        Its member.

    Raises
    ------
    CheckpointError
        Lists the names there are.
    """
    if name not in BACKBONES:
        raise CheckpointError(f'There is no backbone "{name}"; there are {", ".join(BACKBONES)}.')
    return resolve_name(BACKBONES[name])
