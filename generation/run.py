"""The bridge from rows to torch: datasets in, runs, checkpoints and images out. Imported inside functions only."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from django.conf import settings as site
from django.utils.text import slugify
from safetensors.torch import save as save_safetensors

from generation import media
from generation.contact_sheets import SheetImage, draw_sheet, png_bytes
from generation.demo import PACK
from generation.durable import write_durably
from generation.errors import CheckpointError, DatasetError, GenerationError, StimulusSetError
from generation.models import Artwork, Checkpoint, Clip, Dataset, ReferencePair, Split, Stimulus, StimulusSet
from generation.musipainter.backbone import Painting
from generation.musipainter.checkpoint import (
    CONFIG,
    STATISTICS,
    WEIGHTS,
    json_bytes,
    load_checkpoint,
    read_weights,
    save_weights,
)
from generation.musipainter.config import Precision, TrainConfig, from_json, to_json
from generation.musipainter.data import FeatureCache, MediaItem, Pair, TrainingData, pool_sha256
from generation.musipainter.embedder import Embedder, as_published, import_state, read_state
from generation.musipainter.pipeline import MusipainterPipeline
from generation.musipainter.presets import (
    Parts,
    Preset,
    build_parts,
    describe_choices,
    find_preset,
    make_embedder,
    preset_of_run,
    settle_painting,
    vary_preset,
)
from generation.musipainter.train import TrainingResult, run_stands, train_run
from generation.musipainter.versions import code_version, library_versions
from generation.plan import PlannedImage, Request, plan_images
from generation.processes import is_main, local_rank
from generation.progress import Progress, quietly
from generation.run_embeddings import LocalFiles
from generation.seeds import image_seed
from generation.sets import add_images, finish_set, making, open_set, recording_failure, start_job

BUILT_IN_PHOTOS = PACK / "content"


def ignore(value: Any) -> None:
    """Listens to nobody."""


@dataclass(frozen=True)
class Training:
    """What `run_training` did."""

    checkpoint: Checkpoint | None  # None in the processes that only help
    result: TrainingResult


@dataclass
class Generation:
    """What `run_generation` did: counts of images, and what a researcher should hear about them."""

    stimulus_set: StimulusSet
    made: int
    total: int
    clips: int
    sheets: list[Path]
    notices: list[str]


@dataclass(frozen=True)
class PhotoPool:
    """The photographs that a style-transfer backbone paints on."""

    name: str
    items: list[MediaItem]

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "sha256": pool_sha256(self.items), "size": len(self.items)}


# Training


def run_training(
    *,
    preset_name: str,
    dataset_name: str,
    run_name: str,
    change: Callable[[TrainConfig], TrainConfig] = lambda train: train,
    choices: Mapping[str, Any] = MappingProxyType({}),
    device: str = "auto",
    resume: bool = False,
    progress: Progress = quietly,
    say: Callable[[str], None] = ignore,
    watch: Callable[[Path], Callable[[dict[str, Any]], None]] = lambda run_dir: ignore,
) -> Training:
    """Train a preset on a dataset's train split in RUNS_ROOT/<run>, or go on with the run that is there.

    change: makes the preset's training config the one that is wanted. choices: see `presets.vary_preset`.
    device: where large networks compute. resume: a run of this name has to be there.
    say: is told what the person who waits should hear before it begins. watch: given the run folder, something that
    is shown each epoch's losses.
    Several processes (see `processes`) may call this together; only the first writes.
    Raises GenerationError with one line that says what to do.
    """
    preset = vary_preset(find_preset(preset_name), choices)
    check_run_name(run_name)
    dataset = find_dataset(dataset_name)
    run_dir = Path(site.RUNS_ROOT) / run_name
    if resume and run_stands(run_dir) == "absent":
        raise CheckpointError(f"There is no run {run_name} to resume; leave out --resume to start it.")
    train = change(preset.train)
    with ExitStack() as stack:
        data = read_training_data(dataset, LocalFiles(stack))
        parts = open_parts(
            preset, device=device, precision=train.large.precision if train.large else "float32", say=say
        )
        with naming_full_disks(f"files of the run {run_name}"):
            result = train_run(
                run_dir,
                parts=parts,
                data=data,
                train=train,
                about={"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
                cache=feature_cache(),
                progress=progress,
                watch=watch(run_dir),
            )
    if not is_main():
        return Training(None, result)
    checkpoint, _ = Checkpoint.objects.update_or_create(
        name=run_name,
        defaults={
            "preset": preset.name,
            "dataset": dataset,
            "run_dir": run_dir.relative_to(site.DATA_DIR).as_posix(),
            # As it stands in config.json: whether the run was finished just now or before must not show.
            "config": json.loads(json_bytes(result.config)),
            "weights_sha256": result.weights_sha256,
            "epoch": result.epoch,
            "losses": result.history,
        },
    )
    return Training(checkpoint, result)


def import_embedder(*, file: Path, run_name: str, dataset_name: str, preset_name: str) -> Checkpoint:
    """Make a run folder and a checkpoint of an embedder's tensors that were trained elsewhere.

    CheckpointError names the tensor that is missing, unknown or of another shape than the preset's parts ask for.
    """
    preset = find_preset(preset_name)
    check_run_name(run_name)
    dataset = find_dataset(dataset_name)
    run_dir = Path(site.RUNS_ROOT) / run_name
    if run_stands(run_dir) != "absent":
        raise CheckpointError(f"There is a run {run_name} already; choose another name.")
    tensors = read_state(file)
    parts = open_parts(preset, device="cpu", precision="float32")
    embedder = make_embedder(parts)
    import_state(embedder, tensors, source=str(file))
    config = describe_import(parts, embedder, file)
    with naming_full_disks(f"files of the run {run_name}"):
        run_dir.mkdir(parents=True, exist_ok=True)
        sha256 = save_weights(run_dir, embedder=embedder.state_dict(), parts=parts, epoch=0)
        write_durably(run_dir / CONFIG, json_bytes(config))
    return Checkpoint.objects.create(
        name=run_name,
        preset=preset.name,
        dataset=dataset,
        run_dir=run_dir.relative_to(site.DATA_DIR).as_posix(),
        config=config,
        weights_sha256=sha256,
        epoch=0,
    )


def describe_import(parts: Parts, embedder: Embedder, file: Path) -> dict[str, Any]:
    """config.json of a run that was trained elsewhere: its parts, and the file that it came from."""
    return {
        "schema": "paragone-run/1",
        "preset": parts.preset.name,
        "title": parts.preset.title,
        "choices": describe_choices(parts.preset),
        "dataset": {"name": "", "manifest_sha256": ""},  # what it was trained on is not known here
        "imported": {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
        "audio_encoder": parts.audio_encoder.describe(),
        "backbone": parts.backbone.describe(),
        "embedder": {
            "in_dim": embedder.in_dim,
            "out_dim": embedder.out_dim,
            "parameters": sum(tensor.numel() for tensor in embedder.parameters()),
        },
        "code": code_version(),
        "libraries": library_versions(),
    }


def export_embedder(*, run_name: str, out: Path) -> int:
    """Write a checkpoint's embedder with AudioToken's names and shapes; returns its number of parameters."""
    row = find_checkpoint(run_name)
    if out.suffix not in (".bin", ".safetensors"):
        raise CheckpointError(f"{out.name} should end in .bin or .safetensors.")
    tensors, _, _ = read_weights(checkpoint_dir(row) / WEIGHTS)
    state = as_published({name: tensor for name, tensor in tensors.items() if name.split(".")[0] not in STATISTICS})
    if out.suffix == ".safetensors":
        data = save_safetensors(state)
    else:
        buffer = BytesIO()
        torch.save(state, buffer)
        data = buffer.getvalue()
    write_durably(out, data)
    return sum(tensor.numel() for tensor in state.values())


def check_run_name(name: str) -> None:
    """CheckpointError when this cannot name a run."""
    if not name or slugify(name) != name.lower() or len(name) > 80:
        raise CheckpointError(f'"{name}" cannot name a run: use letters, digits, - and _.')


def read_training_data(dataset: Dataset, local: LocalFiles) -> TrainingData:
    """Train-split clips and artworks, and the reference pairs of the val split."""
    rows = {"category__dataset": dataset, "split": Split.TRAIN}
    pairs = ReferencePair.objects.filter(clip__category__dataset=dataset, clip__split=Split.VAL)
    return TrainingData(
        clips=[_item(clip, local) for clip in Clip.objects.filter(**rows).select_related("category")],
        artworks=[_item(artwork, local) for artwork in Artwork.objects.filter(**rows).select_related("category")],
        validation=[
            Pair(_item(pair.clip, local), _item(pair.artwork, local))
            for pair in pairs.select_related("clip__category", "artwork__category")
        ],
    )


# Images of a dataset's clips


def run_generation(
    *,
    set_name: str,
    checkpoint_name: str,
    dataset_name: str,
    request: Request,
    batch_size: int = 8,
    painting: Mapping[str, Any] = MappingProxyType({}),
    progress: Progress = quietly,
    say: Callable[[str], None] = ignore,
) -> Generation:
    """Make the images of a request with a checkpoint, or what is missing of them.

    Images do not depend on the batch size for `mini`; for diffusion backbones it is part of the settings.
    painting: settings of the backbone that differ from its defaults, see `presets.settle_painting`.
    Raises GenerationError with one line that says what to do; what was made until then stays.
    """
    if batch_size < 1:
        raise StimulusSetError(f"The batch size must be at least 1, not {batch_size}.")
    dataset = find_dataset(dataset_name)
    row = find_checkpoint(checkpoint_name)
    plan = plan_images(dataset, request)
    with making(set_name), ExitStack() as stack:
        local = LocalFiles(stack)
        settings = settings_of(row, set_seed=request.seed, batch_size=batch_size, painting=painting)
        pipeline, pool = open_pipeline(row, dataset, local, settings, say=say)
        outcome = fill_set(
            name=set_name,
            source=StimulusSet.Source.MUSIPAINTER,
            dataset=dataset,
            checkpoint=row,
            settings=describe_set(row, dataset, request, settings, pool, pipeline, len(plan)),
            plan=plan,
            batch_size=batch_size,
            make_rows=lambda batch: paint_batch(batch, pipeline, settings, row, request, local),
            progress=progress,
        )
        outcome.notices += _find_notices(plan, row, dataset, pool)
        if outcome.made:
            outcome.notices += _find_guard_notices(outcome.stimulus_set)
        return outcome


def fill_set(
    *,
    name: str,
    source: str,
    dataset: Dataset,
    settings: dict[str, Any],
    plan: Sequence[PlannedImage],
    batch_size: int,
    make_rows: Callable[[Sequence[PlannedImage]], list[Stimulus]],
    checkpoint: Checkpoint | None = None,
    progress: Progress = quietly,
) -> Generation:
    """Make the planned images that the set lacks, batch by batch; the caller holds the set (`sets.making`).

    make_rows: images of a batch as rows that are not saved yet.
    """
    stimulus_set = open_set(name=name, source=source, dataset=dataset, checkpoint=checkpoint, settings=settings)
    done = set(stimulus_set.stimuli.values_list("clip_id", "index"))
    missing = sum((image.clip.pk, image.index) not in done for image in plan)
    outcome = Generation(
        stimulus_set=stimulus_set,
        made=missing,
        total=len(plan),
        clips=len({image.clip.pk for image in plan}),
        sheets=[],
        notices=[],
    )
    if not missing and stimulus_set.status == StimulusSet.Status.READY:
        return outcome
    job = start_job(stimulus_set, len(plan))
    with recording_failure(job), naming_full_disks(f"images of the set {name}"):
        # Batches are always cut from the whole list, so that each holds the same images whoever resumes.
        batches = [plan[start : start + batch_size] for start in range(0, len(plan), batch_size)]
        for batch in progress(batches, f"Painting batches of {batch_size}"):
            if all((image.clip.pk, image.index) in done for image in batch):
                continue
            rows = make_rows(batch)
            add_images(job, [image for image in rows if (image.clip_id, image.index) not in done])
        outcome.sheets = finish_set(job)
    return outcome


def resume_generation(set_id: int, *, progress: Progress = quietly) -> Generation:
    """Go on with a set from the settings in its row."""
    stimulus_set = StimulusSet.objects.select_related("dataset", "checkpoint").get(pk=set_id)
    if stimulus_set.source != StimulusSet.Source.MUSIPAINTER or stimulus_set.checkpoint is None:
        raise StimulusSetError(f"The set {stimulus_set.name} was not made by a checkpoint.")
    request = from_json(Request, stimulus_set.settings["request"])
    painting = stimulus_set.settings["painting"]
    return run_generation(
        set_name=stimulus_set.name,
        checkpoint_name=stimulus_set.checkpoint.name,
        dataset_name=stimulus_set.dataset.name,
        request=request,
        batch_size=painting.get("batch_size", 8),
        painting={name: value for name, value in painting.items() if name != "set_seed"},
        progress=progress,
    )


def describe_set(
    row: Checkpoint,
    dataset: Dataset,
    request: Request,
    painting_settings: Any,
    pool: PhotoPool,
    pipeline: MusipainterPipeline,
    images: int,
) -> dict[str, Any]:
    """StimulusSet.settings: everything that decides the images."""
    return {
        "schema": "paragone-set/1",
        "source": StimulusSet.Source.MUSIPAINTER.value,
        "preset": row.preset,
        "checkpoint": {"name": row.name, "weights_sha256": row.weights_sha256, "epoch": row.epoch},
        "dataset": {"name": dataset.name, "manifest_sha256": dataset.manifest_sha256},
        "request": to_json(request),
        "images": images,
        "painting": to_json(painting_settings),
        "photos": pool.describe(),
        "audio_encoder": pipeline.encoder.describe(),
        "backbone": pipeline.backbone.describe(),
        "code": code_version(),
        "libraries": library_versions(),
    }


def paint_batch(
    batch: Sequence[PlannedImage],
    pipeline: MusipainterPipeline,
    painting_settings: Any,
    row: Checkpoint,
    request: Request,
    local: LocalFiles,
) -> list[Stimulus]:
    """Paint and store a batch; rows that are not saved yet."""
    paintings = pipeline(
        [_item(image.clip, local) for image in batch],
        [image.seed for image in batch],
        painting_settings,
        places=[image.place for image in batch],
    )
    return [
        _make_row(image, painting, pipeline, row, request) for image, painting in zip(batch, paintings, strict=True)
    ]


def _make_row(
    image: PlannedImage, painting: Painting, pipeline: MusipainterPipeline, row: Checkpoint, request: Request
) -> Stimulus:
    sha256, name = media.store(png_bytes(painting.image), ".png")
    clip = image.clip
    return Stimulus(
        category=clip.category,
        clip=clip,
        index=image.index,
        seed=image.seed,
        sha256=sha256,
        file=name,
        width=painting.image.width,
        height=painting.image.height,
        provenance={
            "schema": "paragone-image/1",
            "source": StimulusSet.Source.MUSIPAINTER.value,
            "set_seed": request.seed,
            "seed": image.seed,
            "index": image.index,
            "clip_rank": image.rank,
            "clips_eligible": image.eligible,
            "audio": describe_audio(clip.sha256, pipeline, start=0.0, duration=clip.duration),
            **describe_model(row, pipeline),
            "painting": painting.choices,
        },
    )


def describe_audio(sha256: str, pipeline: MusipainterPipeline, *, start: float, duration: float) -> dict[str, Any]:
    """Which part of which recording was heard; seconds."""
    heard = min(pipeline.encoder.window_seconds, duration - start)
    return {"sha256": sha256, "window_start_s": start, "window_s": round(heard, 3)}


def describe_model(row: Checkpoint, pipeline: MusipainterPipeline) -> dict[str, Any]:
    """What painted: checkpoint, frozen parts, code and libraries."""
    return {
        "preset": row.preset,
        "checkpoint": {
            "name": row.name,
            "weights_sha256": row.weights_sha256,
            "epoch": row.epoch,
            "dataset_manifest_sha256": row.config["dataset"]["manifest_sha256"],
        },
        "audio_encoder": pipeline.encoder.describe(),
        "backbone": pipeline.backbone.describe(),
        "code": code_version(),
        "libraries": library_versions(),
    }


def _find_notices(plan: Sequence[PlannedImage], row: Checkpoint, dataset: Dataset, pool: PhotoPool) -> list[str]:
    notices = []
    heard = sum(image.clip.split == Split.TRAIN for image in plan)
    if heard and row.config["dataset"]["name"] == dataset.name:
        notices.append(f"{heard} images are of train clips, which the model has heard in training.")
    if pool.items:
        repeated = sum(image.place >= len(pool.items) for image in plan)
        if repeated:
            notices.append(
                f"{repeated} images paint on a photograph that their category has used already, cropped or flipped: "
                f"the pool has {len(pool.items)}."
            )
        if pool.name != dataset.name:
            notices.append(f"The dataset {dataset.name} has no content images; the photographs are {pool.name}'s.")
    return notices


def _find_guard_notices(stimulus_set: StimulusSet) -> list[str]:
    dark = stimulus_set.stimuli.filter(provenance__painting__guard_passed=False).count()
    if not dark:
        return []
    return [f"{dark} images are nearly black or empty even after painting them again; look at them."]


@contextmanager
def naming_full_disks(what: str) -> Iterator[None]:
    """Turns an error of the file system inside the block into one line: what cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise GenerationError(
            f"The {what} cannot be written ({error.strerror or error}). Make room or mend the disk and start again: "
            "what was written before stays, and the work goes on from there."
        ) from error


