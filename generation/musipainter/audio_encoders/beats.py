"""`BeatsEncoder`: music as the paper's models hear it.

BEATs was trained on clips of ten seconds, the paper's clips last thirty, and the sequence of 248 tokens that the paper
prints is what five seconds give. So how much a model hears is said, not assumed; it is part of the encoder's
description, and a checkpoint trained in one mode is refused in another:

- `crop5`: one window of 5 s (248 tokens), as the printed number says. Drawn at random for every training pair, the
  first 5 s elsewhere.
- `windows` (default): all 30 s as six windows of 5 s, heard one by one, their tokens pooled together (6 x 248).
- `full`: 30 s in one pass (1496 tokens); longer than anything BEATs was trained on.

A recording that ends early gives fewer tokens; nothing is padded or repeated.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from generation.errors import AudioError, CheckpointError
from generation.musipainter.config import WindowMode
from generation.musipainter.presets import Opening, Preset
from generation.musipainter.tensors import load_tensors
from generation.networks import FBANK_SAMPLE_RATE, FEATURE_LAYERS, Beats, beats_fbank, shortest_input

BEATS_FILE = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
WINDOW_SECONDS = 5.0
HEARD_SECONDS: dict[WindowMode, float] = {"crop5": 5.0, "windows": 30.0, "full": 30.0}
WINDOW_SAMPLES = round(WINDOW_SECONDS * FBANK_SAMPLE_RATE)
# The table of position biases: kept under the first layer's name, left out under the others'.
SHARED_FIRST = "encoder.layers.0.self_attn.relative_attention_bias.weight"
SHARED = re.compile(r"encoder\.layers\.[1-9]\d*\.self_attn\.relative_attention_bias\.weight")


class BeatsEncoder:
    """BEATs' layers 4, 8 and 12 side by side: 2304 channels. An `AudioEncoder`.

    Parameters
    ----------
    network : Beats
        Stays in eval mode, trained or not: nothing in it is random.
    window : {"windows", "crop5", "full"}
        How much is heard at once; see the module's text.
    layers : sequence of int
        Whose outputs are laid side by side, counted from 1.
    device, dtype
        Where and in which number format it computes.

    Raises
    ------
    CheckpointError
        When there is no such window mode.
    """

    name = "beats"
    sample_rate = FBANK_SAMPLE_RATE
    cached = False  # 14 MB per clip, and another network once it is trained

    def __init__(
        self,
        network: Beats,
        *,
        window: WindowMode = "windows",
        layers: Sequence[int] = FEATURE_LAYERS,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if window not in HEARD_SECONDS:
            raise CheckpointError(f"There is no window mode {window!r}; choose one of {', '.join(HEARD_SECONDS)}.")
        self.network = network.to(device=device, dtype=dtype).eval().requires_grad_(False)
        self.is_trained = False
        self.window: WindowMode = window
        self.layers = tuple(layers)
        self.channels = len(self.layers) * network.config.encoder_embed_dim
        self.window_seconds = HEARD_SECONDS[window]

    @classmethod
    def load(cls, weights: Path, **options: Any) -> "BeatsEncoder":
        """With the weights of a published checkpoint file; CheckpointError says what is wrong with it."""
        return cls(Beats.load(weights), **options)

    @classmethod
    def needed_files(cls, opening: Opening) -> list[tuple[Path, str]]:
        path = opening.weights / BEATS_FILE
        return [(path, f"The BEATs checkpoint is missing: put {BEATS_FILE} (363 MB) at {path}.")]

    @classmethod
    def open(cls, preset: Preset, opening: Opening) -> "BeatsEncoder":
        return cls.load(opening.weights / BEATS_FILE, window=preset.window, device=opening.device)

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return self.network.patch_embedding.weight.device

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "weights_sha256": self.network.weights_sha256,
            "layers": list(self.layers),
            "sample_rate": self.sample_rate,
            "window": self.window,
            "window_seconds": self.window_seconds,
        }

    @torch.no_grad()
    def encode(self, waveform: Tensor) -> Tensor:
        """Mono waveform (N,) at 16 kHz to features (T, 2304), float32, on the CPU.

        AudioError below 2,800 samples (0.175 s).
        """
        return self.encode_batch(waveform.unsqueeze(0))[0].float().cpu()

    def encode_batch(self, waveforms: Tensor) -> Tensor:
        """Equally long waveforms (B, N) to features (B, T, 2304), with gradients where the network is trained."""
        shortest = shortest_input(self.network.config.input_patch_size)
        if waveforms.shape[-1] < shortest:
            raise AudioError(
                f"is too short for BEATs: {waveforms.shape[-1]} samples at 16 kHz, it needs at least "
                f"{shortest:,} ({shortest / FBANK_SAMPLE_RATE} s)"
            )
        waveforms = waveforms.to(self.device)
        if self.window != "windows":
            return self._hear(waveforms)
        whole = waveforms.shape[-1] // WINDOW_SAMPLES
        parts = []
        if whole:
            windows = waveforms[:, : whole * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
            parts.append(self._hear(windows).unflatten(0, (len(waveforms), whole)).flatten(1, 2))
        rest = waveforms[:, whole * WINDOW_SAMPLES :]
        if rest.shape[-1] >= shortest:
            parts.append(self._hear(rest))
        return torch.cat(parts, dim=1)

    def _hear(self, windows: Tensor) -> Tensor:
        # Energies span more than half precision holds, whatever precision the networks around compute in.
        with torch.autocast(windows.device.type, enabled=False):
            banks = torch.stack([beats_fbank(window.float()) for window in windows])
        return self.network(banks.to(self.network.patch_embedding.weight.dtype), layers=self.layers)

    def fit(self, train_features: Sequence[Tensor]) -> None:
        """BEATs' own normalisation is fixed: nothing is taken from the train split."""

    def condition(self, features: Tensor) -> Tensor:
        return features

    def train_network(self, *, gradient_checkpointing: bool = False) -> None:
        """Let BEATs learn: its weights in full precision, and part of the checkpoint from now on."""
        self.network.to(torch.float32).requires_grad_(True)
        self.network.gradient_checkpointing = gradient_checkpointing
        self.is_trained = True

    def state(self) -> dict[str, Tensor]:
        """Empty while BEATs is frozen; its weights where it was trained, the table that all layers share once."""
        if not self.is_trained:
            return {}
        tensors = self.network.state_dict()
        return {name: tensor.detach().cpu() for name, tensor in tensors.items() if not SHARED.fullmatch(name)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        if not state:
            return
        first = state.get(SHARED_FIRST)
        copies = {name: first for name in self.network.state_dict() if first is not None and SHARED.fullmatch(name)}
        load_tensors(self.network, state | copies, "BEATs")
        self.is_trained = True
