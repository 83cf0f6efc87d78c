"""Does `mini` generalise? Images for music it has not heard, against what it learnt from, by four yardsticks.

Three trainings on the demo pack's train split (seeds 0, 1, 2), one image for each of the 12 held-out clips of the four
demo categories and each training: 36 images. Training seed s paints image number s of every clip, so that no
photograph comes twice inside a category. Then:

- which of the four categories' mean style codes (train artworks) an image is nearest to, trained and untrained;
- AIS in the `embedded` space, with a permutation test over clips;
- the shuffled control: what the same yardsticks say when images are dealt out at random;
- whether any two images of a category are near-duplicates.

    python benchmarks/mini.py [--out docs/mini]

With --out it also writes result.json, a sheet of the 36 images in seeded order without labels, and a sheet of two train
artworks of each category: what a judge needs who is to sort the images by eye.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import permutations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from PIL import Image

CATEGORIES = ["Renaissance symbolism", "Asian traditional folklore", "Heavy metal", "Electronic music"]
TRAINING_SEEDS = (0, 1, 2)
SET_SEED = 0
SHUFFLES = 200
SHEET_SEED = 1


@dataclass(frozen=True)
class Made:
    """One of the 36 images. `category` is that of the music; `nearest` what its style is nearest to."""

    training_seed: int
    clip: str
    clip_title: str
    category: str
    sha256: str
    content: str
    artwork: str
    nearest: str
    data: bytes


# The images


def make_images(seeds: Sequence[int] = TRAINING_SEEDS) -> tuple[list[Made], dict[str, float]]:
    """Import, train and generate by the ordinary commands; the images, and seconds per step."""
    from django.core.management import call_command

    from generation.demo import PACK
    from generation.models import Stimulus
    from generation.stimuli import read_stored

    times: dict[str, float] = {}

    def timed(step: str, command: str, *arguments: str, **options: Any) -> None:
        start = time.perf_counter()
        call_command(command, *arguments, verbosity=0, stdout=StringIO(), stderr=StringIO(), **options)
        times[step] = round(time.perf_counter() - start, 1)

    timed("import", "import_dataset", str(PACK), name="demo")
    made = []
    for seed in seeds:
        run = f"mini-{seed}"
        timed(f"train, seed {seed}", "train_musipainter", preset="mini", dataset="demo", run=run, seed=seed)
        timed(
            f"generate, seed {seed}",
            "generate_stimuli",
            run,
            checkpoint=run,
            dataset="demo",
            split=["val", "test"],
            categories=CATEGORIES,
            images_per_clip=seed + 1,  # the last of them is the one that is judged
            seed=SET_SEED,
        )
        ruler = Ruler.of_run(run)
        rows = Stimulus.objects.filter(set__name=run, index=seed).select_related("clip", "category")
        for row in rows.order_by("category__order", "clip__sha256"):
            data = read_stored(str(row.file))
            painting = row.provenance["painting"]
            made.append(
                Made(
                    training_seed=seed,
                    clip=row.clip.sha256,
                    clip_title=row.clip.title,
                    category=row.category.name,
                    sha256=row.sha256,
                    content=painting["content"]["sha256"],
                    artwork=painting["attempts"][painting["kept_attempt"]]["artwork_sha256"],
                    nearest=ruler.nearest(data),
                    data=data,
                )
            )
    return made, times


class Ruler:
    """The style codes of a run's train artworks, and which category's mean an image is nearest to."""

    def __init__(self, backbone: Any, embedder: Any, encoder: Any) -> None:
        self.backbone, self.embedder, self.encoder = backbone, embedder, encoder

    @classmethod
    def of_run(cls, run: str) -> "Ruler":
        from django.conf import settings

        from generation.demo import WEIGHTS
        from generation.models import Content
        from generation.musipainter import Embedder, MediaItem, import_state, read_weights
        from generation.musipainter.audio_encoders import MusicnnEncoder
        from generation.musipainter.backbones.style_transfer import StyleTransferBackbone

        tensors, notes, _ = read_weights(settings.RUNS_ROOT / run / "embedder.safetensors")
        groups: dict[str, dict[str, torch.Tensor]] = {"audio_encoder": {}, "backbone": {}, "": {}}
        for name, tensor in tensors.items():
            prefix, _, rest = name.partition(".")
            groups[prefix if prefix in groups else ""][rest if prefix in groups else name] = tensor
        photos = [MediaItem(row.sha256, settings.MEDIA_ROOT / row.file.name) for row in Content.objects.all()]
        backbone = StyleTransferBackbone(
            predict=WEIGHTS / "style-predict.onnx", transform=WEIGHTS / "style-transform.onnx", photos=photos
        )
        backbone.load_state(groups["backbone"], notes["backbone"])
        encoder = MusicnnEncoder(WEIGHTS / "musicnn-mtt.safetensors")
        encoder.load_state(groups["audio_encoder"])
        embedder = Embedder(encoder.channels, backbone.out_dim).eval()
        import_state(embedder, groups[""])
        return cls(backbone, embedder, encoder)

    def nearest(self, png: bytes) -> str:
        """The demo category whose mean train style code is nearest (cosine of centred codes)."""
        from generation.musipainter.backbones.style_transfer import CODE_SIZE, square_pixels

        with Image.open(BytesIO(png)) as image:
            code = self.backbone.predict(square_pixels(image.convert("RGB"), CODE_SIZE)).copy()
        standard = self.backbone.standardised(torch.from_numpy(code))
        return max(CATEGORIES, key=lambda label: float(cosine(standard, self.backbone.label_target(label))))


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.cosine_similarity(a, b, dim=0)


def count_untrained(made: Sequence[Made]) -> Counter[str]:
    """Right images per category with an embedder as it is before training; everything else as in `made`."""
    from django.conf import settings

    from generation.files import png_bytes
    from generation.models import Clip, Stimulus
    from generation.musipainter import Embedder, MediaItem
    from generation.musipainter.audio_encoders import hear_clip
    from generation.musipainter.backbones.style_transfer import StyleSettings
    from generation.networks import single_thread
    from generation.run import feature_cache
    from generation.seeds import derive_seed

    right: Counter[str] = Counter()
    for seed in sorted({image.training_seed for image in made}):
        ruler = Ruler.of_run(f"mini-{seed}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("embedder", seed))
            embedder = Embedder(ruler.encoder.channels, ruler.backbone.out_dim).eval()
        for image in (image for image in made if image.training_seed == seed):
            row = Stimulus.objects.get(set__name=f"mini-{seed}", index=seed, clip__sha256=image.clip)
            clip = Clip.objects.get(pk=row.clip_id)
            with single_thread(), torch.no_grad():
                # What the frozen network hears is the same under every training seed, and was kept by `make_images`.
                item = MediaItem(clip.sha256, settings.MEDIA_ROOT / clip.file.name)
                tokens = ruler.encoder.condition(hear_clip(ruler.encoder, item, feature_cache()))
                e_audio = embedder(tokens.unsqueeze(0))[0]
            painting = ruler.backbone.paint(
                e_audio, row.seed, row.provenance["painting"]["place"], StyleSettings(set_seed=SET_SEED)
            )
            right[image.category] += ruler.nearest(png_bytes(painting.image)) == image.category
    return right


# AIS


@dataclass(frozen=True)
class Vectors:
    """Unit vectors in the `embedded` space: images in the order of `made`, clips sorted by hash."""

    images: np.ndarray
    audio: np.ndarray
    clips: list[str]
    similarity: np.ndarray  # (images, clips)


def embed(made: Sequence[Made]) -> Vectors:
    """All images and all held-out clips of the demo categories in the `embedded` space."""
    from django.conf import settings

    from generation.media import LocalFiles
    from generation.models import Clip, Dataset
    from generation.run.measuring import open_space

    dataset = Dataset.objects.get(name="demo")
    rows = Clip.objects.filter(category__dataset=dataset, category__name__in=CATEGORIES).exclude(split="train")
    clips = list(rows.order_by("sha256"))
    with ExitStack() as stack:
        space = open_space("embedded", dataset, local=LocalFiles(stack))
        images = space.embed_images([settings.MEDIA_ROOT / f"{m.sha256[:2]}/{m.sha256}.png" for m in made])
        audio = space.embed_audio([settings.MEDIA_ROOT / clip.file.name for clip in clips])
    images, audio = np.asarray(images, dtype=np.float64), np.asarray(audio, dtype=np.float64)
    return Vectors(images, audio, [clip.sha256 for clip in clips], images @ audio.T)


def matched_ais(made: Sequence[Made], vectors: Vectors) -> dict[str, Any]:
    """AIS of all images, its one-sided permutation p over clips."""
    from analysis.metrics import matched_score

    partner = np.array([vectors.clips.index(image.clip) for image in made])
    return matched_score(vectors.images, vectors.audio, partner)


# The shuffled control


@dataclass(frozen=True)
class Shuffled:
    """What chance does: hits over all boards with their exact two-sided p, and AIS against its exact mean."""

    boards: int
    hits: int
    p_two_sided: float
    mean_x: float
    se_of_mean: float
    null_x: float


def shuffle_images(made: Sequence[Made], vectors: Vectors, shuffles: int = SHUFFLES) -> Shuffled:
    """Deal every training's images out on boards `shuffles` times, as `generate_stimuli --source shuffled` does."""
    from generation.run.sources import make_boards

    hits, boards = 0, 0
    law = np.array([1.0])
    means, nulls = [], []
    for seed in range(shuffles):
        advantages, expected = [], []
        for training_seed in sorted({image.training_seed for image in made}):
            slots = {
                category: [m for m in made if m.training_seed == training_seed and m.category == category]
                for category in CATEGORIES
            }
            for board in make_boards(slots, source=f"mini-{training_seed}", seed=seed):
                shown_for = [board.slots[place] for place in board.permutation]
                hits += sum(m.nearest == place.category for m, place in zip(board.slots, shown_for, strict=True))
                boards += 1
                law = np.convolve(law, law_of_hits(tuple(CATEGORIES.index(m.nearest) for m in board.slots)))
                for image, place in zip(board.slots, shown_for, strict=True):
                    advantages.append(advantage(vectors, made.index(image), place.clip))
                    expected.append(
                        np.mean([advantage(vectors, made.index(image), other.clip) for other in board.slots])
                    )
        means.append(np.mean(advantages))
        nulls.append(np.mean(expected))
    p = float(law[law <= law[hits] * (1 + 1e-9)].sum())
    se = float(np.std(means, ddof=1) / np.sqrt(shuffles))
    return Shuffled(boards, hits, min(1.0, p), float(np.mean(means)), se, float(np.mean(nulls)))


