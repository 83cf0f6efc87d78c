"""Distances between generated images and reference artworks, and the variety of the images, as one JSON-ready block.

Every number stands under a name that tells the features it was computed on. It is called FID or KID only on features
of the published Inception network; on a joint space the same formulas are other quantities.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.distribution.estimates import (
    DistributionEstimate,
    estimate_classes,
    estimate_kernel,
    estimate_many,
    estimate_one,
    missing,
)
from analysis.distribution.frechet import frechet_distance
from analysis.distribution.kernels import CMMD_SCALE, gaussian_distance, polynomial_distance
from analysis.distribution.rows import Floats
from analysis.distribution.variety import prdc, vendi
from analysis.errors import MetricError

NEIGHBOURS = 5
# Clips below which intervals hold in fewer sets than they say (docs/metrics.md).
VENDI_INTERVAL_FROM = 10
SHARES_INTERVAL_FROM = 20
SHARES = ("precision", "recall", "density", "coverage")
MMD_NOTE = "CMMD's formula; comparable with a published CMMD only on CLIP ViT-L/14 embeddings at 336 pixels."
VENDI_NOTE = "The effective number of different images, from 1 (all alike) to the number of images."


def distribution_block(
    images: ArrayLike,
    references: ArrayLike,
    *,
    space: Mapping[str, Any],
    labels: ArrayLike | None = None,
    reference_labels: ArrayLike | None = None,
    clips: ArrayLike | None = None,
    reference_units: ArrayLike | None = None,
    too_few: str = "",
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Distances of generated images (G, d) from reference artworks (R, d), and the variety of the images.

    Args:
        space: description of the features: `name`, and `distance_name` where the Frechet distance has its own name.
        labels, reference_labels: categories, for the distances inside and between categories.
        clips: (G,) recording (or clip, where none is known) of each image; images of one are left out together for the
            intervals, and dealt out together for the nulls.
        reference_units: (R,) the same of each reference artwork; None: each is one draw.
        too_few: why there are too few recordings for intervals; empty where there are enough.
    """
    block = _block(images, references, space, labels, reference_labels, clips, reference_units, confidence, seed)
    return _without_intervals(block, too_few) if too_few else block


def _without_intervals(block: dict[str, Any], reason: str) -> dict[str, Any]:
    """The block without any error and interval, for a reason."""
    empty = dict.fromkeys(("se", "ci_low", "ci_high"))
    for key in ("frechet", "kernel", "mmd", "vendi", *SHARES):
        if block[key]["value"] is not None:
            block[key] |= empty | {"status": "too_small", "reason": reason}
    if (found := block["by_class"]) and found["status"] == "ok":
        found["intervals"] = {key: dict(empty) for key in ("between", "within")} | {
            "by_category": {name: dict(empty) for name in found["by_category"]}
        }
        found["reason"] = f"{found['reason']} No interval: {reason}."
    return block


def _block(
    images: ArrayLike,
    references: ArrayLike,
    space: Mapping[str, Any],
    labels: ArrayLike | None,
    reference_labels: ArrayLike | None,
    clips: ArrayLike | None,
    reference_units: ArrayLike | None,
    confidence: float,
    seed: int,
) -> dict[str, Any]:
    fake, real = np.asarray(images, dtype=np.float64), np.asarray(references, dtype=np.float64)
    sizes = len(fake), len(real)
    block: dict[str, Any] = {
        "space": dict(space),
        "n_images": sizes[0],
        "n_references": sizes[1],
        "dimensions": int(fake.shape[1]),
        "names": distance_names(space),
        "notes": _notes(sizes, fake.shape[1]),
        "vendi": vendi_estimate(fake, clips, confidence, seed).as_dict() | {"note": VENDI_NOTE},
    }
    if min(sizes) < 2:
        empty = _too_few(sizes).as_dict()
        return block | dict.fromkeys(("frechet", "kernel", "mmd", *SHARES), empty) | {"by_class": None}
    block["frechet"] = estimate_many(
        lambda a, b: {"frechet": frechet_distance(a, b)},
        fake,
        real,
        a_units=clips,
        b_units=reference_units,
        bounds={"frechet": (0.0, np.inf)},
        confidence=confidence,
        seed=seed,
    )["frechet"].as_dict()
    units: dict[str, Any] = {"a_units": clips, "b_units": reference_units, "confidence": confidence}
    block["kernel"] = estimate_kernel(polynomial_distance(fake, real), **units).as_dict()
    mmd = estimate_kernel(gaussian_distance(fake, real), scale=CMMD_SCALE, **units)
    block["mmd"] = mmd.as_dict() | {"note": MMD_NOTE}
    block |= _shares(fake, real, clips, reference_units, confidence, seed)
    block["by_class"] = _by_class(fake, labels, real, reference_labels, clips, reference_units, confidence, seed)
    return block


