"""Simulated participants: programs that take a study through its real pages, from consent to debrief.

They use HTTP semantics only (django.test.Client with CSRF checks on): they read each page's form, fetch its sounds and
pictures, report what they heard to the participants' API, and send the form in. What they answer comes from
`answers`. Their sessions are marked by a value in the WSGI environment that no request from outside can
set, and stay marked in every export.
"""

import random
from collections.abc import Callable, Sequence

from generation.models import Clip, Stimulus
from studyserver.studies.errors import SimulationError
from studyserver.studies.models import Study, Trial
from studyserver.studies.simulation.answers import AbilityModel, Wish
from studyserver.studies.simulation.walk import sha256_of, take_part
from studyserver.studies.sitting.kinds import Screen


def check_may_simulate(study: Study, *, among_people: bool) -> None:
    """Raise SimulationError unless programs may take part now.

    A study for people takes them only when asked for explicitly; their answers stay marked.
    """
    if study.status != Study.Status.OPEN:
        raise SimulationError(f"“{study}” is {study.status}; simulated participants need an open study.")
    if not study.simulated_only and not among_people:
        raise SimulationError(
            f"“{study}” is a study for people. Make one with --simulated-only, or mix marked answers of programs into "
            "it with --among-people."
        )


def simulate_ability(
    *,
    study: Study,
    n: int,
    ability: float,
    careless: float = 0.0,
    seed: int = 0,
    on_participant: Callable[[], object] | None = None,
) -> None:
    """Let `n` programs take part that know each category with probability `ability` and guess the rest.

    They see an image as what it really was made from, so the images of a shuffled control come out near chance. A share
    of about `careless` of them, by seed, read no instructions and wear no headphones: they fail these checks.
    """
    if not 0 <= ability <= 1:
        raise SimulationError(f"The accuracy must lie between 0 and 1, not {ability:g}.")
    if not 0 <= careless <= 1:
        raise SimulationError(f"The careless share must lie between 0 and 1, not {careless:g}.")
    model = AbilityModel(ability, one_to_one=study.design == Study.Design.ONE_TO_ONE)
    senses = Senses(study)
    for number in range(n):
        rng = random.Random(f"{seed}/{number}/answers")

        def answer(screen: Screen, trial: Trial, rng: random.Random = rng) -> list[int]:
            clips = [senses.clips[sha256_of(address)] for address in screen.sounds]
            images = [senses.images.get(sha256_of(address)) for address in screen.pictures]
            return model.answer(clips, images, rng=rng)

        manner, care = random.Random(f"{seed}/{number}/manner"), random.Random(f"{seed}/{number}/care")
        take_part(study=study, answer=answer, rng=manner, careless=care.random() < careless)
        if on_participant:
            on_participant()


def simulate_wishes(
    *, study: Study, wishes: Sequence[Wish], seed: int = 0, on_participant: Callable[[], object] | None = None
) -> None:
    """Let programs answer exactly as wished, one wish a trial, participants one after the other.

    The category chosen is the one that an image counts as, so the confusion matrix is the sum of the wishes.
    """
    waiting = iter(wishes)
    for number in range(len(wishes) // study.trials_per_session):

        def answer(screen: Screen, trial: Trial) -> list[int]:
            wish = next(waiting)
            clips = Clip.objects.select_related("category").in_bulk(trial.clip_order)
            stimuli = Stimulus.objects.select_related("category").in_bulk(trial.image_order)
            images = [stimuli[pk].category.name for pk in trial.image_order]
            return [images.index(wish[clips[pk].category.name]) for pk in trial.clip_order]

        take_part(study=study, answer=answer, rng=random.Random(f"{seed}/{number}/manner"))
        if on_participant:
            on_participant()


class Senses:
    """What sounds and pictures truly are, by their hash: the category of the music an image was really made from."""

    def __init__(self, study: Study) -> None:
        shown = Stimulus.objects.filter(set__arms__study=study, category__in=study.categories.all())
        rows = list(shown.values_list("sha256", "category__name", "clip__sha256", "clip__category__name", "provenance"))
        self.clips: dict[str, str] = {clip: category for _, _, clip, category, _ in rows}
        played = shown.exclude(clip__played_sha256="")
        self.clips |= dict(played.values_list("clip__played_sha256", "clip__category__name"))
        self.images: dict[str, str | None] = {}
        for sha256, category, _, _, provenance in rows:
            source = provenance.get("source_clip")
            self.images[sha256] = category if source is None else self.clips.get(source)
