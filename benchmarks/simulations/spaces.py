"""People beside a metric space: size, power and coverage of what relates their choices to it, pictures drawn anew.

Boards of four hold one clip of each category with its own image, dealt anew for every participant, up to three boards
each. Pictures differ in how easily they are known, beta(1.5, 1.5), people in how much they know, in the same way. The
tests take 199 permutations here, which leaves their size as it is.
"""

import itertools
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy import special

from analysis.join import Boards, ShownBoard, machine_block, pairs_of, sample_of, tables_of, temperature_block
from analysis.reading import Embeddings
from benchmarks.simulations.people import K, settled
from benchmarks.simulations.row import Row

SIZES = tuple(itertools.product((12, 40), (12, 30, 100, 200)))
SIZE = 32
ORDERS = np.array(list(itertools.permutations(range(K))))
SPACES = {"noise": "a space of pure noise", "own": "people and space know own images"}


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def space(rng: np.random.Generator, pictures: int, *, knows: str) -> Embeddings:
    """Clips and images without any relation ("noise"), or every image near its own clip ("own")."""
    audio = unit(rng.standard_normal((pictures, SIZE)))
    near = audio if knows == "own" else 0.0
    images = unit(near + rng.standard_normal((pictures, SIZE)) / SIZE**0.5)
    labels, ids = np.repeat(np.array(list("ABCD")), pictures // K), np.arange(pictures).astype(str)
    none = np.array([], dtype=str)
    return Embeddings(
        images, ids, labels, audio, ids, labels, np.empty((0, SIZE)), none, none, np.arange(pictures),
        np.full(pictures, -1), np.full(len(ids), ""), np.full(len(ids), ""), none, {}, "",
    )  # fmt: skip


def deal(rng: np.random.Generator, pictures: int, people: int, boards: int = 3) -> np.ndarray:
    """Clips (and images) of every board, (people, boards, 4)."""
    each = pictures // K
    order = np.argsort(rng.random((people, K, each)), axis=2)[:, :, :boards]
    return np.asarray((order + each * np.arange(K)[:, None]).transpose(0, 2, 1))


def known(rng: np.random.Generator, clips: np.ndarray, pictures: int) -> np.ndarray:
    """Choices of people who know own images, each picture and person to their own degree."""
    ease, skill = rng.beta(1.5, 1.5, pictures), rng.beta(1.5, 1.5, len(clips))
    share = special.expit(special.logit(ease)[clips] + special.logit(skill)[:, None, None])
    return settled(rng.random(clips.shape) < share, rng)


def related(rng: np.random.Generator, clips: np.ndarray, utility: np.ndarray) -> np.ndarray:
    """Choices that follow these utilities of each clip and image, (pictures, pictures)."""
    tables = utility[clips[..., :, None], clips[..., None, :]]
    totals = tables[..., np.arange(K), ORDERS].sum(axis=-1)
    return np.asarray(ORDERS[(totals + rng.gumbel(size=totals.shape)).argmax(axis=-1)])


def answered(clips: np.ndarray, picks: np.ndarray) -> Boards:
    shown = [
        ShownBoard(f"p{person:04}", tuple(board), tuple(board), tuple(chosen))
        for person, (own, given) in enumerate(zip(clips.tolist(), picks.tolist(), strict=True))
        for board, chosen in zip(own, given, strict=True)
    ]
    return Boards(one_to_one=True, shown=shown)


def joined(boards: Boards, embeddings: Embeddings, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Temperature and the machine's agreement with people; so few permutations must not be the same in all studies."""
    tables, sample = tables_of(boards, embeddings), sample_of(boards.shown, embeddings)
    fit = temperature_block(boards, tables, pairs_of(boards), sample, embeddings, seed=seed)
    return fit, machine_block(boards, tables, embeddings, list("ABCD"), sample)["agreement"]


def rows(draws: int) -> Iterator[Row]:
    with patch("analysis.permutation.PERMUTATIONS", 199), patch("analysis.permutation.FEWEST_PERMUTATIONS", 199):
        yield from _sizes(max(100, draws // 4))
        yield from _power(max(100, draws // 10))


def _sizes(draws: int) -> Iterator[Row]:
    for knows, (pictures, people) in itertools.product(SPACES, SIZES):
        rng = np.random.default_rng(10_000 * len(knows) + 100 * pictures + people)
        setting = f"{SPACES[knows]}, {pictures} pictures, N = {people}"
        p: dict[str, list[float]] = {"beyond": [], "nothing": []}
        off: list[bool] = []
        agreed: list[bool] = []
        for draw in range(draws):
            embeddings = space(rng, pictures, knows=knows)
            clips = deal(rng, pictures, people)
            fit, machine = joined(answered(clips, known(rng, clips, pictures)), embeddings, draw)
            p["beyond"].append(fit["beyond"]["p_value"] or 1.0)
            p["nothing"].append(fit["nothing"]["p_value"] or 1.0)
            off.append(fit["ci_low"] is not None and not fit["ci_low"] <= 0 <= fit["ci_high"])
            agreed.append(not machine["ci_low"] <= machine["chance"] <= machine["ci_high"])
        yield _size("temperature beyond both being right, permutation", setting, p["beyond"])
        if knows == "noise":
            yield _size("space knows nothing of choices, permutation", setting, p["nothing"])
            yield _misses("temperature's interval over both leaves 0 out", setting, off)
            yield _misses("agreement's interval over both leaves chance out", setting, agreed)


def _size(what: str, setting: str, p: list[float]) -> Row:
    found, se = float(np.mean(np.array(p) <= 0.05)), (0.05 * 0.95 / len(p)) ** 0.5
    return Row("size", what, setting, 0.05, found, se, "at most 6 % + 2 SE", found <= 0.06 + 2 * se)


def _misses(what: str, setting: str, out: list[bool]) -> Row:
    """An interval, from which nobody speaks of significance."""
    se = (0.05 * 0.95 / len(out)) ** 0.5
    return Row("interval", what, setting, 0.05, float(np.mean(out)), se, "measured size printed", True)


def _power(draws: int) -> Iterator[Row]:
    """Choices follow own images (logit 1 +- 1) and, two to one, the rest of the similarity (sd .18)."""
    for pictures, people in ((12, 30), (40, 12), (40, 30), (40, 100)):
        rng = np.random.default_rng(pictures + people)
        p = []
        for draw in range(draws):
            embeddings = space(rng, pictures, knows="own")
            clips = deal(rng, pictures, people)
            near = embeddings.audio @ embeddings.images.T
            utility = 2 * (near - np.diag(np.diag(near))) + np.diag(rng.normal(1, 1, pictures))
            fit, _ = joined(answered(clips, related(rng, clips, utility)), embeddings, draw)
            p.append(fit["beyond"]["p_value"] or 1.0)
        found = float(np.mean(np.array(p) <= 0.05))
        setting = f"residual relation, logit .35 a sd, {pictures} pictures, N = {people}"
        ruled = pictures >= 40 and people >= 30
        rule = "at least 80 %" if ruled else "measured power printed"
        what = "temperature beyond both being right, permutation"
        yield Row(
            "power", what, setting, 0.8, found, (found * (1 - found) / draws) ** 0.5, rule, found >= 0.8 or not ruled
        )
