"""Two arms (or sets) compared in AIS, IIS, GIILS and distances: difference, p and interval, each with its scope."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.distribution import compare_distances, exchanges_for
from analysis.documents import absent
from analysis.intervals import t_interval
from analysis.metrics.recordings import FEWEST_IN_ALL, units_of
from analysis.metrics.swapping import (
    Cells,
    draws_for,
    giils_of,
    make_cells,
    mean_of,
    points,
    two_sided,
)
from analysis.reading import Embeddings, load, load_features
from analysis.similarity import Floats, Kind, Rows, stratified_spread

KEYS = ("value_a", "value_b", "difference", "se", "ci_low", "ci_high", "p_value")
FEWEST_UNITS = 4


def metric_differences(
    first: Mapping[str, Any], second: Mapping[str, Any], paths: tuple[Path, Path]
) -> list[dict[str, Any]]:
    """AIS, IIS, GIILS (mean of the categories, all images) and distances in the space, of two comparable blocks."""
    options, names = first["options"], first["distribution"]["names"]
    categories = [name for name in first["categories"] if name in second["categories"]]
    sides = tuple(load(path).restrict(categories) for path in paths)
    measures = ("AIS", "IIS", "GIILS", names["frechet"], names["kernel"])
    if first["sha256"] == second["sha256"]:
        return [_absent(name, "both are one and the same set of images") for name in measures]
    paired = bool(set(sides[0].audio_ids[sides[0].partner]) & set(sides[1].audio_ids[sides[1].partner]))
    if paired:
        sides = _on_shared_clips(sides)
    known = any((side.image_pieces != "").any() for side in sides)
    groups = _unit_names([(side.image_pieces, side.audio_ids[side.partner]) for side in sides])
    cells, places = make_cells(groups, (sides[0].image_labels, sides[1].image_labels), paired=paired)
    about = _about(cells, sides, known)
    kind = Kind(options["giils_background"], options["giils_self_pairs"], options["denominator"])
    seed, confidence = options["seed"], options["confidence"]
    found = [
        _matched(name, sides, places, cells, about, options["denominator"], seed, confidence) for name in ("AIS", "IIS")
    ]
    found.append(_giils(sides, places, cells, about, kind, known, seed, confidence))
    distinct = np.sort(np.unique(sides[0].reference_ids, return_index=True)[1])
    same = set(sides[0].reference_ids) == set(sides[1].reference_ids)
    return found + _distances(
        (names["frechet"], names["kernel"]),
        (sides[0].images, sides[1].images),
        (sides[0].image_ids, sides[1].image_ids),
        groups,
        (sides[0].image_labels, sides[1].image_labels),
        sides[0].references[distinct] if same else None,
        sides[0].reference_pieces[distinct] if same else np.empty(0, dtype=str),
        about,
        seed,
    )


def feature_differences(
    names: tuple[str, str], categories: list[str], paths: tuple[Path, Path], *, seed: int = 0
) -> list[dict[str, Any]]:
    """Frechet and kernel distances (called `names`) of two files of features of one network."""
    sides = tuple(load_features(path) for path in paths)
    if sides[0].sha256 == sides[1].sha256:
        return [_absent(name, "both are one and the same set of images") for name in names]
    mine = [np.isin(side.image_labels, categories) for side in sides]
    shared = set(sides[0].image_clips[mine[0]]) & set(sides[1].image_clips[mine[1]])
    if shared:
        mine = [own & np.isin(side.image_clips, list(shared)) for own, side in zip(mine, sides, strict=True)]
    a, b = sides
    groups = _unit_names([(s.image_pieces[m], s.image_clips[m]) for s, m in zip(sides, mine, strict=True)])
    real = np.isin(a.reference_labels, categories)
    same = set(a.reference_ids[real]) == set(b.reference_ids[np.isin(b.reference_labels, categories)])
    known = any((side.image_pieces != "").any() for side in sides)
    n_clips = [len(set(s.image_clips[m])) for s, m in zip(sides, mine, strict=True)]
    about = _words(bool(shared), n_clips, [len(set(own)) for own in groups], known)
    return _distances(
        names, (a.images[mine[0]], b.images[mine[1]]), (a.image_ids[mine[0]], b.image_ids[mine[1]]), groups,
        (a.image_labels[mine[0]], b.image_labels[mine[1]]), a.references[real] if same else None,
        a.reference_pieces[real], about, seed,
    )  # fmt: skip


def _unit_names(sides: list[tuple[NDArray, NDArray]]) -> Any:
    """Name of each image's recording, or of its clip; a clip's recording that one side knows holds for both."""
    known = {clip: piece for pieces, clips in sides for piece, clip in zip(pieces, clips, strict=True) if piece}
    return tuple(np.array([f"r{known[c]}" if c in known else f"c{c}" for c in clips], dtype=str) for _, clips in sides)


def _on_shared_clips(sides: tuple[Embeddings, ...]) -> tuple[Embeddings, ...]:
    """Images of the clips that both have images of; compared with the clips that stand in both files."""
    used = set(sides[0].audio_ids[sides[0].partner]) & set(sides[1].audio_ids[sides[1].partner])
    heard = set(sides[0].audio_ids) & set(sides[1].audio_ids)
    return tuple(side.keep(np.isin(side.audio_ids[side.partner], list(used)), np.isin(side.audio_ids, list(heard)))
                 for side in sides)  # fmt: skip


def _about(cells: Cells, sides: tuple[Embeddings, ...], known: bool) -> dict[str, Any]:
    clips = [len(np.unique(side.partner)) for side in sides]
    return _words(cells.paired, clips, [len(np.unique(cells.group[cells.side == side])) for side in (0, 1)], known)


def _words(paired: bool, clips: list[int], units: list[int], known: bool) -> dict[str, Any]:
    """What a comparison rests on, and how far it reaches."""
    unit = "recording" if known else "clip"
    if paired:
        scope = (
            f"on the {clips[0]} clips that both have images of; p: images of a {unit} swapped between the two; "
            f"interval: for {unit}s drawn anew from the same categories"
        )
    else:
        scope = (
            f"on different clips; p: {unit}s with equally many images change sides inside their category; interval: "
            f"for {unit}s drawn anew from the same categories"
        )
    return {
        "paired": paired, "unit": unit, "n_clips": clips[0] if paired else sum(clips),
        "n_recordings": (units[0] if paired else sum(units)) if known else None, "scope": scope,
    }  # fmt: skip


def _absent(measure: str, reason: str, **known: Any) -> dict[str, Any]:
    return {"measure": measure, **absent("not_applicable", reason, KEYS, method="none", draws=0, **known)}


def _record(
    measure: str, values: tuple[float, float], about: Mapping[str, Any], difference: float, se: float | None,
    ends: tuple[float | None, float | None], p_value: float | None, method: str, draws: int, reason: str,
) -> dict[str, Any]:  # fmt: skip
    n = about["n_recordings"]
    if n is not None and n < FEWEST_IN_ALL:
        se, ends, reason = None, (None, None), f"too few recordings: {n}, an interval needs {FEWEST_IN_ALL} in all"
    return {
        "measure": measure, "value_a": values[0], "value_b": values[1], "difference": difference, "se": se,
        "ci_low": ends[0], "ci_high": ends[1], "p_value": p_value, "method": method, "draws": draws, **about,
        "status": "too_small" if reason else "ok", "reason": reason,
    }  # fmt: skip


def _finish(
    measure: str, cells: Cells, about: Mapping[str, Any], of: Any, cost: float, seed: int, confidence: float
) -> dict[str, Any]:
    """The record of a measure from `of`, which gives the values of both sides (m,) each for weights (m, U) each."""
    held, method = cells.exchanges(draws_for(cost), seed)
    drawn = np.subtract(*of(held, 1.0 - held))
    a, b = (float(value[0]) for value in of(cells.first, 1.0 - cells.first))
    spread = stratified_spread(np.subtract(*of(*cells.left_out()))[:, None], cells.strata())
    se: float | None = spread.se()
    ends: tuple[float | None, float | None] = (None, None)
    if se is None or not np.isfinite(se) or spread.degrees < 1 or len(np.unique(cells.group)) < FEWEST_UNITS:
        se, reason = None, f"too few {about['unit']}s for an interval"
    else:
        ends, reason = t_interval(a - b, se, spread.degrees, confidence=confidence), ""
    drawn = drawn[np.isfinite(drawn)]
    return _record(measure, (a, b), about, a - b, se, ends, two_sided(a - b, drawn, method), method, len(drawn), reason)


def _matched(
    name: str, sides: tuple[Embeddings, ...], places: tuple[Any, Any], cells: Cells, about: Mapping[str, Any],
    denominator: str, seed: int, confidence: float,
) -> dict[str, Any]:  # fmt: skip
    sums = np.zeros(len(cells.n))
    for side, place in zip(sides, places, strict=True):
        others, partner = (side.audio, side.partner) if name == "AIS" else (side.references, side.reference_partner)
        if len(others) < 2:
            return _absent(name, "a set has no reference artworks" if name == "IIS" else "one clip only", **about)
        rows, rest = Rows(side.images, name="images"), Rows(others, name="others")
        own = rows.paired_with(rest, partner)
        terms = len(rest) if denominator == "paper" else len(rest) - 1
        np.add.at(sums, place, own - (rows.times(rest.total) - own) / terms)

    def of(*weights: Floats) -> tuple[Floats, ...]:
        return tuple(points(mean_of(sums, cells.n, one)) for one in weights)

    return _finish(name, cells, about, of, float(len(cells.n)), seed, confidence)


def _giils(
    sides: tuple[Embeddings, ...], places: tuple[Any, Any], cells: Cells, about: Mapping[str, Any], kind: Kind,
    known: bool, seed: int, confidence: float,
) -> dict[str, Any]:  # fmt: skip
    vectors = np.zeros((len(cells.n), sides[0].images.shape[1]))
    for side, place in zip(sides, places, strict=True):
        vectors += Rows(side.images, name="images").group_sums(place, len(cells.n))
    different = known and not kind.self_pairs
    measure = "GIILS"
    whole = [giils_of(vectors, cells, one, kind, different=different) for one in (cells.first, 1.0 - cells.first)]
    defined = np.isfinite(whole[0][0]) & np.isfinite(whole[1][0])
    if not defined.any() or kind.self_pairs:
        reason = "compared without pairs of an image with itself" if kind.self_pairs else "no category with a pair"
        return _absent(measure, reason, **about)

    def of(*weights: Floats) -> tuple[Floats, ...]:
        return tuple(
            points(giils_of(vectors, cells, one, kind, different=different)[:, defined]).mean(axis=1) for one in weights
        )

    return _finish(measure, cells, about, of, 4.0 * len(cells.n) ** 2, seed, confidence)


def _distances(
    names: tuple[str, str], images: tuple[NDArray, NDArray], ids: tuple[NDArray, NDArray], groups: tuple[Any, ...],
    labels: tuple[NDArray, NDArray], references: NDArray | None, pieces: NDArray, about: Mapping[str, Any], seed: int,
) -> list[dict[str, Any]]:  # fmt: skip
    """Differences of the Frechet and the kernel distance, with equally many images on both sides."""
    if references is None or len(references) < 2:
        why = "the two stand beside different reference artworks" if references is None else "no reference artworks"
        return [_absent(name, why, **about) for name in names]
    chosen = _equally_many(ids, groups if about["paired"] else labels)
    n = len(chosen[0])
    if n < 2:
        return [_absent(name, "fewer than two images of each", **about) for name in names]
    rows = np.concatenate([table[own].astype(np.float64) for table, own in zip(images, chosen, strict=True)])
    cells, places = make_cells(
        tuple(own[rows_of] for own, rows_of in zip(groups, chosen, strict=True)),
        tuple(own[rows_of] for own, rows_of in zip(labels, chosen, strict=True)),
        paired=about["paired"],
    )
    of_row = np.concatenate(places)
    first = np.repeat([True, False], n)
    draws = exchanges_for(n, len(references))
    held, method = cells.exchanges(draws, seed) if draws else (np.empty((0, len(cells.n))), "jackknife t")
    real = references.astype(np.float64)
    codes = units_of(pieces)
    units = np.unique(cells.group[of_row], return_inverse=True)[1]
    records = []
    for name, key in zip(names, ("frechet", "kernel"), strict=True):
        found = compare_distances(
            key, rows, real, first, units, np.arange(len(real)) if codes is None else codes,
            held[:, of_row].astype(bool), seed=seed,
        )  # fmt: skip
        if draws:
            p_value: float | None = two_sided(found.difference, found.drawn, method)
        else:
            degrees = min(len(np.unique(units)), len(real), 20) - 1
            p_value = 2 * float(stats.t.sf(abs(found.difference) / found.se, degrees)) if found.se else None
        reason = "" if found.se is not None else f"too few {about['unit']}s for an interval"
        records.append(
            _record(
                name,
                found.values,
                dict(about) | {"n_each": n},
                found.difference,
                found.se,
                (found.ci_low, found.ci_high),
                p_value,
                method,
                len(found.drawn),
                reason,
            )  # fmt: skip
        )
    return records


def _equally_many(ids: tuple[NDArray, NDArray], keys: tuple[Any, ...]) -> tuple[Any, Any]:
    """Rows of each side, the first by id, so that both have equally many of every recording (label)."""
    chosen: tuple[list[int], list[int]] = ([], [])
    for key in np.unique(np.concatenate(keys)):
        own = [np.flatnonzero(k == key) for k in keys]
        n = min(map(len, own))
        for side in (0, 1):
            chosen[side].extend(own[side][np.argsort(ids[side][own[side]])][:n].tolist())
    return np.sort(chosen[0]), np.sort(chosen[1])
