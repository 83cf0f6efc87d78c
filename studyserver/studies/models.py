"""Rows of the studies app: studies, arms, sessions, trials, responses, listening.

Writes are owned by `sitting` (one participant's sitting) and `lifecycle` (a study's life); views, commands and the
admin call those. Orders, boards and arms are drawn once from a stored seed (`assignment`) and stored here.
"""

import secrets
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from generation.models import Category, Clip, Content, Job, Stimulus, StimulusSet
from generation.names import NameProblem, check_text, clean_name
from studyserver.studies.exclusion import validate_exclusion_rules
from studyserver.studies.languages import ENGLISH, list_languages


def new_code() -> str:
    """An unguessable code for a session's address (128 bits)."""
    return secrets.token_urlsafe(16)


def new_receipt() -> str:
    """A code that a person can read out and type: 12 signs of a 30-sign alphabet without look-alikes (58 bits)."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))


def new_salt() -> str:
    """Secret that keys a study's publishable participant names."""
    return secrets.token_hex(32)


def new_seed() -> int:
    """A random seed that fits a signed 64-bit column and a JSON number."""
    return secrets.randbelow(2**53)


def clean_texts(row: models.Model, fields: Iterable[str], clean: Callable[[str], str]) -> None:
    """Write these fields as `clean` does (`generation.names`); ValidationError by field for what it refuses."""
    problems = {}
    for field in fields:
        try:
            setattr(row, field, clean(getattr(row, field)))
        except NameProblem as problem:
            problems[field] = f"The {field.replace('_', ' ')} {problem}."
    if problems:
        raise ValidationError(problems)


class Plan(Job):
    """A question to the planner and its answer; the same question is answered once.

    `document` is `analysis.power.planner`'s, `page` and `figure` are its HTML and SVG.
    """

    inputs = models.JSONField()
    inputs_hash = models.CharField(max_length=64, unique=True)
    document = models.JSONField(null=True)
    page = models.TextField(blank=True)
    figure = models.TextField(blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class Tally(models.Model):
    """How much of something was done within some minutes; `key` is a keyed hash that names nobody (`throttle`)."""

    key = models.CharField(max_length=64, unique=True)
    used = models.PositiveBigIntegerField(default=0)
    until = models.DateTimeField(db_index=True, help_text="When it is forgotten.")

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.used}"


