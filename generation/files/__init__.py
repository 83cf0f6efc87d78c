"""Files and bytes: durable writing, decoding, tags, archives. Neither Django nor torch."""

from generation.files.array_cache import ArrayCache
from generation.files.contact_sheets import COLUMNS, SheetImage, draw_sheet, png_bytes
from generation.files.durable import sweep_temporary, write_durably
from generation.files.images import (
    PIXELS,
    Picture,
    crop_square,
    decode_image,
    decode_picture,
    find_image_suffix,
    find_look,
    plain_picture,
    refuse_uniform,
)
from generation.files.npz import npz_bytes, zip_bytes
from generation.files.sound import (
    COPY_SUFFIX,
    Judge,
    Sound,
    SoundReader,
    decode_audio,
    judge_sound,
    make_copy,
    name_sound,
)
from generation.files.source import Source
from generation.files.tags import Patch, apply_patches, find_patches

__all__ = [
    "COLUMNS",
    "COPY_SUFFIX",
    "PIXELS",
    "ArrayCache",
    "Judge",
    "Patch",
    "Picture",
    "SheetImage",
    "Sound",
    "SoundReader",
    "Source",
    "apply_patches",
    "crop_square",
    "decode_audio",
    "decode_image",
    "decode_picture",
    "draw_sheet",
    "find_image_suffix",
    "find_patches",
    "judge_sound",
    "make_copy",
    "name_sound",
    "npz_bytes",
    "find_look",
    "plain_picture",
    "png_bytes",
    "refuse_uniform",
    "sweep_temporary",
    "write_durably",
    "zip_bytes",
]
