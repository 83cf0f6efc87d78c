"""Items of a study: clips and images that boards are drawn from."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q
from django.utils import timezone

from generation.models import Category, Content, Stimulus
from generation.stimuli import pairs_by_id
from studyserver.studies.errors import MaterialMissing
from studyserver.studies.models import Arm, Session, Trial
from studyserver.studies.places import LIVE_FOR
from studyserver.studies.rules import Item


def load_items(arm: Arm, categories: Sequence[int]) -> list[Item]:
    """The images that the arm may show of these categories; flagged ones never."""
    rows = Stimulus.objects.filter(set=arm.stimulus_set_id, category__in=categories, flagged=False)
    return [Item(*row) for row in rows.order_by("id").values_list("id", "clip", "category", "board")]


def load_alike(arm: Arm, categories: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of images of the arm that look alike and stand for different categories."""
    rows = Stimulus.objects.filter(set=arm.stimulus_set_id, category__in=categories, flagged=False).exclude(look="")
    return pairs_by_id(list(rows.order_by("id").values_list("id", "category", "look")))


def count_shown(arm: Arm) -> Counter[int]:
    """How often each stimulus was shown in the arm: answered boards, and all boards of live sessions."""
    trials = Trial.objects.filter(kind=Trial.Kind.MAIN, session__arm=arm)
    live = Q(session__state=Session.State.WORKING, session__last_seen_at__gte=timezone.now() - LIVE_FOR)
    counts: Counter[int] = Counter()
    for order in trials.filter(Q(state=Trial.State.ANSWERED) | live).values_list("image_order", flat=True):
        counts.update(order)
    return counts


def first_items(arms: Iterable[Arm], category: Category) -> list[Item]:
    for arm in arms:
        if items := load_items(arm, [category.pk]):
            return items
    raise MaterialMissing(f"No arm has an image of the practice category “{category.name}”.")


def find_photographs(items: Mapping[int, Sequence[Item]], contents: Sequence[Content]) -> dict[int, set[int]]:
    """Which photographs each practice image was painted over, as far as its provenance names them by hash."""
    if not contents:
        return {}
    made = Stimulus.objects.filter(pk__in=[item.stimulus for group in items.values() for item in group])
    texts = {pk: json.dumps(provenance) for pk, provenance in made.values_list("pk", "provenance")}
    return {pk: {content.pk for content in contents if content.sha256 in text} for pk, text in texts.items()}