class Study(models.Model):
    """A frozen design and the data collected under it."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    class Design(models.TextChoices):
        ONE_TO_ONE = "one_to_one", "one-to-one: every image is used exactly once"
        FREE = "free", "free: an image may be chosen for several clips"

    class ListeningRule(models.TextChoices):
        NONE = "none", "no rule"
        START = "start", "every clip must be started"
        SECONDS = "seconds", "every clip must be heard for the minimum below"
        END = "end", "every clip must be heard to its end"

    class HeadphoneCheck(models.TextChoices):
        OFF = "off", "none"
        RECORD = "record", "record the result: everybody goes on, also without headphones"
        REQUIRE = "require", "require it: who fails twice cannot go on"

    class ResumeById(models.TextChoices):
        NEVER = "never", "never: people come back by their personal link"
        BROWSER = "browser", "in the browser in which the session began"
        ANYWHERE = (
            "anywhere",
            "there, and anywhere by an id that nobody can guess: a panel's, with its session id, or a signed link's",
        )

    EDITABLE_WHEN_OPEN = frozenset({"notes"})
    TEXTS = ("consent_text", "instruction_text", "debrief_text", "contact", "notes")

    slug = models.SlugField(max_length=80, unique=True, help_text="Part of the participant link.")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=6, choices=Status, default=Status.DRAFT, editable=False)
    design = models.CharField(
        max_length=10,
        choices=Design,
        default=Design.ONE_TO_ONE,
        help_text="Decides how participants answer and which exact chance law the report uses.",
    )
    categories = models.ManyToManyField(
        Category,
        related_name="studies",
        help_text="The categories to tell apart; a trial shows one clip and one image of each.",
    )
    practice_categories = models.ManyToManyField(
        Category,
        related_name="practice_studies",
        blank=True,
        help_text="Material of the practice board, from outside the categories above: two pairs, with feedback. With "
        "two or more, of two of them; with one, of two of its clips (those of the train split first). With images of "
        "one clip only: that clip beside a neutral photograph, without right or wrong.",
    )
    trials_per_session = models.PositiveSmallIntegerField(
        "trials per participant", default=3, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    listening_rule = models.CharField(max_length=10, choices=ListeningRule, default=ListeningRule.SECONDS)
    min_listen_s = models.FloatField(
        "minimum listening (seconds)",
        default=5.0,
        validators=[MinValueValidator(0)],
        help_text="Used by the rule 'heard for the minimum'; a shorter clip must be heard to its end.",
    )
    level_limit_lu = models.FloatField(
        "largest difference between clips (LU)",
        null=True,
        blank=True,
        default=3.0,
        validators=[MinValueValidator(0)],
        help_text="Of loudness (EBU R128). The study does not open with clips further apart, because people set their "
        "volume once. Empty: not checked.",
    )
    ask_confidence = models.BooleanField(
        default=False, help_text="Ask how sure the participant is of each match (1 to 7)."
    )
    script_required = models.BooleanField(
        "JavaScript is required",
        default=False,
        help_text="Without JavaScript nothing shows what was heard and seen: participants only declare it. If it is "
        "required, their pages say so before the first board, and answers without it are not taken.",
    )
    headphone_check = models.CharField(
        "headphone screening",
        max_length=10,
        choices=HeadphoneCheck,
        default=HeadphoneCheck.OFF,
        help_text="After the sound check: six times three tones, of which one is quietest. Over loudspeakers another "
        "one seems to be, because its two channels cancel each other in the air.",
    )
    attention_boards = models.PositiveSmallIntegerField(
        "attention checks",
        default=0,
        validators=[MaxValueValidator(10)],
        help_text="Boards among the trials, made of practice material, that say which image to choose. They are never "
        "counted as answers. 0: none.",
    )
    exclusion_rules = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_exclusion_rules],
        help_text="Declared before the first participant and frozen with the study. Nobody is deleted: the report "
        "shows results without and with the sessions left out. No rule looks at what is right.",
    )
    smallest_effect = models.CharField(
        "smallest effect of interest",
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(
                r"\A(share|theta)=0?\.[0-9]*[1-9][0-9]*\Z",
                "Write share=NUMBER or theta=NUMBER, between 0 and 1: share=0.1.",
            )
        ],
        help_text="What would matter, declared before opening; the report then says whether the effect is larger, no "
        "larger, or undecided. share=0.1: a share of clips 10 points above chance, or 10 points between two arms; "
        "theta=0.15: people who truly know 15% of the clips, for the question whether images fit. Empty: not declared.",
    )
    content_warning = models.TextField(
        blank=True,
        help_text="Markdown. What some people may not want to see or hear; shown above the consent text, whatever the "
        "arm. Empty: nothing to warn of.",
    )
    language = models.CharField(
        max_length=12,
        choices=list_languages,
        default=ENGLISH,
        help_text="Language of the title and the texts, which screen readers and browsers are told. The pages' own "
        "words stay English and say so.",
    )
    consent_text = models.TextField(help_text="Markdown. Shown first; the participant must agree to go on.")
    instruction_text = models.TextField(help_text="Markdown. Shown above the practice board.")
    debrief_text = models.TextField(help_text="Markdown. Shown after the last trial.")
    contact = models.CharField(
        max_length=200, blank=True, help_text="Whom participants can write to; shown on every page's foot."
    )
    completion_url = models.URLField(
        blank=True,
        help_text="Link shown at the end, after everything is saved (e.g. a recruitment service's completion link).",
    )
    withdraw_until = models.DateField(
        null=True,
        blank=True,
        help_text="Last day on which participants can erase their answers with their receipt code. It ends when it is "
        "over everywhere on Earth.",
    )
    resume_by_id = models.CharField(
        "come back by recruitment id",
        max_length=10,
        choices=ResumeById,
        default=ResumeById.ANYWHERE,
        help_text="Whether the study's link with an id in it leads into the session that this id has begun. A number "
        "or a name is no password: anybody can guess it.",
    )
    simulated_only = models.BooleanField(
        default=False,
        help_text="Marked study for simulated participants: people are turned away, and every report says so.",
    )
    notes = models.TextField(blank=True, help_text="For researchers; printed in the report.")
    seed = models.BigIntegerField(default=new_seed, help_text="Decides boards, orders and arms.")
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    plan = models.ForeignKey(
        Plan, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="studies"
    )
    design_hash = models.CharField(max_length=64, blank=True, editable=False)
    version_of = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="versions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse to change the design of a study that was opened; a new design is a new version of the study."""
        before = Study.objects.filter(pk=self.pk).exclude(status=Study.Status.DRAFT).first()
        writable = [name for name in self.TEXTS if before is None or name in self.EDITABLE_WHEN_OPEN]
        clean_texts(self, writable, check_text)
        if before is None:
            clean_texts(self, ["title", "slug"], clean_name)
            return
        fields = [f for f in self._meta.concrete_fields if f.editable and f.name not in self.EDITABLE_WHEN_OPEN]
        changed = [str(f.verbose_name) for f in fields if getattr(self, f.attname) != getattr(before, f.attname)]
        if changed:
            raise ValidationError(f"The study is {before.status}; it cannot change any more: {', '.join(changed)}.")


