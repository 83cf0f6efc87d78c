"""Options that several commands share: how large networks paint, and where they compute."""

from typing import Any

from django.core.management.base import CommandParser

PAINTING_FIELDS = (
    "steps",
    "guidance",
    "negative_prompt",
    "scheduler",
    "size",
    "device",
    "precision",
    "channels_last",
    "compiled",
    "cpu_threads",
)


def add_painting_options(parser: CommandParser) -> None:
    """Settings of diffusion backbones; presets without one refuse them."""
    group = parser.add_argument_group("diffusion", "For the paper's models. All are kept with every image.")
    group.add_argument("--steps", type=int, help="Denoising steps (default 50).")
    group.add_argument("--guidance", type=float, help="Classifier-free guidance; 1 is none (default 7.5).")
    group.add_argument("--negative-prompt", metavar="TEXT", help="What guidance leads away from (default: nothing).")
    group.add_argument("--scheduler", help="pndm (default), ddim, dpm++, euler or unipc.")
    group.add_argument("--size", type=int, metavar="PIXELS", help="Side of the images (default 512).")
    group.add_argument(
        "--cpu-threads", type=int, metavar="N", help="Threads on a CPU (default 1: same bytes anywhere)."
    )
    add_device_options(group)


def add_device_options(group: Any) -> None:
    """Where and in which number format large networks compute."""
    group.add_argument("--device", help="auto (default: cuda, else mps, else cpu), or one of these.")
    group.add_argument("--precision", help="float32, bfloat16 or float16 (default auto: float16 on cuda).")
    add_speed_options(group)


def add_speed_options(group: Any) -> None:
    """What makes large networks faster on some machines; both round otherwise, so they are part of the settings."""
    group.add_argument("--channels-last", action="store_true", default=None, help="Another layout in memory.")
    group.add_argument(
        "--compile", action="store_true", default=None, dest="compiled", help="torch.compile for the U-Net."
    )


def chosen_painting(options: dict[str, Any]) -> dict[str, Any]:
    """The painting options that were given."""
    return {name: options[name] for name in PAINTING_FIELDS if options.get(name) is not None}
