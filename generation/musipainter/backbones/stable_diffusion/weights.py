"""Stable Diffusion's weights: where they lie, what they hash to, how they are opened."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from diffusers.utils import logging as diffusers_logging
from torch import nn
from transformers import CLIPTextModel
from transformers.utils import logging as transformers_logging

from generation.errors import CheckpointError, first_line, is_out_of_memory
from generation.networks import explain_unreadable, refuse_misfits

HUB_ID = "CompVis/stable-diffusion-v1-4"
INDEX = "model_index.json"
NEEDED = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
# Folder of a network -> its class, and how it is called.
NETWORKS: dict[str, tuple[Any, str]] = {
    "unet": (diffusers.UNet2DConditionModel, "the U-Net"),
    "vae": (diffusers.AutoencoderKL, "the VAE"),
    "text_encoder": (CLIPTextModel, "the text encoder"),
    "safety_checker": (StableDiffusionSafetyChecker, "the safety checker"),
}


def load_components(source: str | Path) -> dict[str, Any]:
    """The parts of a Stable Diffusion model, on the CPU in float32, as `StableDiffusionBackbone` takes them."""
    folder = find_folder(source)
    try:
        with quiet_libraries():
            listed = json.loads((folder / INDEX).read_bytes())
            networks = {name: _load_network(folder / name) for name in NETWORKS if (listed.get(name) or [None])[0]}
            pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32, **networks
            )
    except CheckpointError:
        raise
    except Exception as error:  # diffusers, transformers, safetensors and json each raise their own
        if is_out_of_memory(error):
            raise
        raise CheckpointError(
            f"{folder} cannot be loaded as a Stable Diffusion model ({first_line(error)})."
        ) from error
    parts = {name: getattr(pipeline, name) for name in (*NEEDED, "safety_checker", "feature_extractor")}
    for name in NEEDED:
        if parts[name] is None:
            raise CheckpointError(f"{folder} is no whole Stable Diffusion model: it lacks its {name}.")
    return parts


def _load_network(folder: Path) -> nn.Module:
    """One network of the model, every tensor of it from its file; CheckpointError names the first that does not fit."""
    kind, what = NETWORKS[folder.name]
    try:
        network, report = kind.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=any(folder.glob("*.safetensors")),
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # refused below, by name
        )
    except Exception as error:  # diffusers, transformers, safetensors and json each raise their own
        if is_out_of_memory(error):
            raise
        raise CheckpointError(
            f"{folder.parent} cannot be loaded as a Stable Diffusion model ({folder.name}: {_explain(folder, error)})."
        ) from error
    refuse_misfits(network, report, source=folder, what=what, failure=CheckpointError)
    return network


def _explain(folder: Path, error: BaseException) -> str:
    """What is missing, or lies in the place of the folder's weights, else what the library says."""
    files = [path for path in sorted(folder.glob("*")) if path.suffix in (".safetensors", ".bin")]
    if not files:
        return "its weights are missing, a file .safetensors or .bin"
    if not (folder / "config.json").is_file():
        return "its config.json is missing"
    return explain_unreadable(files[0], error)


def find_folder(source: str | Path) -> Path:
    """The folder of a model: given as such, or fetched from the hub (or its cache on this machine) by name."""
    folder = Path(source)
    if folder.is_dir():
        if not (folder / INDEX).is_file():
            raise CheckpointError(f"{folder} is no Stable Diffusion folder: it holds no {INDEX}.")
        return folder
    if str(source).count("/") != 1 or str(source).startswith(("/", ".", "~")):
        raise CheckpointError(
            f"There are no Stable Diffusion weights at {source}: put the folder of {HUB_ID} there "
            "(model_index.json and its subfolders), or name the folder where it lies."
        )
    try:
        with quiet_libraries():
            return Path(diffusers.StableDiffusionPipeline.download(str(source)))
    except Exception as error:  # whatever the hub's client and the network raise
        raise CheckpointError(
            f"{source} is not on this machine and could not be fetched from the Hugging Face hub "
            f"({first_line(error)}): fetch it where there is a network and name the folder."
        ) from error


def weights_hash(networks: Mapping[str, nn.Module]) -> str:
    """Hash over names and values of all tensors: equal weights, equal hash, whatever file format they came in."""
    digest = hashlib.sha256()
    for part, network in sorted(networks.items()):
        for name, tensor in sorted(network.state_dict().items()):
            digest.update(f"{part}.{name} {tuple(tensor.shape)}".encode())
            if tensor.device.type != "meta":
                digest.update(tensor.detach().float().cpu().contiguous().numpy().data)
    return digest.hexdigest()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """diffusers and transformers keep their loading bars and remarks to themselves inside this block."""
    before = diffusers_logging.get_verbosity(), transformers_logging.get_verbosity()
    diffusers_logging.set_verbosity_error()
    transformers_logging.set_verbosity_error()
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        diffusers_logging.set_verbosity(before[0])
        transformers_logging.set_verbosity(before[1])
        diffusers_logging.enable_progress_bar()
        transformers_logging.enable_progress_bar()
