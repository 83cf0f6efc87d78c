"""What a launch check looks at, read once."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from generation.models import Category, Clip, Content, Stimulus
from studyserver.studies.models import Arm, Study


@dataclass(frozen=True)
class StoredFile:
    """A file that participants may be shown: its name in the storage, the hash its row promises, and what it is."""

    name: str
    sha256: str
    label: str

    @property
    def suffix(self) -> str:
        return PurePath(self.name).suffix.lower()


class Material:
    """What a study can show, read once: categories, arms, their usable images, practice material.

    `thorough` says whether checks read its files whole.
    """

    def __init__(self, study: Study, *, thorough: bool = False) -> None:
        self.study = study
        self.thorough = thorough

    @cached_property
    def categories(self) -> list[Category]:
        """The study's categories, in order."""
        return list(self.study.categories.select_related("dataset"))

    @cached_property
    def practice_categories(self) -> list[Category]:
        return list(self.study.practice_categories.select_related("dataset"))

    @cached_property
    def arms(self) -> list[Arm]:
        return list(
            self.study.arms.select_related(
                "stimulus_set__dataset", "stimulus_set__checkpoint", "stimulus_set__parent"
            ).order_by("id")
        )

    @cached_property
    def stimuli(self) -> dict[int, list[Stimulus]]:
        """Unflagged images of the study's and the practice categories, by stimulus set."""
        found: dict[int, list[Stimulus]] = defaultdict(list)
        wanted = [category.pk for category in self.categories + self.practice_categories]
        sets = [arm.stimulus_set_id for arm in self.arms]
        rows = Stimulus.objects.filter(set__in=sets, category__in=wanted, flagged=False)
        for stimulus in rows.select_related("clip", "category"):
            found[stimulus.set_id].append(stimulus)
        return found

    def of_category(self, arm: Arm, category: Category) -> list[Stimulus]:
        """Usable images of one category in an arm's set."""
        return [s for s in self.stimuli[arm.stimulus_set_id] if s.category_id == category.pk]

    def main(self, arm: Arm) -> list[Stimulus]:
        """Usable images of the study's categories in an arm's set."""
        wanted = {category.pk for category in self.categories}
        return [s for s in self.stimuli[arm.stimulus_set_id] if s.category_id in wanted]

    def practice(self, category: Category) -> list[Stimulus]:
        """Practice images: of the first arm whose set holds the category, the same for all arms."""
        for arm in self.arms:
            if found := self.of_category(arm, category):
                return found
        return []

    @cached_property
    def contents(self) -> list[Content]:
        """Neutral photographs; shown where practice has a single category, and in attention checks."""
        if not (len(self.practice_categories) == 1 or self.study.attention_boards):
            return []
        return list(Content.objects.filter(dataset__in={category.dataset_id for category in self.practice_categories}))

    @property
    def shown(self) -> Iterator[Stimulus]:
        """Every image that any participant may see, practice included."""
        for arm in self.arms:
            yield from self.main(arm)
        for category in self.practice_categories:
            yield from self.practice(category)

    @cached_property
    def clips(self) -> list[Clip]:
        return list({stimulus.clip_id: stimulus.clip for stimulus in self.shown}.values())

    @property
    def main_clips(self) -> list[Clip]:
        """Clips of the study's own categories."""
        wanted = {category.pk for category in self.categories}
        return [clip for clip in self.clips if clip.category_id in wanted]

    @property
    def clip_files(self) -> list[StoredFile]:
        """What participants hear of the clips."""
        return [StoredFile(name, sha256, str(clip)) for clip in self.clips for sha256, name in [clip.played]]

    @property
    def image_files(self) -> list[StoredFile]:
        """Every image that may be seen, each file once."""
        rows: list[Stimulus | Content] = [*self.shown, *self.contents]
        return list({row.sha256: StoredFile(row.file.name or "", row.sha256, str(row)) for row in rows}.values())
