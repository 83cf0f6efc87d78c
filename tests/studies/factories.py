"""Tiny datasets, stimulus sets and studies, built in code within milliseconds.

Sounds are short chords and pictures are plain patterns, both drawn from the seed, so every file has its own bytes
and the same call gives the same bytes. Everything is stored through `generation.media.storage`, as the product does.
"""

import functools
import hashlib
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import soundfile
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image

from generation.media import storage
from generation.models import Artwork, Category, Clip, Content, Dataset, ReferencePair, Split, Stimulus, StimulusSet
from studyserver.studies.design.freezing import lifted
from studyserver.studies.models import Arm, Study

CATEGORIES = ("Renaissance symbolism", "Asian traditional folklore", "Heavy metal", "Electronic music")
PRACTICE = ("Romanticism open view",)
CONSENT = (
    "Please **read** this before you agree. You hear clips of music and see pictures, and say which belong together. "
    "We store your answers without your name, and you can erase them with your receipt code."
)


def seed_of(*parts: object) -> int:
    """A seed from any parts."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:6])


@functools.lru_cache(maxsize=256)
def make_sound(seed: int, seconds: float = 1.0, suffix: str = ".wav", rate: int = 8000) -> bytes:
    """A quiet chord of three tones, as WAV (".wav") or MP3 (".mp3") bytes."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * f * t) for f in rng.uniform(150, 900, 3)) * 0.1
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    buffer = io.BytesIO()
    soundfile.write(buffer, (wave * fade).astype("float32"), rate, format=suffix.lstrip(".").upper())
    return buffer.getvalue()


@functools.lru_cache(maxsize=256)
def make_picture(seed: int, size: tuple[int, int] = (64, 64), suffix: str = ".png") -> bytes:
    """Blocks of colour, as PNG or JPEG bytes; `size` is (width, height) in pixels."""
    blocks = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    image = Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)
    image.save(buffer, format="PNG" if suffix == ".png" else "JPEG")
    return buffer.getvalue()


def make_dataset(
    name: str = "museum",
    *,
    categories: Sequence[str] = (*CATEGORIES, *PRACTICE),
    clips: int = 3,
    contents: int = 2,
    seconds: float = 1.0,
    suffix: str = ".wav",
) -> Dataset:
    """A dataset with `clips` test clips (and as many artworks, paired one to one) in each category."""
    dataset = Dataset.objects.create(
        name=name, root=f"/{name}", manifest_sha256=hashlib.sha256(name.encode()).hexdigest()
    )
    for order, label in enumerate(categories):
        category = Category.objects.create(
            dataset=dataset, slug=slugify(label, allow_unicode=True) or str(order), name=label, order=order
        )
        for i in range(clips):
            clip = make_clip(category, i, seconds=seconds, suffix=suffix)
            ReferencePair.objects.create(clip=clip, artwork=make_artwork(category, i))
    for i in range(contents):
        make_content(dataset, i)
    return dataset


def make_clip(category: Category, i: int = 0, *, seconds: float = 1.0, suffix: str = ".wav", **fields: Any) -> Clip:
    """A stored clip of `seconds`."""
    rate = 8000
    sha256, file = storage.store(
        make_sound(seed_of(category.dataset.name, category.name, "clip", i), seconds, suffix, rate), suffix
    )
    defaults = {"split": Split.TEST, "title": f"{category.name} clip {i}", "piece_id": f"{category.slug}-{i}"}
    defaults |= {"peak": 0.3, "loudness": -20.0}
    return Clip.objects.create(
        category=category, sha256=sha256, file=file, duration=seconds, sample_rate=rate, **(defaults | fields)
    )


def make_artwork(category: Category, i: int = 0, **fields: Any) -> Artwork:
    """A stored human-made picture."""
    sha256, file = storage.store(make_picture(seed_of(category.dataset.name, category.name, "art", i)), ".png")
    defaults = {"split": Split.TEST, "width": 64, "height": 64}
    return Artwork.objects.create(category=category, sha256=sha256, file=file, **(defaults | fields))


def make_content(dataset: Dataset, i: int = 0) -> Content:
    """A stored neutral photograph."""
    sha256, file = storage.store(make_picture(seed_of(dataset.name, "content", i)), ".png")
    return Content.objects.create(dataset=dataset, sha256=sha256, file=file, width=64, height=64)