def _too_few(sizes: tuple[int, int]) -> DistributionEstimate:
    if sizes[1] == 0:
        return missing(sizes, "the set has no reference artworks", "not_applicable")
    return missing(sizes, f"{sizes[0]} images and {sizes[1]} reference artworks: at least two of each are needed")


def distance_names(space: Mapping[str, Any]) -> dict[str, str]:
    """What each distance is called on these features."""
    name = str(space["name"])
    frechet = str(space.get("distance_name") or f"Fréchet distance ({name})")
    published = frechet.startswith("FID")
    return {
        "frechet": frechet,
        "kernel": frechet.replace("FID", "KID", 1) if published else f"Kernel distance, cubic kernel ({name})",
        "mmd": f"1000 × MMD², Gaussian kernel ({name})",
        "vendi": f"Vendi score ({name})",
        **{share: f"{share.capitalize()} ({name}, k = {NEIGHBOURS})" for share in SHARES},
    }


def _notes(sizes: tuple[int, int], dimensions: int) -> list[str]:
    smaller = min(sizes)
    if smaller >= 2 * dimensions:
        return []
    return [
        f"{sizes[0]} images and {sizes[1]} references in {dimensions} dimensions: at this size a Fréchet distance "
        "mostly measures the number of images. Read it beside its value under one distribution (null), and never "
        "beside distances of other sizes."
    ]


def vendi_estimate(images: Floats, clips: ArrayLike | None, confidence: float, seed: int) -> DistributionEstimate:
    """Vendi score of (n, d) images with its interval over clips; a status where there is none."""
    if len(images) < 2:
        return missing((len(images),), "one image" if len(images) else "no images")
    bounds = (1.0, float(len(images)))
    return estimate_one(
        vendi, images, units=clips, interval_from=VENDI_INTERVAL_FROM, bounds=bounds, confidence=confidence, seed=seed
    )


def _shares(
    fake: Floats,
    real: Floats,
    clips: ArrayLike | None,
    reference_units: ArrayLike | None,
    confidence: float,
    seed: int,
) -> dict[str, dict[str, Any]]:
    sizes = len(fake), len(real)
    if min(sizes) <= NEIGHBOURS:
        reason = f"{sizes[0]} images and {sizes[1]} references: more than {NEIGHBOURS} of each are needed"
        return {name: missing(sizes, reason).as_dict() for name in SHARES}
    found = estimate_many(
        lambda a, b: dict(prdc(b, a, NEIGHBOURS).__dict__),
        fake,
        real,
        a_units=clips,
        b_units=reference_units,
        at_least=NEIGHBOURS + 1,
        interval_from=SHARES_INTERVAL_FROM,
        bounds={name: (0.0, np.inf if name == "density" else 1.0) for name in SHARES},
        confidence=confidence,
        seed=seed,
    )
    return {name: found[name].as_dict() for name in SHARES}


def _by_class(
    fake: Floats,
    labels: ArrayLike | None,
    real: Floats,
    reference_labels: ArrayLike | None,
    clips: ArrayLike | None,
    reference_units: ArrayLike | None,
    confidence: float,
    seed: int,
) -> dict[str, Any] | None:
    """Frechet distances between and within categories (Benny et al. 2021) with n and, where there is one, interval."""
    if labels is None or reference_labels is None:
        return None
    own, others = np.asarray(labels), np.asarray(reference_labels)
    names = sorted(set(own.tolist()) | set(others.tolist()))
    counts = {str(name): [int((own == name).sum()), int((others == name).sum())] for name in names}
    block: dict[str, Any] = {"between": None, "within": None, "by_category": {}, "intervals": {}, "n": counts}
    try:
        found = estimate_classes(
            fake, own, real, others, a_units=clips, b_units=reference_units, confidence=confidence, seed=seed
        )
    except MetricError as error:
        return block | {"status": "too_small", "reason": str(error)}
    block |= {"between": found["between"].value, "within": found["within"].value}
    inside = {key.removeprefix("class:"): one for key, one in found.items() if key.startswith("class:")}
    block["by_category"] = {name: one.value for name, one in inside.items()}
    block["intervals"] = {key: _spread(found[key]) for key in ("between", "within")}
    block["intervals"]["by_category"] = {name: _spread(one) for name, one in inside.items()}
    small = "With few images per category these distances mostly measure the number of images."
    none = found["within"].reason
    return block | {"status": "ok", "reason": f"{small} No interval: {none}." if none else small}


def _spread(found: DistributionEstimate) -> dict[str, float | None]:
    return {"se": found.se, "ci_low": found.ci_low, "ci_high": found.ci_high}
