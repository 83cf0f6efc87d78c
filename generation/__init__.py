"""Data in, images out: datasets of music and art, the Musipainter models, stimulus sets and their embeddings."""

from generation.torchaudio_native import install

# Before anything may import torchaudio, transformers or diffusers; imports none of them.
install()