class Arm(models.Model):
    """One condition of a study: which stimulus set is shown. Its name never reaches a participant's page."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="arms")
    name = models.SlugField(max_length=60)
    stimulus_set = models.ForeignKey(StimulusSet, on_delete=models.PROTECT, related_name="arms")
    quota = models.PositiveIntegerField(null=True, blank=True, help_text="Most participants; empty: no limit.")

    class Meta:
        ordering = ["study", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="arm_name_once_per_study")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse to change or add an arm of a study that was opened."""
        if self.study_id and Study.objects.filter(pk=self.study_id).exclude(status=Study.Status.DRAFT).exists():
            raise ValidationError("The study was opened; its arms cannot change any more.")
        clean_texts(self, ["name"], clean_name)


class Session(models.Model):
    """One participant's sitting. `code` is the secret of its address; `receipt` is what the participant keeps."""

    class State(models.TextChoices):
        WORKING = "working", "working"
        COMPLETED = "completed", "completed"
        WITHDRAWN = "withdrawn", "withdrawn"
        EXCLUDED = "excluded", "excluded"

    class Step(models.TextChoices):
        SOUND = "sound", "sound check"
        HEADPHONES = "headphones", "headphone screening"
        PRACTICE = "practice", "practice"
        TRIALS = "trials", "trials"
        DEBRIEF = "debrief", "debrief"

    class IdBefore(models.TextChoices):
        AGAIN = "again", "the id had begun a session before"
        ERASED = "erased", "the id had begun a session whose answers were erased"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="sessions")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="sessions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 ... in order of arrival; decides the session's seed.")
    code = models.CharField(max_length=40, unique=True, default=new_code, editable=False)
    receipt = models.CharField(max_length=20, unique=True, default=new_receipt, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WORKING)
    step = models.CharField(max_length=10, choices=Step, default=Step.SOUND)
    consent_version = models.CharField(max_length=64, help_text="sha256 of the consent text that was agreed to.")
    simulated = models.BooleanField(default=False)
    surplus = models.BooleanField(
        default=False, help_text="Came back when its place was given away and the arm full; counts against no quota."
    )
    id_before = models.CharField(
        "recruitment id came before",
        max_length=6,
        blank=True,
        choices=IdBefore,
        help_text="Whether the recruitment service's id had begun a session of this study before this one.",
    )
    erased_id = models.CharField(
        max_length=16, blank=True, editable=False, help_text="Keyed hash of the id of a session that was erased."
    )
    exclusion_reason = models.CharField(max_length=300, blank=True)
    sound_check = models.JSONField(default=dict, blank=True, help_text="What the sound check found.")
    headphones = models.JSONField(
        default=dict, blank=True, help_text="The headphone screening: order drawn, attempts, or that it was skipped."
    )
    event_bytes = models.PositiveIntegerField(
        default=0, editable=False, help_text="How much its pages have reported; what is too much is not kept."
    )
    consented_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["study", "number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="session_number_once_per_study")]

    def __str__(self) -> str:
        return f"session {self.number}"


class ExternalId(models.Model):
    """A recruitment service's id of a participant, kept apart from the answers so that it can be erased alone."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="external_ids")
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="external_id")
    value = models.CharField(max_length=200)
    service_study = models.CharField(max_length=200, blank=True, help_text="The service's id of the study.")
    service_session = models.CharField(max_length=200, blank=True, help_text="The service's id of the submission.")
    signed = models.BooleanField(default=False, help_text="Came by a link that a researcher has signed.")

    class Meta:
        indexes = [models.Index(fields=["study", "value"], name="external_id_of_study")]

    def __str__(self) -> str:
        return "external id"


class DamagedLinks(models.Model):
    """How often the link of a study came with an id that cannot name one person."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="damaged_links")
    times = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "damaged links"

    def __str__(self) -> str:
        return f"{self.times}"


class FileDownload(models.Model):
    """Who took which file of a study's exports and reports, and in which state the study was then. Append-only."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="downloads")
    name = models.CharField(max_length=300)
    by = models.CharField(max_length=150)
    study_status = models.CharField(max_length=6, choices=Study.Status)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Trial(models.Model):
    """One screen: k clips and k images to match. Orders are lists of ids as shown, drawn once."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", "practice"
        MAIN = "main", "main"
        ATTENTION = "attention", "attention check"

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        SHOWN = "shown", "shown"
        ANSWERED = "answered", "answered"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="trials")
    index = models.PositiveSmallIntegerField(
        help_text="0 = practice; main trials count from 1; attention checks go on counting after the last of them."
    )
    after = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Attention checks: the main trial after which it comes."
    )
    instructed = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Attention checks: the image to choose, 1 = first shown."
    )
    passed = models.BooleanField(null=True, help_text="Attention checks: whether that image was chosen.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MAIN)
    clip_order = models.JSONField(help_text="Clip ids as shown, first to last.")
    image_order = models.JSONField(
        help_text="Images as shown, first to last: stimulus ids; in practice and attention checks "
        "[{'stimulus': id} or {'content': id}]."
    )
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    draft = models.JSONField(
        default=dict, blank=True, help_text="Unsubmitted matches, confidence and the clock of the page."
    )
    draft_version = models.PositiveIntegerField(default=0)
    shown_at = models.DateTimeField(null=True, blank=True)
    shown_clock = models.CharField(
        max_length=60, blank=True, editable=False, help_text="When it was shown, by the server's clock of durations."
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    took_ms = models.PositiveBigIntegerField(
        null=True, blank=True, editable=False, help_text="Shown to answered, by the server's clock of durations."
    )
    browser = models.CharField(max_length=10, blank=True, editable=False, help_text="Family of the browser.")
    evidence = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="Once answered: what became of each clip and image as shown, and whether its times can be.",
    )
    rt_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="All media ready to submit; empty without script."
    )
    listening_declared = models.BooleanField(
        default=False, help_text="Without script the participant declares to have listened; there is no log."
    )
    answers_key = models.CharField(
        max_length=40, blank=True, default="", editable=False, help_text="Drawn by the page that sent the answers."
    )
    answers_number = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Which of that page's sendings is stored: 1, 2 ..."
    )
    acknowledged = models.BooleanField(
        default=False, editable=False, help_text="The page after it was shown: its answers are final."
    )

    class Meta:
        ordering = ["session", "index"]
        constraints = [
            models.UniqueConstraint(fields=["session", "index"], name="trial_index_once_per_session"),
            models.CheckConstraint(
                condition=Q(kind="practice", index=0) | (~Q(kind="practice") & Q(index__gte=1)),
                name="practice_is_trial_zero",
            ),
            models.CheckConstraint(
                condition=Q(kind="attention", after__isnull=False, instructed__isnull=False)
                | (~Q(kind="attention") & Q(after=None, instructed=None, passed=None)),
                name="attention_check_says_what_to_choose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session}, trial {self.index}"


class Response(models.Model):
    """One clip of a main trial answered with one image."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="responses")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="responses")
    stimulus = models.ForeignKey(Stimulus, on_delete=models.PROTECT, related_name="responses")
    clip_position = models.PositiveSmallIntegerField(help_text="1 = first clip shown.")
    image_position = models.PositiveSmallIntegerField(help_text="1 = first image shown.")
    choice_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="All media ready to last assignment of this clip."
    )
    choice_order = models.PositiveSmallIntegerField(null=True, blank=True)
    n_changes = models.PositiveSmallIntegerField(null=True, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["trial", "clip_position"]
        constraints = [models.UniqueConstraint(fields=["trial", "clip"], name="response_once_per_trial_and_clip")]

    def __str__(self) -> str:
        return f"{self.trial}, clip {self.clip_position}"


class PracticeAnswer(models.Model):
    """One clip of a practice board or an attention check answered; kept apart and never analysed."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="practice_answers")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="+")
    stimulus = models.ForeignKey(Stimulus, null=True, on_delete=models.PROTECT, related_name="+")
    content = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "clip"], name="practice_answer_once_per_trial_and_clip"),
            models.CheckConstraint(
                condition=Q(stimulus__isnull=False, content__isnull=True)
                | Q(stimulus__isnull=True, content__isnull=False),
                name="practice_answer_is_stimulus_or_content",
            ),
        ]

    def __str__(self) -> str:
        return f"practice of {self.trial}"