def make_set(
    dataset: Dataset,
    name: str = "set-a",
    *,
    images_per_clip: int = 1,
    source: str = StimulusSet.Source.MUSIPAINTER,
    categories: Sequence[str] | None = None,
) -> StimulusSet:
    """A ready stimulus set with images of every clip of the dataset (or of the named categories)."""
    stimulus_set = StimulusSet.objects.create(
        name=name, source=source, dataset=dataset, status=StimulusSet.Status.READY, settings={"seed": 1}
    )
    clips = Clip.objects.filter(category__dataset=dataset).select_related("category")
    for clip in clips if categories is None else clips.filter(category__name__in=categories):
        for index in range(images_per_clip):
            make_stimulus(stimulus_set, clip, index=index)
    stimulus_set.reviewed_by, stimulus_set.reviewed_at = "ada", timezone.now()
    stimulus_set.save()
    return stimulus_set


def leave_practice_clips(stimulus_set: StimulusSet, n: int) -> None:
    """Keep the images of `n` clips of each practice category; with one it stands beside a photograph."""
    for label in PRACTICE:
        images = stimulus_set.stimuli.filter(category__name=label)
        clips = sorted(set(images.values_list("clip", flat=True)))
        images.filter(clip__in=clips[n:]).delete()


def make_stimulus(stimulus_set: StimulusSet, clip: Clip, *, index: int = 0, **fields: Any) -> Stimulus:
    """A stored generated image of `clip`."""
    sha256, file = storage.store(make_picture(seed_of(stimulus_set.name, clip.sha256, index)), ".png")
    defaults = {"seed": seed_of(clip.sha256, index), "width": 64, "height": 64, "provenance": {"audio": clip.sha256}}
    defaults["look"] = sha256[:22]  # as different as random pictures
    return Stimulus.objects.create(
        set=stimulus_set,
        category=clip.category,
        clip=clip,
        index=index,
        sha256=sha256,
        file=file,
        **(defaults | fields),
    )


def make_shuffled_set(
    parent: StimulusSet, name: str = "shuffled", *, categories: Sequence[str] = CATEGORIES
) -> StimulusSet:
    """A shuffled control: whole boards whose images are relabelled by a rotation of their categories."""
    control = StimulusSet.objects.create(
        name=name,
        source=StimulusSet.Source.SHUFFLED,
        dataset=parent.dataset,
        parent=parent,
        status=StimulusSet.Status.READY,
        settings={"seed": 1},
    )
    columns = [
        list(parent.stimuli.filter(category__name=label, index=0).select_related("clip")) for label in categories
    ]
    for board, row in enumerate(zip(*columns, strict=True)):
        for place, original in enumerate(row):
            counts_as = row[(place + board) % len(row)].clip
            Stimulus.objects.create(
                set=control,
                category=counts_as.category,
                clip=counts_as,
                index=0,
                board=board,
                seed=original.seed,
                sha256=original.sha256,
                file=original.file.name,
                width=original.width,
                height=original.height,
                provenance={"source_clip": original.clip.sha256},
            )
    return control


def make_study(
    *,
    sets: Sequence[StimulusSet] | None = None,
    categories: Sequence[str] = CATEGORIES,
    practice: Sequence[str] = PRACTICE,
    quotas: Sequence[int | None] | None = None,
    status: str = Study.Status.OPEN,
    **fields: Any,
) -> Study:
    """A study (open unless told otherwise) with one arm for each set, named arm-1, arm-2 ..."""
    sets = sets or [make_set(make_dataset())]
    defaults: dict[str, Any] = {
        "slug": "do-pictures-sound",
        "title": "Do pictures sound?",
        "trials_per_session": 2,
        "listening_rule": Study.ListeningRule.SECONDS,
        "min_listen_s": 0.5,
        "consent_text": CONSENT,
        "instruction_text": "Match each clip with the image that fits it best.",
        "debrief_text": "The images were made by a model from the music.",
        "contact": "study@example.org",
        "withdraw_until": timezone.localdate() + timedelta(days=30),
        "seed": 7,
    }
    opened = timezone.now() if status != Study.Status.DRAFT else None
    closed = timezone.now() if status == Study.Status.CLOSED else None
    study = Study.objects.create(**(defaults | fields))
    known = Category.objects.filter(dataset=sets[0].dataset)
    study.categories.set(known.filter(name__in=categories))
    study.practice_categories.set(known.filter(name__in=practice))
    for i, stimulus_set in enumerate(sets):
        quota = quotas[i] if quotas else None
        Arm.objects.create(study=study, name=f"arm-{i + 1}", stimulus_set=stimulus_set, quota=quota)
    study.status, study.opened_at, study.closed_at = status, opened, closed
    study.save()
    return study


def change(study: Study, **fields: Any) -> Study:
    """The study with other values, frozen or not."""
    with lifted():
        Study.objects.filter(pk=study.pk).update(**fields)
    study.refresh_from_db()
    return study