# Any music


def paint(
    *,
    audio: Path,
    checkpoint_name: str,
    out: Path,
    count: int = 4,
    seed: int = 0,
    start: float = 0.0,
    painting: Mapping[str, Any] = MappingProxyType({}),
    say: Callable[[str], None] = ignore,
) -> list[Path]:
    """Paint `count` images of any music file into a folder: images, grid.png and provenance.json. Writes no rows.

    start: second at which the window that is heard begins. The first `count` photographs of the seed's order are used.
    """
    if count < 1:
        raise StimulusSetError(f"At least 1 image must be asked for, not {count}.")
    if start < 0:
        raise StimulusSetError(f"The music cannot be heard from second {start:g}.")
    row = find_checkpoint(checkpoint_name)
    try:
        sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{audio} cannot be read ({error.strerror}).") from error
    with ExitStack() as stack:
        settings = settings_of(row, set_seed=seed, batch_size=count, painting=painting)
        pipeline, pool = open_pipeline(row, row.dataset, LocalFiles(stack), settings, say=say)
        token, seconds = pipeline.audio_token_of_file(audio, start=start)
        seeds = [image_seed(seed, sha256, index) for index in range(count)]
        paintings = pipeline.backbone.render(token.expand(count, -1), seeds, settings, places=list(range(count)))
    files = {f"{number:02d}.png": png_bytes(item.image) for number, item in enumerate(paintings, start=1)}
    provenance = {
        "schema": "paragone-paint/1",
        "file": audio.name,
        "audio": {"sha256": sha256, "window_start_s": start, "window_s": round(seconds, 3)},
        "set_seed": seed,
        "photos": pool.describe(),
        **describe_model(row, pipeline),
        "images": [
            {"file": name, "sha256": media.sha256_of(data), "seed": image_seed_, "painting": item.choices}
            for (name, data), image_seed_, item in zip(files.items(), seeds, paintings, strict=True)
        ],
    }
    files["grid.png"] = draw_sheet([SheetImage(data) for data in files.values()], columns=min(count, 4))
    files["provenance.json"] = json_bytes(provenance)
    for name, data in files.items():
        write_durably(out / name, data)
    return [out / name for name in files]


