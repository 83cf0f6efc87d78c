"""The evidence of boards: as it was kept with the answers, or weighed now where it was not."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from generation.models import Clip
from studyserver.studies.models import ClientEvent, ListenEvent, Trial
from studyserver.studies.rules import evidence
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.kinds import kind_of


def read_evidence(trials: Sequence[Trial]) -> dict[int, Mapping[str, Any]]:
    """By trial: `boards.weigh` of it; the same few queries for any number of trials.

    A board that is still unanswered, and one that was answered before evidence was kept, is weighed by its events.
    """
    waiting = [trial for trial in trials if not trial.evidence]
    listened: dict[int | None, list[ListenEvent]] = defaultdict(list)
    told: dict[int | None, list[tuple[str, Any]]] = defaultdict(list)
    clips: dict[int, Clip] = {}
    if waiting:
        clips = Clip.objects.in_bulk({pk for trial in waiting for pk in trial.clip_order})
        for event in ListenEvent.objects.filter(trial__in=waiting).order_by("id"):
            listened[event.trial_id].append(event)
        reported = ClientEvent.objects.filter(trial__in=waiting).order_by("id")
        for pk, kind, data in reported.values_list("trial", "kind", "data"):
            told[pk].append((kind, data))
    return {trial.pk: trial.evidence for trial in trials if trial.evidence} | {
        trial.pk: boards.weigh(
            trial,
            [clips[pk] for pk in trial.clip_order],
            listened[trial.pk],
            evidence.read_signs(told[trial.pk]),
            rule=kind_of(trial).listening_rule(trial.session.study),
        )
        for trial in waiting
    }
