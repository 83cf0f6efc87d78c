"""From music to an image: the whole model in the order in which it works."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.errors import CheckpointError
from generation.musipainter.audio_encoders import hear_clip, listen, read_window
from generation.musipainter.backbones import Painting
from generation.musipainter.checkpoint import Checkpoint
from generation.musipainter.data import FeatureCache, MediaItem
from generation.networks import map_side_by_side, single_thread


class MusipainterPipeline:
    """Music in, images out. One clip per call through encoder and embedder, so no image depends on its neighbours.

    Parameters
    ----------
    checkpoint : Checkpoint
        A trained model (`load_checkpoint`).
    cache : FeatureCache
        Of frozen audio features.
    """

    def __init__(self, checkpoint: Checkpoint, cache: FeatureCache) -> None:
        self.checkpoint = checkpoint
        self.encoder = checkpoint.parts.audio_encoder
        self.backbone = checkpoint.parts.backbone
        self.cache = cache
        self._tokens: dict[str, Tensor] = {}

    def __call__(
        self, clips: Sequence[MediaItem], seeds: Sequence[int], settings: Any, *, places: Sequence[int]
    ) -> list[Painting]:
        """One image per clip and seed; a clip may stand there several times.

        seeds: decide all that is random in an image. places: see `Backbone.render`.
        Raises AudioError or ImageError with the name of a file that cannot be used.
        """
        # 1. Hear every clip once
        new = list({clip.sha256: clip for clip in clips if clip.sha256 not in self._tokens}.values())
        # 2. Make its audio token
        for clip, token in zip(new, map_side_by_side(self.audio_token, new), strict=True):
            self._tokens[clip.sha256] = token
        e_audio = torch.stack([self._tokens[clip.sha256] for clip in clips])
        # 3. Paint
        return self.backbone.render(e_audio, seeds, settings, places=places)

    def audio_token(self, clip: MediaItem) -> Tensor:
        """e_audio (d,) of a clip's first window."""
        return self.embed(hear_clip(self.encoder, clip, self.cache))

    def audio_token_of_file(self, path: Path, *, start: float) -> tuple[Tensor, float]:
        """e_audio (d,) of the window of any sound file that begins `start` seconds in, and the window's seconds."""
        window = read_window(self.encoder, path, start=start)
        with single_thread():
            token = self.embed(listen(self.encoder, window, path.name))
        return token, len(window) / self.encoder.sample_rate

    @torch.no_grad()
    def embed(self, features: Tensor) -> Tensor:
        """Frozen features (T, C) of one clip to e_audio (d,); CheckpointError when that is no row of numbers."""
        token = self.checkpoint.embedder(self.encoder.condition(features).unsqueeze(0))[0]
        if not bool(token.isfinite().all()):
            raise CheckpointError(
                "The embedder gave values that are no numbers: the checkpoint's weights cannot be right."
            )
        return token