# Rows


def find_dataset(name: str) -> Dataset:
    """The dataset of this name; DatasetError when there is none."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise DatasetError(f"There is no dataset {name}; import it first with import_dataset.")
    return dataset


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of this run; CheckpointError when there is none."""
    row = Checkpoint.objects.select_related("dataset").filter(name=name).first()
    if row is None:
        stands = run_stands(Path(site.RUNS_ROOT) / name) if slugify(name) == name.lower() else "absent"
        unfinished = " It has not finished training." if stands == "begun" else ""
        raise CheckpointError(f"There is no checkpoint {name}.{unfinished} Train it with train_musipainter.")
    return row


def settings_of(row: Checkpoint, *, set_seed: int, batch_size: int, painting: Mapping[str, Any]) -> Any:
    """How a checkpoint's backbone is to paint."""
    return settle_painting(preset_of_run(row.config), set_seed=set_seed, batch_size=batch_size, choices=painting)


def open_pipeline(
    row: Checkpoint,
    dataset: Dataset,
    local: LocalFiles,
    settings: Any,
    *,
    say: Callable[[str], None] = ignore,
) -> tuple[MusipainterPipeline, PhotoPool]:
    """A checkpoint ready to paint with these settings.

    CheckpointError when its files are not those that its row was written for, or its device is not here.
    """
    preset = preset_of_run(row.config)
    pool = find_photos(preset, dataset, local)
    parts = open_parts(
        preset,
        photos=pool.items,
        device=getattr(settings, "device", "cpu"),
        precision=getattr(settings, "precision", "float32"),
        say=say,
    )
    checkpoint = load_checkpoint(checkpoint_dir(row), parts)
    if checkpoint.weights_sha256 != row.weights_sha256:
        raise CheckpointError(
            f"The weights of {row.name} are not those that were registered: the file has the hash "
            f"{checkpoint.weights_sha256[:12]}, the row {row.weights_sha256[:12]}."
        )
    return MusipainterPipeline(checkpoint, feature_cache()), pool