def law_of_hits(nearest: tuple[int, ...]) -> np.ndarray:
    """Exact law of the hits on a board whose images look like these categories: all permutations are equally likely."""
    if nearest not in _LAWS:
        counts = np.zeros(len(nearest) + 1)
        for permutation in permutations(range(len(nearest))):
            counts[sum(p == n for p, n in zip(permutation, nearest, strict=True))] += 1
        _LAWS[nearest] = counts / counts.sum()
    return _LAWS[nearest]


_LAWS: dict[tuple[int, ...], np.ndarray] = {}


def advantage(vectors: Vectors, image: int, clip: str) -> float:
    """x of one image (eq. 5): similarity to its clip less the mean over the others, divided by T as printed."""
    row = vectors.similarity[image]
    own = row[vectors.clips.index(clip)]
    return float(own - (row.sum() - own) / len(row))


# Near-duplicates


def find_duplicates(made: Sequence[Made]) -> dict[str, Any]:
    """The most similar pair inside a category, by EfficientNet-Lite2, and pairs of equal photograph and artwork."""
    from generation.encoders.features import EfficientNetExtractor

    extractor = EfficientNetExtractor()
    features = np.stack([extractor.extract(image.data) for image in made]).astype(np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    pairs = [(i, j) for i in range(len(made)) for j in range(i) if made[i].category == made[j].category]
    cosines = [float(features[i] @ features[j]) for i, j in pairs]
    same = sum((made[i].content, made[i].artwork) == (made[j].content, made[j].artwork) for i, j in pairs)
    return {"pairs": len(pairs), "largest_cosine": max(cosines), "same_photograph_and_artwork": same}


# Result


def check(seeds: Sequence[int] = TRAINING_SEEDS) -> tuple[dict[str, Any], list[Made]]:
    """Everything, as one JSON document, and the images."""
    made, times = make_images(seeds)
    right = Counter(image.category for image in made if image.nearest == image.category)
    untrained = count_untrained(made)
    vectors = embed(made)
    ais = matched_ais(made, vectors)
    shuffled = shuffle_images(made, vectors)
    per_category = len(made) // len(CATEGORIES)
    result = {
        "training_seeds": list(seeds),
        "set_seed": SET_SEED,
        "images": len(made),
        "clips": len(vectors.clips),
        "nearest": {
            "right": right.total(),
            "untrained": untrained.total(),
            "by_category": {c: {"right": right[c], "untrained": untrained[c], "n": per_category} for c in CATEGORIES},
            "wrong": [
                {"clip": m.clip_title, "category": m.category, "nearest": m.nearest, "training_seed": m.training_seed}
                for m in made
                if m.nearest != m.category
            ],
        },
        "ais": {
            "space": "embedded",
            "score": ais["score"],
            "x": ais["x"],
            "p_one_sided": ais["p_value"],
            "n_clips": len(vectors.clips),
            "n_images": len(made),
        },
        "shuffled": {
            "shuffles": SHUFFLES,
            "boards": shuffled.boards,
            "hits": shuffled.hits,
            "p_two_sided": shuffled.p_two_sided,
            "mean_x": shuffled.mean_x,
            "se_of_mean": shuffled.se_of_mean,
            "null_x": shuffled.null_x,
        },
        "duplicates": find_duplicates(made),
        "seconds": times,
    }
    return result, made


def describe(result: dict[str, Any]) -> str:
    """The result as lines of text."""
    nearest, ais, shuffled, twins = (result[key] for key in ("nearest", "ais", "shuffled", "duplicates"))
    lines = [
        f"nearest to the right category's style: {nearest['right']} of {result['images']} images "
        f"(untrained embedder {nearest['untrained']}, chance {result['images'] // len(CATEGORIES)})",
        *(
            f"  {category:28s} {counts['right']} of {counts['n']}  (untrained {counts['untrained']})"
            for category, counts in nearest["by_category"].items()
        ),
        *(
            f"  wrong: {item['clip']} (seed {item['training_seed']}) like {item['nearest']}"
            for item in nearest["wrong"]
        ),
        f"AIS ({ais['space']} space): {ais['score']:.2f}, x = {ais['x']:.4f}, one-sided permutation "
        f"p = {ais['p_one_sided']:.4g} over {ais['n_clips']} clips, {ais['n_images']} images",
        f"shuffled: {shuffled['hits']} hits on {shuffled['boards']} boards (expected {shuffled['boards']}), "
        f"exact two-sided p = {shuffled['p_two_sided']:.3f}",
        f"shuffled: mean x of {shuffled['shuffles']} shuffles {shuffled['mean_x']:+.5f}, null mean "
        f"{shuffled['null_x']:+.5f}, standard error {shuffled['se_of_mean']:.5f}",
        f"near-duplicates: largest EfficientNet-Lite2 cosine of {twins['pairs']} pairs inside categories "
        f"{twins['largest_cosine']:.3f}; equal photograph and artwork: {twins['same_photograph_and_artwork']}",
        "seconds: " + ", ".join(f"{step} {seconds}" for step, seconds in result["seconds"].items()),
    ]
    return "\n".join(lines)


# Sheets for a judge


def draw_blind_sheet(made: Sequence[Made]) -> tuple[bytes, list[dict[str, Any]]]:
    """The images in seeded order, numbered, without labels; and the key."""
    from generation.files import SheetImage, draw_sheet

    order = random.Random(SHEET_SEED).sample(list(made), len(made))
    sheet = draw_sheet([SheetImage(image.data, str(number)) for number, image in enumerate(order, start=1)])
    key = [
        {"number": number, "category": m.category, "clip": m.clip_title, "training_seed": m.training_seed}
        for number, m in enumerate(order, start=1)
    ]
    return sheet, key


def draw_train_sheet() -> bytes:
    """Two train artworks of each category, drawn by seed."""
    from generation.files import SheetImage, draw_sheet
    from generation.models import Artwork
    from generation.stimuli import read_stored

    images = []
    for category in CATEGORIES:
        rows = list(Artwork.objects.filter(category__name=category, split="train").order_by("sha256"))
        images += [
            SheetImage(read_stored(str(row.file)), category) for row in random.Random(SHEET_SEED).sample(rows, 2)
        ]
    return draw_sheet(images, columns=4)


def as_jpeg(png: bytes) -> bytes:
    buffer = BytesIO()
    with Image.open(BytesIO(png)) as image:
        image.save(buffer, format="JPEG", quality=88)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="Folder for result.json, key.json and the two sheets.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="paragone-mini-") as folder:
        os.environ |= {"PARAGONE_DATA": folder, "DJANGO_SETTINGS_MODULE": "studyserver.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        result, made = check()
        print(describe(result))
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            sheet, key = draw_blind_sheet(made)
            lasting = {key: value for key, value in result.items() if key != "seconds"}
            (arguments.out / "result.json").write_text(json.dumps(lasting, indent=1) + "\n")
            (arguments.out / "key.json").write_text(json.dumps(key, indent=1) + "\n")
            (arguments.out / "sheet.jpg").write_bytes(as_jpeg(sheet))
            (arguments.out / "train.jpg").write_bytes(as_jpeg(draw_train_sheet()))


if __name__ == "__main__":
    main()
