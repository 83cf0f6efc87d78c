"""The boards of a session as its page in the admin describes them."""

from typing import Any

from generation.models import Category
from studyserver.studies.admin.display import may_see_answers, picture, player
from studyserver.studies.models import Session, Trial
from studyserver.studies.sitting import load_clips, load_heard, load_images
from studyserver.studies.sitting.kinds import kind_of


def describe_trials(session: Session) -> list[dict[str, Any]]:
    """The session's boards: when, how long, what was heard; and, once the study is closed, what was chosen."""
    shown = may_see_answers(session.study)
    names = dict(Category.objects.filter(dataset__categories__studies=session.study).values_list("pk", "name"))
    described = []
    for trial in session.trials.order_by("index"):
        trial.session = session
        clips = load_clips(trial)
        heard = load_heard(trial, clips)
        chosen = _choices(trial) if shown else {}
        rows = [
            {
                "position": position,
                "seconds": heard[position - 1].listened_ms / 1000,
                "plays": heard[position - 1].play_count,
                "player": player(clip) if shown else None,
                "category": names.get(clip.category_id) if shown else None,
                "choice": chosen.get(clip.pk),
            }
            for position, clip in enumerate(clips, start=1)
        ]
        images = [picture(image) for image in load_images(trial)] if shown else []
        described.append({"trial": trial, "title": kind_of(trial).title(trial), "rows": rows, "images": images})
    return described


def _choices(trial: Trial) -> dict[int, dict[str, Any]]:
    """By clip: the image chosen, what it counts as, and whether that is right (no such thing in practice)."""
    answers = trial.practice_answers.select_related("stimulus", "content")
    found = {answer.clip_id: answer.stimulus or answer.content for answer in answers}
    apart = {
        clip: {"picture": picture(image), "category": "", "correct": None} for clip, image in found.items() if image
    }
    responses = trial.responses.select_related("stimulus__category", "clip")
    return apart | {
        response.clip_id: {
            "picture": picture(response.stimulus),
            "category": response.stimulus.category.name,
            "correct": response.stimulus.category_id == response.clip.category_id,
        }
        for response in responses
    }