def open_parts(
    preset: Preset,
    *,
    device: str,
    precision: Precision,
    photos: Sequence[MediaItem] = (),
    say: Callable[[str], None] = ignore,
) -> Parts:
    """The preset's frozen parts, large ones on the device; says so when that will be slow."""
    weights = Path(site.WEIGHTS_ROOT)
    if preset.backbone != "stable-diffusion":
        return build_parts(preset, weights=weights, photos=photos)
    from generation.musipainter.devices import SLOW_ON_CPU, choose_device  # noqa: PLC0415 -- slow import

    chosen = choose_device(device)
    if chosen.type == "cpu":
        say(SLOW_ON_CPU)
    place = f"cuda:{local_rank()}" if chosen.type == "cuda" and chosen.index is None else str(chosen)
    return build_parts(
        preset, weights=weights, diffusion=site.DIFFUSION_MODEL, photos=photos, device=place, precision=precision
    )


def checkpoint_dir(row: Checkpoint) -> Path:
    """The run folder of a checkpoint."""
    return Path(site.DATA_DIR) / row.run_dir


def find_photos(preset: Preset, dataset: Dataset, local: LocalFiles) -> PhotoPool:
    """The dataset's content images; where it has none, those that come with Paragone."""
    if preset.backbone != "style-transfer":
        return PhotoPool("none", [])
    rows = list(dataset.contents.order_by("sha256"))
    if rows:
        return PhotoPool(dataset.name, [MediaItem(row.sha256, local.path(str(row.file.name))) for row in rows])
    files = sorted(BUILT_IN_PHOTOS.glob("*.jpg"))
    return PhotoPool("Paragone", [MediaItem(hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in files])


def feature_cache() -> FeatureCache:
    """The cache of frozen features; may be deleted at any time."""
    return FeatureCache(Path(site.CACHE_ROOT) / "musipainter")


def _item(row: Clip | Artwork, local: LocalFiles) -> MediaItem:
    return MediaItem(row.sha256, local.path(str(row.file.name)), row.category.name, row.split)
