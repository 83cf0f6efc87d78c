"""Names of the joint spaces and image features that commands know; opening one takes `generation.run.measuring`."""

from typing import Literal

# How much of a clip Wav2CLIP hears at once; another choice is another space.
WAV2CLIP_WINDOWS: dict[str, Literal["whole", "three-10s"]] = {"wav2clip": "whole", "wav2clip-three-10s": "three-10s"}
SPACES = ("embedded", *WAV2CLIP_WINDOWS)
FEATURES = ("efficientnet-lite2", "inception-pytorch-fid", "inception-torch-fidelity", "inception-clean-fid")
