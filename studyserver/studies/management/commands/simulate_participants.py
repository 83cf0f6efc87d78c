"""`manage.py simulate_participants`: programs take a study through its real pages; their sessions stay marked."""

import random
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from studyserver.studies import simulation
from studyserver.studies.design import find_study
from studyserver.studies.management.studies import plain_errors, progress
from studyserver.studies.models import Study

DEFAULT_ACCURACY = 0.6


class Command(BaseCommand):
    help = "Let programs take an open study, from consent to debrief over HTTP; marked as simulated in every export."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="address name (slug)")
        parser.add_argument("--n", type=int, default=12, help="participants (default 12)")
        answers = parser.add_mutually_exclusive_group()
        answers.add_argument(
            "--accuracy",
            type=float,
            default=DEFAULT_ACCURACY,
            metavar="P",
            help=f"each category is known with probability P, the rest is guessed (default {DEFAULT_ACCURACY})",
        )
        answers.add_argument("--matrix", metavar="FILE", help="CSV of counts that the answers add up to")
        answers.add_argument("--answers", metavar="FILE", help="CSV with one answer (a line) for each trial")
        parser.add_argument(
            "--careless",
            type=float,
            default=0.0,
            metavar="P",
            help="share that fails attention and headphone checks, with --accuracy (default 0)",
        )
        parser.add_argument("--seed", type=int, default=0, help="decides what is guessed (default 0)")
        parser.add_argument("--among-people", action="store_true", help="also into a study that is open to people")

    def handle(self, *, study: str, n: int, seed: int, among_people: bool, verbosity: int, **options: Any) -> None:
        if n < 1:
            raise CommandError(f"--n must be at least 1, not {n}.")
        with plain_errors():
            found = find_study(study)
            simulation.check_may_simulate(found, among_people=among_people)
            wishes = read_wishes(found, n=n, seed=seed, matrix=options["matrix"], answers=options["answers"])
            with progress(total=n, unit="participants", verbosity=verbosity) as bar:
                walk: dict[str, Any] = {"study": found, "seed": seed, "on_participant": bar.update}
                if wishes is None:
                    ability, careless = options["accuracy"], options["careless"]
                    simulation.simulate_ability(n=n, ability=ability, careless=careless, **walk)
                else:
                    simulation.simulate_wishes(wishes=wishes, **walk)
        self.stdout.write(
            f"{n} simulated {'participant' if n == 1 else 'participants'} went through “{found}”; marked as such."
        )


def read_wishes(
    study: Study, *, n: int, seed: int, matrix: str | None, answers: str | None
) -> list[simulation.Wish] | None:
    """The exact answers that a file asks for; None: no file."""
    told: dict[str, Any] = {"blocks": n * study.trials_per_session}
    told["one_to_one"] = study.design == Study.Design.ONE_TO_ONE
    categories = [category.name for category in study.categories.all()]
    if answers:
        return simulation.read_answers(Path(answers), categories=categories, **told)
    if matrix:
        counts = simulation.read_matrix(Path(matrix), categories=categories)
        return simulation.wishes_of_matrix(counts, rng=random.Random(f"{seed}/matrix"), **told)
    return None
