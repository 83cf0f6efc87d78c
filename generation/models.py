"""Rows of the generation app: datasets of music and art, checkpoints, and the stimuli they made.

Files are content-addressed: the `file` of a row is named after the sha256 of its bytes (`generation.media.storage`), so
a name or address never tells a category, an arm or a model, and equal bytes are stored once. No torch here, ever.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


def look_field() -> models.CharField:
    """What a picture looks like (`generation.files.find_look`); empty for rows of earlier versions."""
    return models.CharField(
        max_length=22,
        blank=True,
        help_text="Perceptual hash (64 bits) and mean colour, in hexadecimal digits. Empty: not worked out.",
    )


class Split(models.TextChoices):
    """Part of a dataset: what a model was trained on, chosen on, and tested on."""

    TRAIN = "train", "train"
    VAL = "val", "validation"
    TEST = "test", "test"


class Dataset(models.Model):
    """Music and art in categories, imported from a folder or a manifest."""

    name = models.SlugField(max_length=80, unique=True, help_text="Short name used in commands, e.g. museart.")
    root = models.CharField(max_length=1000, help_text="Folder the dataset was imported from.")
    manifest_sha256 = models.CharField(
        max_length=64, help_text="Hash over every imported file's hash, category and split."
    )
    split_seed = models.BigIntegerField(default=0, help_text="Seed of the split and of the reference pairs.")
    split_by = models.CharField(
        max_length=5,
        choices=[("piece", "recording"), ("clip", "clip")],
        default="piece",
        help_text="What stays together when music is split.",
    )
    piece_pattern = models.CharField(
        max_length=500,
        blank=True,
        help_text="How file names tell the recording of a clip: empty, by their ends (segment12, part3); none, not at "
        "all; else a regular expression.",
    )
    leakage = models.JSONField(
        default=dict, blank=True, help_text="Held-out clips that share a recording with train, counted at each import."
    )
    notes = models.TextField(blank=True, help_text="Known limits; printed in every report that uses this dataset.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def describe(self) -> dict[str, str]:
        """As provenance names it: equal descriptions, equal files."""
        return {"name": self.name, "manifest_sha256": self.manifest_sha256}


class Category(models.Model):
    """One label of a dataset, e.g. "Heavy metal"; what participants tell apart."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="categories")
    slug = models.SlugField(max_length=120, allow_unicode=True)
    name = models.CharField(max_length=120, help_text="Label as printed in reports, in any script.")
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["dataset", "order", "name"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["dataset", "slug"], name="category_slug_once_per_dataset"),
            models.UniqueConstraint(fields=["dataset", "name"], name="category_name_once_per_dataset"),
        ]

    def __str__(self) -> str:
        return self.name


