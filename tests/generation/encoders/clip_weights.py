"""A CLIP folder as it is published, with random weights: the image side in its true shape, the text side tiny."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

SMALL_TEXT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
SMALL_TEXT |= {"vocab_size": 99, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def make_tensors(seed: int = 0) -> dict[str, Tensor]:
    """Every tensor of the model by its published name, the position ids of older files included."""
    with torch.device("meta"):
        network = CLIPModel(CLIPConfig(text_config=SMALL_TEXT))
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in shapes.items():
        if name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "layrnorm.weight")):
            tensors[name] = 1 + 0.1 * torch.randn(shape, generator=generator)
        else:
            tensors[name] = 0.03 * torch.randn(shape, generator=generator)
    tensors["vision_model.embeddings.position_ids"] = torch.arange(50)[None]
    tensors["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    return tensors


def write_folder(folder: Path, tensors: dict[str, Tensor], *, name: str = "pytorch_model.bin", **vision: Any) -> Path:
    """config.json and one weights file, in either of the published formats; `vision` changes the config."""
    folder.mkdir(parents=True, exist_ok=True)
    config = CLIPConfig(text_config=SMALL_TEXT).to_dict()
    config["vision_config"] |= vision
    (folder / "config.json").write_text(json.dumps(config))
    if name.endswith(".bin"):
        torch.save(tensors, folder / name)
    else:
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / name, {"format": "pt"})
    return folder