class ListenEvent(models.Model):
    """A stretch of a clip that was played, as the page reported it. Append-only."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="listen_events")
    key = models.CharField(max_length=40, help_text="Drawn by the page: a repeated report is stored once.")
    clip_position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=[("play", "play"), ("heard", "heard"), ("ended", "ended")])
    from_ms = models.PositiveIntegerField(default=0, help_text="Start of the stretch within the clip.")
    to_ms = models.PositiveIntegerField(default=0, help_text="End of the stretch within the clip.")
    at_ms = models.PositiveIntegerField(default=0, help_text="Page clock: all media ready to this event.")
    since_ms = models.PositiveBigIntegerField(
        null=True, help_text="Showing the board to receiving this report, by the server's clock of durations."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["trial", "key"], name="listen_event_once")]

    def __str__(self) -> str:
        return f"{self.kind} clip {self.clip_position}"


class ClientEvent(models.Model):
    """Anything else a page reports: media ready, an assignment, hidden tab, an audio error. Append-only."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="client_events")
    trial = models.ForeignKey(Trial, null=True, on_delete=models.CASCADE, related_name="client_events")
    key = models.CharField(max_length=40)
    kind = models.CharField(max_length=30)
    data = models.JSONField(default=dict)
    at_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["session", "key"], name="client_event_once")]

    def __str__(self) -> str:
        return self.kind


class StudyJob(Job):
    """An export or a report that a researcher asked for in the admin, made by a worker or a process of its own."""

    class Kind(models.TextChoices):
        EXPORT = "export", "export"
        REPORT = "report", "report"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=10, choices=Kind)
    interim = models.BooleanField(default=False, help_text="Asked for while the study was open.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def folder(self) -> str:
        """Where its files lie, below the reports' folder."""
        return f"{self.study.slug}/{self.kind}-{self.pk}"


class StudyLogEntry(models.Model):
    """What researchers did with a study: opened, closed, looked early. Append-only; printed in the report.

    Only the reason for leaving a session out goes again, when its participant erases the answers.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="log")
    action = models.CharField(max_length=30)
    detail = models.TextField(blank=True)
    by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "study log"

    def __str__(self) -> str:
        return self.action