class MediaRow(models.Model):
    """What every media file knows about itself."""

    sha256 = models.CharField(max_length=64, db_index=True)
    file = models.FileField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    creator = models.CharField(max_length=300, blank=True)
    year = models.CharField(max_length=60, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    metadata = models.JSONField(default=dict, blank=True, help_text="Other columns of the manifest.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title or self.sha256[:12]


class Clip(MediaRow):
    """A piece of music with a category."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="clips")
    split = models.CharField(max_length=5, choices=Split)
    piece_id = models.CharField(
        "recording", max_length=200, blank=True, help_text="Recording that the clip was cut from; empty: not known."
    )
    duration = models.FloatField(help_text="Seconds.")
    sample_rate = models.PositiveIntegerField(help_text="Hz, as stored in the file.")
    format = models.CharField(max_length=40, blank=True, help_text="Of the imported file, e.g. WAV DOUBLE.")
    peak = models.FloatField(
        null=True, blank=True, help_text="Size of the largest sample, full scale 1; empty: imported before it was kept."
    )
    loudness = models.FloatField(
        null=True,
        blank=True,
        help_text="LUFS of the imported file (EBU R128, integrated); empty: not measured, or too soft to be.",
    )
    played_file = models.FileField(
        max_length=200,
        blank=True,
        help_text="What participants hear, where browsers do not play the imported file, or it was levelled.",
    )
    played_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    gain = models.FloatField(default=0.0, help_text="dB by which what participants hear was made louder.")
    played_loudness = models.FloatField(
        null=True, blank=True, help_text="LUFS of a levelled copy; empty: what is heard is as loud as the file."
    )

    class Meta:
        ordering = ["category", "id"]
        constraints = [models.UniqueConstraint(fields=["category", "sha256"], name="clip_once_per_category")]

    @property
    def played(self) -> tuple[str, str]:
        """Hash and storage name of what participants hear; networks hear `file`."""
        if self.played_file:
            return self.played_sha256, str(self.played_file.name)
        return self.sha256, str(self.file.name)

    @property
    def heard_loudness(self) -> float | None:
        """LUFS of what participants hear; None where it was not measured."""
        return self.loudness if self.played_loudness is None else self.played_loudness


class Picture(MediaRow):
    """What every image of a dataset knows about itself. Its file holds pixels and nothing besides."""

    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    original_sha256 = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        help_text="Hash of the file that was imported, where it held more than its pixels; else empty.",
    )

    class Meta:
        abstract = True


class Artwork(Picture):
    """A human-made image with a category; what the model learns from."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="artworks")
    split = models.CharField(max_length=5, choices=Split)
    piece_id = models.CharField(max_length=200, blank=True)
    look = look_field()

    class Meta:
        ordering = ["category", "id"]
        constraints = [models.UniqueConstraint(fields=["category", "sha256"], name="artwork_once_per_category")]


class Content(Picture):
    """A neutral photograph without category, repainted by style-transfer backbones."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="contents")

    class Meta:
        ordering = ["dataset", "id"]
        verbose_name_plural = "content images"
        constraints = [models.UniqueConstraint(fields=["dataset", "sha256"], name="content_once_per_dataset")]


class ReferencePair(models.Model):
    """Ground-truth artwork of a val or test clip (IIS): same category and split, drawn once by seed."""

    clip = models.OneToOneField(Clip, on_delete=models.CASCADE, related_name="reference_pair")
    artwork = models.ForeignKey(Artwork, on_delete=models.RESTRICT, related_name="reference_pairs")

    class Meta:
        ordering = ["clip"]

    def __str__(self) -> str:
        return f"{self.clip} / {self.artwork}"


class Checkpoint(models.Model):
    """Weights and config of the best epoch of a training run."""

    name = models.SlugField(max_length=80, unique=True, help_text="Name of the run.")
    preset = models.CharField(max_length=60)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="checkpoints")
    run_dir = models.CharField(max_length=1000)
    config = models.JSONField(default=dict)
    weights_sha256 = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField(help_text="Epoch whose weights were kept: lowest validation loss.")
    losses = models.JSONField(default=list, help_text="Training and validation loss per epoch.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def describe(self) -> dict[str, Any]:
        """As provenance names it: equal descriptions, equal weights."""
        return {"name": self.name, "weights_sha256": self.weights_sha256, "epoch": self.epoch}


class StimulusSet(models.Model):
    """The generated images of one source with one group of settings; a study's arm shows one set."""

    class Source(models.TextChoices):
        MUSIPAINTER = "musipainter", "generated by a Musipainter checkpoint"
        LABEL_PROMPT = "label-prompt", "generated from the label's text alone"
        RETRIEVAL = "retrieval", "nearest artwork in the joint space"
        SHUFFLED = "shuffled", "control: another set's images with shuffled categories"
        IMPORTED = "imported", "made elsewhere"

    class Status(models.TextChoices):
        BUILDING = "building", "being made"
        READY = "ready", "complete"
        FAILED = "failed", "stopped by an error"
        STOPPED = "stopped", "stopped before it was complete"

    name = models.SlugField(max_length=80, unique=True)
    source = models.CharField(max_length=20, choices=Source, default=Source.MUSIPAINTER)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="stimulus_sets")
    checkpoint = models.ForeignKey(
        Checkpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="stimulus_sets"
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="derived",
        help_text="Set a shuffled control was made from.",
    )
    settings = models.JSONField(
        default=dict, help_text="Everything that decided the images; equal settings, equal bytes."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.BUILDING)
    reviewed_by = models.CharField(max_length=150, blank=True, help_text="Who looked through its images last.")
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="Images made later were not looked at.")
    content_warning = models.TextField(
        blank=True, help_text="What participants should be warned of, as found by whoever looked; empty: nothing."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Stimulus(models.Model):
    """One generated image: which clip it belongs to, its seed, and its whole provenance.

    `clip` is the clip the image *counts as* made from. For a shuffled control that is the relabelled clip, and
    `provenance["source_clip"]` names (by sha256) the clip it was really made from.
    """

    set = models.ForeignKey(StimulusSet, on_delete=models.CASCADE, related_name="stimuli")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="stimuli")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="stimuli")
    index = models.PositiveIntegerField(default=0, help_text="0 .. images per clip - 1.")
    board = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Images of one board are shown together (shuffled controls); empty: drawn freely.",
    )
    seed = models.BigIntegerField(help_text="Seed of this image, from (set seed, clip, index).")
    sha256 = models.CharField(max_length=64, db_index=True)
    file = models.FileField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    look = look_field()
    provenance = models.JSONField(default=dict)
    flagged = models.BooleanField(default=False, help_text="Set by a researcher: never shown to participants.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["set", "category", "clip", "index"]
        verbose_name_plural = "stimuli"
        constraints = [
            models.UniqueConstraint(fields=["set", "clip", "index"], name="stimulus_once_per_set_clip_index")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def safety_alarm(self) -> bool | None:
        """What Stable Diffusion's safety checker said of the image; None where it was not asked."""
        painting = self.provenance.get("painting")
        return painting.get("safety_flagged") if isinstance(painting, dict) else None


class Leased(models.Model):
    """Work that one process at a time has in hand: which one, when it was last heard of, and the how-manieth it is.

    `worker` and `attempts` together name one hold: whoever was given up on writes nothing any more (`jobs.leases`).
    """

    worker = models.CharField(max_length=120, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True


class Job(Leased):
    """Work that one process does from beginning to end; `jobs.work` asks for it, does it and sees that it ends."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    by = models.CharField(max_length=150, blank=True)
    told_at = models.DateTimeField(default=timezone.now, help_text="When somebody was last told to do it.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Whether it is not over."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class GenerationJob(Leased):
    """One go at filling a stimulus set, by one process or spread over workers; a set has one that is not over."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        PLANNING = "planning", "loading the networks"
        RUNNING = "running", "painting"
        FINISHING = "finishing", "drawing contact sheets"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    ACTIVE = (State.QUEUED, State.PLANNING, State.RUNNING, State.FINISHING)

    set = models.ForeignKey(StimulusSet, on_delete=models.CASCADE, related_name="jobs")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    on_workers = models.BooleanField("spread over workers", default=False)
    asked = models.JSONField(default=dict, blank=True, help_text="What was asked for.")
    by = models.CharField("asked for by", max_length=150, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Images that the set holds.")
    total = models.PositiveIntegerField(default=0, help_text="Images that the set will hold.")
    failed = models.PositiveIntegerField(default=0, help_text="Images that were given up after several attempts.")
    # The hold is on the job as a whole: the one process that makes it, or the worker that plans or finishes it.
    attempts = models.PositiveIntegerField(default=0, help_text="How often a worker began to plan it.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When a worker last found nothing to do in it.")
    created_at = models.DateTimeField("asked for", auto_now_add=True)
    started_at = models.DateTimeField("begun", null=True, blank=True)
    finished_at = models.DateTimeField("over", null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(done__lte=models.F("total")), name="job_done_at_most_total"),
            models.UniqueConstraint(
                fields=["set"],
                condition=Q(state__in=["queued", "planning", "running", "finishing"]),
                name="one_active_job_per_set",
            ),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk} ({self.set})"

    @property
    def is_active(self) -> bool:
        """Whether it is not over."""
        return self.state in self.ACTIVE


class GenerationChunk(Leased):
    """Some whole batches of a job that is spread over workers: what one of them makes in one go.

    start, stop: places in the plan, which every worker cuts into the same batches.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "being painted"
        DONE = "done", "done"
        FAILED = "failed", "given up"

    job = models.ForeignKey(GenerationJob, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    wait_until = models.DateTimeField(null=True, blank=True, help_text="Not to be taken up again before.")

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="chunk_once_per_job_number")]

    def __str__(self) -> str:
        return f"{self.start}..{self.stop - 1}"


class GenerationWorker(models.Model):
    """What one process has made of a job: images, and the seconds that it painted and stored them in."""

    job = models.ForeignKey(GenerationJob, on_delete=models.CASCADE, related_name="workers")
    name = models.CharField(max_length=120)
    images = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    seen_at = models.DateTimeField(help_text="When it last stored images.")

    class Meta:
        ordering = ["job", "name"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="worker_once_per_job")]

    def __str__(self) -> str:
        return self.name


class LevellingJob(Job):
    """Levelling a dataset's clips, asked for in the admin."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="levellings")
    target = models.FloatField(help_text="LUFS of the copies.")
    told = models.TextField(blank=True, help_text="What was done, and what a researcher should know of it.")
    created_at = models.DateTimeField("asked for", auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"],
                condition=Q(state__in=["queued", "running"]),
                name="one_active_levelling_per_dataset",
            )
        ]

    def __str__(self) -> str:
        return f"Levelling {self.pk} ({self.dataset})"
