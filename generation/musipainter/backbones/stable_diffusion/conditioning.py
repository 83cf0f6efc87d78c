"""The audio token inside the prompt: "An art image of <*>" (sections 3.2 and 3.3 of the paper).

`<*>` stands for e_audio. CLIP's text encoder reads 77 tokens: the beginning, the four words, e_audio at position 5, the
end, padding. e_audio takes the place of a row of the token table, before positions are added, and then goes through
the frozen transformer like a word; what the image generator sees are all 77 outputs. The mask is causal: the words
before the token do not hear the music, everything after it does.

The token enters by a hook on the table's output, so tokenizer and text encoder stay as they were loaded. The usual way
for a learned token (add it to the tokenizer, enlarge the table, overwrite its new last row) gives the same numbers.
"""

from typing import Any, Literal

import torch
from torch import Tensor

from generation.errors import CheckpointError
from generation.musipainter.config import PLACEHOLDER, PROMPT, check_prompt


class PromptConditioning:
    """Turns audio tokens and texts into what a Stable Diffusion model is conditioned on (section 3.2).

    Parameters
    ----------
    tokenizer, text_encoder
        The CLIP parts of a Stable Diffusion model, as transformers loads them.
    prompt : str
        A text with one `<*>`.

    Raises
    ------
    CheckpointError
        When the prompt has no place for the music, or is too long, or the tokenizer is not the text encoder's.
    """

    def __init__(self, tokenizer: Any, text_encoder: Any, prompt: str = PROMPT) -> None:
        self.tokenizer = tokenizer
        self.text_encoder = text_encoder
        self.prompt = prompt
        self.table: torch.nn.Embedding = text_encoder.get_input_embeddings()
        self.dim = self.table.embedding_dim
        self.length = text_encoder.config.max_position_embeddings
        check_prompt(prompt)
        check_tokenizer(tokenizer, self.table.num_embeddings)
        before, after = (self.words(part) for part in prompt.split(PLACEHOLDER))
        # Beginning of text comes first, so the music's position is one after the words before it.
        self.position = 1 + len(before)
        # Any token may keep the music's place for the look-up; the unused end token does.
        self.ids = self._framed([*before, tokenizer.eos_token_id, *after])

    @property
    def device(self) -> torch.device:
        """Where the text encoder computes."""
        return self.table.weight.device

    def words(self, text: str) -> list[int]:
        """Token numbers of a text, without beginning and end."""
        return list(self.tokenizer(text.strip(), add_special_tokens=False).input_ids) if text.strip() else []

    def embed(self, e_audio: Tensor) -> Tensor:
        """Audio tokens (B, d) to the prompt's conditioning (B, 77, d); gradients reach e_audio."""
        if e_audio.ndim != 2 or e_audio.shape[1] != self.dim:
            raise CheckpointError(
                f"The text encoder takes audio tokens of {self.dim} numbers, not {tuple(e_audio.shape)}."
            )

        def put_music(module: torch.nn.Module, inputs: Any, rows: Tensor) -> Tensor:
            music = e_audio.to(rows).unsqueeze(1)
            return torch.cat([rows[:, : self.position], music, rows[:, self.position + 1 :]], dim=1)

        hook = self.table.register_forward_hook(put_music)
        try:
            return self._encode(self.ids.expand(len(e_audio), -1))
        finally:
            hook.remove()

    @torch.no_grad()
    def embed_text(self, text: str) -> Tensor:
        """A text without music, such as a negative prompt or a label's prompt: (1, 77, d)."""
        return self._encode(self._framed(self.words(text)))

    @torch.no_grad()
    def label_target(self, label: str, kind: Literal["table", "encoder"] = "table") -> Tensor:
        """The label of eq. 2 as one vector (d,), float32: the mean over the label's own tokens.

        "table": of their rows in the token table, as the code does that the paper builds on.
        "encoder": of the text encoder's outputs for them, as the paper's wording suggests.
        """
        words = self.words(label)
        if not words:
            raise CheckpointError(f"The label {label!r} has no words to compare the music with.")
        if kind == "table":
            vectors = self.table.weight[torch.tensor(words, device=self.device)]
        else:
            ids = self._framed(words)
            vectors = self._encode(ids)[0, 1 : 1 + min(len(words), self.length - 2)]
        return vectors.float().mean(dim=0)

    def _framed(self, words: list[int]) -> Tensor:
        """Beginning, words, end, and the tokenizer's padding up to the encoder's length: (1, 77)."""
        if len(words) > self.length - 2:
            raise CheckpointError(
                f"A prompt of {len(words)} tokens is too long: the text encoder takes {self.length - 2}."
            )
        begin, end, pad = (getattr(self.tokenizer, f"{name}_token_id") for name in ("bos", "eos", "pad"))
        ids = [begin, *words, end]
        return torch.tensor([ids + [pad] * (self.length - len(ids))])

    def _encode(self, ids: Tensor) -> Tensor:
        return self.text_encoder(ids.to(self.device)).last_hidden_state


def check_tokenizer(tokenizer: Any, rows: int) -> None:
    """CheckpointError when a tokenizer's numbers point past the `rows` of the token table, or it has no frame."""
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if not 0 <= highest < rows:
        raise CheckpointError(
            f"The tokenizer numbers its tokens up to {highest}, the text encoder's token table has {rows} rows: "
            "these are parts of two models."
        )
    for name in ("bos", "eos", "pad"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise CheckpointError(f"The tokenizer has no {name} token, which every prompt of Stable Diffusion needs.")
