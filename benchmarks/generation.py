"""How fast images are painted: the per-image way of the model this builds on, against batches over one pipeline.

One tiny Stable Diffusion of random weights paints for all, on one CPU thread, so the figures are ratios between ways
of working, not speeds of a real model: on a GPU with real weights the network's own time weighs more and the rest less.
Last, training data of Museart's size are streamed from disk: peak memory should not grow with them. Run it alone.

    python benchmarks/generation.py [--images 48] [--steps 10] [--pairs 24216]
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import diffusers
import torch

from generation.datasets import PIECES
from generation.musipainter import LargeConfig, Pair, TrainConfig
from generation.musipainter.backbones.stable_diffusion import (
    DiffusionSettings,
    StableDiffusionBackbone,
    quiet_libraries,
)
from generation.musipainter.training import LargeLearner
from tests.generation.musipainter.toy import tiny_diffusion, tiny_parts, write_pairs

BATCHES = (1, 2, 4, 8, 16)
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=PIECES, help="Training pairs to stream; 0 leaves it out.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        compare_ways(Path(folder) / "tiny", images=options.images, steps=options.steps)
    growth(images=options.images, steps=options.steps)
    if options.pairs:
        with tempfile.TemporaryDirectory() as folder:
            streaming(Path(folder), pairs=options.pairs)


def compare_ways(folder: Path, *, images: int, steps: int) -> None:
    """Images per second of each way, best of three rounds, and the ratio to the slowest."""
    tokens, seeds = torch.randn(images, 16, generator=torch.Generator().manual_seed(0)), list(range(images))
    with quiet_libraries():
        make_pipeline(tiny_diffusion()).save_pretrained(folder)
    backbone = StableDiffusionBackbone.load(folder)
    ways: dict[str, Callable[[], object]] = {
        "per image, pipeline loaded from disk": lambda: one_by_one(tokens, seeds, steps, folder=folder, rebuild=True),
        "per image, pipeline built once": lambda: one_by_one(tokens, seeds, steps, folder=folder, rebuild=False),
    }
    for size in BATCHES:
        settings = DiffusionSettings(steps=steps, batch_size=size)
        ways[f"ours, batches of {size}"] = lambda settings=settings: backbone.render(  # type: ignore[misc]
            tokens, seeds, settings, places=seeds
        )
    rates = {name: max(images / timed(way) for _ in range(ROUNDS)) for name, way in ways.items()}
    slowest = min(rates.values())
    print(f"{images} images, {steps} steps, 16 x 16 pixels, one CPU thread, best of {ROUNDS} rounds")
    for name, rate in rates.items():
        print(f"  {name:40s} {rate:8.2f} images/s   {rate / slowest:6.2f} x")


def one_by_one(tokens: torch.Tensor, seeds: list[int], steps: int, *, folder: Path, rebuild: bool) -> None:
    """The usual way of a learned token: overwrite its row of the table, call the pipeline with the prompt as text."""
    pipeline = None
    for token, seed in zip(tokens, seeds, strict=True):
        with quiet_libraries():
            if pipeline is None or rebuild:
                pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
                pipeline.set_progress_bar_config(disable=True)
                pipeline.tokenizer.add_tokens("<*>")
                pipeline.text_encoder.resize_token_embeddings(len(pipeline.tokenizer), mean_resizing=False)
        with torch.no_grad():
            pipeline.text_encoder.get_input_embeddings().weight[-1] = token
        pipeline("An art image of <*>", num_inference_steps=steps, generator=torch.Generator().manual_seed(seed))


def growth(*, images: int, steps: int) -> None:
    """Time and peak memory of sets of 1, 2 and 4 times the size: the first should grow with it, the second not."""
    backbone = StableDiffusionBackbone(**tiny_diffusion())
    settings = DiffusionSettings(steps=steps, batch_size=8)
    print("growth with the size of the set, batches of 8")
    per_image = []
    for count in (images, 2 * images, 4 * images):
        tokens = torch.randn(count, 16, generator=torch.Generator().manual_seed(0))
        seconds = timed(lambda tokens=tokens, count=count: paint_in_chunks(backbone, tokens, count, settings))  # type: ignore[misc]
        per_image.append(seconds / count)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {count:5d} images {seconds:8.2f} s  {1000 * seconds / count:7.2f} ms/image  peak {peak:7.0f} MiB")
    print(f"  spread of ms/image: {max(per_image) / statistics.median(per_image):.2f} x the median at most")


def streaming(folder: Path, *, pairs: int) -> None:
    """Peak memory while an epoch's recordings (5 s) and images are read from disk in batches of 8."""
    files = write_pairs(folder, seconds=5.0)
    learner = LargeLearner(
        parts=tiny_parts(), data=files, train=TrainConfig(large=LargeConfig()), config=LargeConfig(sample_clips=0)
    )
    print("training pairs streamed from disk, batches of 8")
    for count in (pairs // 8, pairs):
        batches = [
            [Pair(files.clips[number % 4], files.artworks[number % 4]) for number in range(start, start + 8)]
            for start in range(0, count, 8)
        ]
        seconds = timed(lambda batches=batches: read_through(learner, batches))  # type: ignore[misc]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        read = 8 * len(batches)
        print(f"  {read:6,d} pairs {seconds:8.1f} s  {read / seconds:7.0f} pairs/s  peak {peak:7.0f} MiB")


def read_through(learner: LargeLearner, batches: list[list[Pair]]) -> None:
    """An epoch of a training, without its networks."""
    learner.expect(batches, torch.Generator().manual_seed(0), training=True)
    for _ in learner._inputs:
        pass


def paint_in_chunks(
    backbone: StableDiffusionBackbone, tokens: torch.Tensor, count: int, settings: DiffusionSettings
) -> None:
    """As a set is made: a batch at a time, each image written down and let go."""
    for start in range(0, count, settings.batch_size):
        seeds = list(range(start, min(count, start + settings.batch_size)))
        for painting in backbone.render(tokens[start : start + len(seeds)], seeds, settings, places=seeds):
            painting.image.tobytes()


def make_pipeline(parts: dict[str, object]) -> diffusers.StableDiffusionPipeline:
    """diffusers' pipeline over the parts."""
    return diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
