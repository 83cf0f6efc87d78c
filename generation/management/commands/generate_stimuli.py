"""`manage.py generate_stimuli`: a stimulus set from a checkpoint, or the shuffled control of another set."""

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.management.distribution import await_workers, queue_for_workers
from generation.management.options import add_painting_options, chosen_painting
from generation.management.reporting import one_line_errors
from generation.models import Split, StimulusSet
from generation.progress import Progress, progress_bar
from generation.run.sources import SOURCES, ImageSource, find_source  # noqa: TID253 -- no torch
from generation.stimuli import Asked, Request, set_folder
from generation.wording import plural

if TYPE_CHECKING:
    from generation.run import Generation

# Options that only some sources take, and what is said with the others.
OWN = {
    "from_set": "--from belongs to --source shuffled.",
    "checkpoint": "--checkpoint does not go with --source {source}: no model of ours is asked.",
    "space": "--space belongs to --source retrieval.",
}


class Command(BaseCommand):
    help = "Make the images of a stimulus set. Interrupted and started again, it makes what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        found = {name: find_source(name) for name in SOURCES}
        sources = {name: source for name, source in found.items() if source.open or source.make_at_once}
        add("set", help="Name of the stimulus set.")
        add(
            "--source",
            choices=sources,
            default="musipainter",
            help=" ".join(f"{name}: {source.words}" for name, source in sources.items()),
        )
        add("--checkpoint", metavar="RUN", help="Run that train_musipainter has finished.")
        add("--dataset", help="Dataset whose clips become images.")
        add("--from", dest="from_set", metavar="SET", help="With --source shuffled: the set to shuffle.")
        add("--space", help="With --source retrieval: embedded (default) or wav2clip.")
        add("--categories", nargs="+", metavar="CATEGORY", help="Names or slugs (default: all).")
        add("--split", nargs="+", choices=Split.values, metavar="SPLIT", help="train, val, test (default: test).")
        add("--clips-per-category", type=int, metavar="N", help="N clips, drawn by the seed.")
        add("--images-per-clip", type=int, metavar="M", help="Images of each clip (default 1).")
        add("--total", type=int, metavar="N", help="N images in all, spread evenly over categories.")
        add("--seed", type=int, help="Decides every draw of the set (default 0).")
        add("--batch-size", type=int, default=8, help="Images painted side by side (default 8).")
        add_painting_options(parser)
        add("--distribute", action="store_true", help="Spread the work over Celery workers, and wait for them.")
        add("--no-wait", action="store_true", help="With --distribute: do not wait.")

    def handle(self, *, set: str, source: str = "musipainter", verbosity: int, **options: Any) -> str:
        with one_line_errors():
            known = find_source(source)
            if options.get("distribute") and known.make_at_once:
                raise CommandError(
                    f"--distribute does not go with --source {source}: nothing is painted, it is done here."
                )
            if options.get("no_wait") and not options.get("distribute"):
                raise CommandError("--no-wait belongs to --distribute.")
            if known.make_at_once:
                return known.make_at_once(set, options)
            return self.generate(set, source, known, verbosity, options)

    def generate(self, name: str, source: str, known: ImageSource, verbosity: int, options: dict[str, Any]) -> str:
        for option in known.needs:
            if not options.get(option):
                raise CommandError(f"--{option} is missing: say which {option} the images come from.")
        for option, words in OWN.items():
            if options.get(option) and option not in (*known.needs, *known.takes):
                raise CommandError(words.format(source=source))
        painting = chosen_painting(options)
        if painting and not known.paints:
            raise CommandError(f"--{next(iter(painting)).replace('_', '-')} does not go with --source {source}.")
        asked = Asked(
            checkpoint=options.get("checkpoint") or "",
            dataset=options["dataset"],
            request=Request(
                categories=tuple(options.get("categories") or ()),
                splits=tuple(options.get("split") or (Split.TEST.value,)),
                clips_per_category=options.get("clips_per_category"),
                images_per_clip=given(options.get("images_per_clip"), 1),
                total=options.get("total"),
                seed=given(options.get("seed"), 0),
            ),
            batch_size=given(options.get("batch_size"), 8),
            painting=painting,
            source=source,
            space=options.get("space") or known.takes.get("space", ""),
        )
        progress = progress_bar(verbosity)
        if options.get("distribute"):
            return self.distribute(name, asked, progress, wait=not options.get("no_wait"))
        from generation.run import run_generation  # noqa: PLC0415 -- slow import

        return closing_sentence(run_generation(set_name=name, asked=asked, progress=progress, say=self.stderr.write))

    def distribute(self, name: str, asked: Asked, progress: Progress, *, wait: bool) -> str:
        """Have workers make the images; they load the networks, this process does not."""
        job = queue_for_workers(name, asked)
        if job is None:
            count = StimulusSet.objects.get(name=name).stimuli.count()
            return f"Nothing to do: the set {name} already holds its {plural(count, 'image')}."
        if not wait:
            return (
                f"Queued {plural(job.total - job.done, 'image')} of the set {name} for the workers (job {job.pk}). "
                "Type the same again to wait for them, or look at the job in the admin."
            )
        return await_workers(job, progress=progress, say=self.stderr.write)


def given(value: Any, default: Any) -> Any:
    """The value, or the default where none was given."""
    return default if value is None else value


def closing_sentence(done: "Generation") -> str:
    """How many images were made, and all that a researcher should hear about them."""
    name = done.stimulus_set.name
    if done.made:
        before = f" ({done.total - done.made} were there already)" if done.made < done.total else ""
        first = (
            f"Made {plural(done.made, 'image')} of {plural(done.clips, 'clip')} for the set {name}{before}; "
            f"contact sheets in {set_folder(name)}."
        )
    else:
        first = f"Nothing to do: the set {name} already holds its {plural(done.total, 'image')}."
    return " ".join([first, *done.notices])
