"""shown.csv: one row for each clip and each image of each board, with what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from generation.models import Clip, Stimulus
from studyserver.studies.exports.answers import name_trial
from studyserver.studies.exports.dictionary import columns_of, described
from studyserver.studies.exports.evidence.weighing import read_evidence
from studyserver.studies.models import Study, Trial
from studyserver.studies.rules import BROWSERS
from studyserver.studies.sitting import boards
from studyserver.studies.sitting.kinds import all_kinds

TRIALS_AT_A_TIME = 200


@dataclass(frozen=True, kw_only=True)
class ShownRow:
    """One clip or image of one board."""

    study: str = described("slug", "The study's address name.")
    arm: str = described("slug", "Arm (condition) of the participant.")
    participant: str = described("16 hex digits", "Publishable pseudonym, as in responses.csv.")
    session: str = described("16 hex digits", "Publishable name of the sitting, as in responses.csv.")
    simulated: bool = described("0, 1", "1: a program, not a person.")
    block: str = described("session-trial", "The board; where it is a main trial, as in responses.csv.")
    trial_index: int = described("1 or more", "Number of the trial; checks go on counting after the main trials.")
    kind: str = described("main, attention", "Kind of the trial; only main trials are answers.")
    answered: bool = described("0, 1", "0: the board was shown but not submitted.")
    medium: str = described("clip, image", "What the row speaks of.")
    position: int = described("1 or more", "Its place on the board, first is 1.")
    file: str = described("64 hex digits", "sha256 of its file.")
    outcome: str = described(
        "heard, shown, declared, unplayable, stalled, missed",
        "heard: a clip was heard as the study asks (without a listening rule: played). shown: an image was loaded, "
        "decoded and in view. declared: nothing but the participant's word (no script, or a version that kept no such "
        "evidence). unplayable, stalled: it failed, or did not come in time, and the person went on without it. "
        "missed: nothing says that it was heard or seen.",
    )
    browser: str | None = described(
        ", ".join(BROWSERS), "Family of the browser that showed the board last.", empty="a version that kept none"
    )


SHOWN_COLUMNS = columns_of(ShownRow)


def read_shown_rows(study: Study) -> Iterator[ShownRow]:
    """The clips and images of every board that was shown, by arrival, trial and place; practice and erased ones none.

    Read in portions: memory does not grow with the study.
    """
    before = [kind.name for kind in all_kinds() if not kind.counted]
    trials = Trial.objects.filter(session__study=study).exclude(kind__in=before).exclude(state=Trial.State.PLANNED)
    trials = trials.select_related("session__study", "session__arm", "session__external_id")
    queue = trials.order_by("session__number", "index").iterator(chunk_size=TRIALS_AT_A_TIME)
    while chunk := list(islice(queue, TRIALS_AT_A_TIME)):
        found = read_evidence(chunk)
        clips = Clip.objects.in_bulk({pk for trial in chunk for pk in trial.clip_order})
        keys = {key for trial in chunk for key in boards.image_keys(trial)}
        images = boards.find_images(Stimulus.objects.all(), keys)
        for trial in chunk:
            shared = name_trial(trial) | {"kind": trial.kind, "browser": trial.browser or None}
            shared["answered"] = trial.state == Trial.State.ANSWERED
            files = {
                "clip": [clips[pk].sha256 for pk in trial.clip_order],
                "image": [images[key].sha256 for key in boards.image_keys(trial)],
            }
            for medium, names in files.items():
                outcomes = found[trial.pk][f"{medium}s"]
                for position, (file, outcome) in enumerate(zip(names, outcomes, strict=True), start=1):
                    yield ShownRow(**shared, medium=medium, position=position, file=file, outcome=outcome)
