"""Embeddings, features and thumbnails of small sets as files, made by a seed."""

import hashlib
import io
import json
import zipfile

import numpy as np
from PIL import Image

from tests.analysis.metrics_golden import unit

CATEGORIES = ("Sky", "Water", "Mountain", "Desert")


def ids_of(kind, n):
    return np.array([hashlib.sha256(f"{kind}{row}".encode()).hexdigest() for row in range(n)])


def layout(categories, clips, per_clip):
    labels = np.repeat(np.array(categories), clips)
    partner = np.repeat(np.arange(len(labels)), per_clip)
    return labels, partner


def write_embeddings(
    path, *, name="one", categories=CATEGORIES, clips=4, per_clip=1, size=8, space=None, seed=1, pieces=None
):
    """Images near their clips, clips near their category; one reference for each clip.

    pieces: the recording of each clip.
    """
    rng = np.random.default_rng(seed)
    labels, partner = layout(categories, clips, per_clip)
    centres = rng.standard_normal((len(categories), size)).repeat(clips, axis=0)
    audio = unit(centres + 0.6 * rng.standard_normal(centres.shape))
    images = unit(audio[partner] + 0.8 * rng.standard_normal((len(partner), size)))
    references = unit(centres + 0.6 * rng.standard_normal(centres.shape))
    about = {"name": "toy", "set": name, "categories": list(categories), "weights": {"toy.bin": "ab" * 32}}
    about |= {"options": {"windows": "whole"}, "versions": {"numpy": "2"}, "notes": ["A toy space."]} | (space or {})
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {}
    if pieces is not None:
        names = np.array(pieces, dtype=str)
        known = {"image_pieces": names[partner], "audio_pieces": names, "reference_pieces": names}
    np.savez(
        path,
        **known,
        image_embeddings=images.astype("f4"),
        image_ids=ids_of(f"{name}-image", len(partner)),
        image_labels=labels[partner],
        audio_embeddings=audio.astype("f4"),
        audio_ids=ids_of("clip", len(labels)),
        audio_labels=labels,
        partner=partner,
        reference_embeddings=references.astype("f4"),
        reference_ids=ids_of("artwork", len(labels)),
        reference_labels=labels,
        reference_partner=partner,
        space=np.array(json.dumps(about)),
    )
    return path


def write_features(
    path, *, name="one", categories=CATEGORIES, clips=4, per_clip=1, size=6, about=None, seed=2, pieces=None
):
    rng = np.random.default_rng(seed)
    labels, partner = layout(categories, clips, per_clip)
    description = {"name": "toy-net", "distance_name": "Fréchet distance (toy net)", "set": name}
    description |= {"categories": list(categories), "weights": {"net.bin": "cd" * 32}, "options": {}, "versions": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {} if pieces is None else {"image_pieces": np.array(pieces, dtype=str)[partner]}
    np.savez(
        path,
        **known,
        image_features=rng.standard_normal((len(partner), size)).astype("f4"),
        image_ids=ids_of(f"{name}-image", len(partner)),
        image_labels=labels[partner],
        image_clips=ids_of("clip", len(labels))[partner],
        reference_features=(1 + rng.standard_normal((len(labels), size))).astype("f4"),
        reference_ids=ids_of("artwork", len(labels)),
        reference_labels=labels,
        features=np.array(json.dumps(description | (about or {}))),
    )
    return path


def jpeg(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(buffer, format="JPEG")
    return buffer.getvalue()


def write_thumbnails(path, *, name="one", categories=CATEGORIES, clips=2, change=None):
    """A picture for each of `clips` clips of each category."""
    labels, _ = layout(categories, clips, 1)
    pictures = [jpeg((40 * row % 255, 90, 10 * row % 255)) for row in range(len(labels))]
    images = [
        {
            "image": str(image),
            "category": str(label),
            "clip": str(clip),
            "index": 0,
            "file": f"{row}.jpg",
            "sha256": hashlib.sha256(pictures[row]).hexdigest(),
            "width": 32,
            "height": 24,
        }
        for row, (image, clip, label) in enumerate(
            zip(ids_of(f"{name}-image", len(labels)), ids_of("clip", len(labels)), labels, strict=True)
        )
    ]
    index = {"schema": "paragone-thumbnails/1", "set": name, "side": 32, "rule": "In order."}
    index |= {"available": dict.fromkeys(map(str, categories), clips), "images": images}
    if change:
        change(index)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.json", json.dumps(index))
        for row, data in enumerate(pictures):
            archive.writestr(f"{row}.jpg", data)
    return path
