"""Picture files of every kind that browsers show, made from nothing; equal arguments give equal bytes."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

Chunks = list[tuple[bytes, bytes]]


def scene(seed: int = 0, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """A gradient with a disc, another one for each seed."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([60 + 150 * x / width, 90 + 120 * y / height, 200 - 150 * y / height], axis=2)
    draws = np.random.default_rng(seed)
    centre, colour = draws.uniform(0, min(size), 2), draws.uniform(0, 255, 3)
    pixels[(x - centre[0]) ** 2 + (y - centre[1]) ** 2 < (min(size) / 3) ** 2] = colour
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels: np.ndarray, colour: int, extra: Chunks = ()) -> bytes:
    """A PNG by hand, of 8 or 16 bits; colour 0 is grey, 2 RGB, 4 grey with alpha."""
    height, width = pixels.shape[:2]
    bits = 16 if pixels.dtype == np.uint16 else 8
    rows = pixels.astype(">u2" if bits == 16 else "u1").reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    chunks = [(b"IHDR", head), *extra, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


def deep(image: Image.Image) -> np.ndarray:
    """The pixels in 16 bits."""
    return np.asarray(image).astype(np.uint16) * 257


def with_exif(jpeg: bytes, entries: list[tuple[int, int, int | bytes]]) -> bytes:
    """A JPEG whose EXIF block holds these (tag, type, value) as they are, however wrong."""
    rows = b""
    for tag, kind, value in entries:
        count, raw = (1, struct.pack("<HH", value, 0)) if isinstance(value, int) else (len(value), value)
        rows += struct.pack("<HHI", tag, kind, count) + raw
    block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + rows + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


def icc(space: bytes, tags: Chunks, *, kind: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    """An ICC profile of these tags."""
    described = b"desc\0\0\0\0" + struct.pack(">I", 2) + b"p\0" + bytes(78)
    tags = [(b"desc", described), (b"wtpt", xyz(0.9642, 1, 0.8249)), *tags]
    place, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags:
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12x4s28x", place + len(body), b"none", 0x02100000, kind, space, connection, b"acsp")
    return head + xyz(0.9642, 1, 0.8249)[8:] + bytes(48) + struct.pack(">I", len(tags)) + table + body


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*values)


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


LINEAR_GREY = icc(b"GRAY", [(b"kTRC", curve(1.0))])

WIDE = icc(
    b"RGB ",
    [
        (b"rXYZ", xyz(0.60974, 0.31111, 0.01947)),
        (b"gXYZ", xyz(0.20528, 0.62567, 0.06087)),
        (b"bXYZ", xyz(0.14919, 0.06322, 0.74457)),
        *[(channel + b"TRC", curve(2.2)) for channel in (b"r", b"g", b"b")],
    ],
)


def ink() -> bytes:
    """A CMYK profile of a made-up press."""
    levels = [(c, m, y, k) for c in range(5) for m in range(5) for y in range(5) for k in range(5)]
    c, m, y, k = np.array(levels).T / 4
    light = 100 * (1 - 0.45 * c) * (1 - 0.5 * m) * (1 - 0.08 * y) * (1 - 0.85 * k)
    a, b = (-35 * c + 70 * m - 5 * y) * (1 - 0.9 * k), (-45 * c - 5 * m + 85 * y) * (1 - 0.9 * k)
    table = np.stack([light * 2.55, a + 128, b + 128], axis=1).round().clip(0, 255).astype(np.uint8).tobytes()
    straight = bytes(range(256))
    head = b"mft1\0\0\0\0" + bytes([4, 3, 5, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lookup = head + straight * 4 + table + straight * 3
    return icc(b"CMYK", [(b"A2B0", lookup)], kind=b"prtr", connection=b"Lab ")


def iccp(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"p\0\0" + zlib.compress(profile)


def every_kind() -> dict[str, bytes]:
    """One file for each way in which a browser finds its pixels; names end as the format."""
    base, other = scene(1), scene(2)
    grey, level = deep(base.convert("L")), int(deep(base.convert("L"))[30, 40])
    half, glass = base.convert("LA"), base.convert("RGBA")
    half.putalpha(other.convert("L"))
    glass.putalpha(other.convert("L"))
    gamma = (b"gAMA", struct.pack(">I", 100_000))
    primaries = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))
    rgb, frames = np.asarray(base), {"save_all": True, "append_images": [other], "duration": 100_000}
    return {
        "rgb.jpg": encode(base, "JPEG"),
        "grey.jpg": encode(base.convert("L"), "JPEG"),
        "cmyk.jpg": encode(base.convert("CMYK"), "JPEG"),
        "cmyk with profile.jpg": encode(base.convert("CMYK"), "JPEG", icc_profile=ink()),
        "cmyk with profile of rgb.jpg": encode(base.convert("CMYK"), "JPEG", icc_profile=WIDE),
        "wide.jpg": encode(base, "JPEG", icc_profile=WIDE),
        "linear grey.jpg": encode(base.convert("L"), "JPEG", icc_profile=LINEAR_GREY),
        "grey with profile of rgb.jpg": encode(base.convert("L"), "JPEG", icc_profile=WIDE),
        "rgb with profile of grey.jpg": encode(base, "JPEG", icc_profile=LINEAR_GREY),
        **{f"turned {n}.jpg": encode(base, "JPEG", exif=turned(n)) for n in range(2, 9)},
        "exif with wrong entries.jpg": with_exif(encode(base, "JPEG"), [(0x112, 3, 6), (0x11A, 2, b"72\0\0")]),
        "deep grey.png": png(grey, 0),
        "deep grey with profile.png": png(grey, 0, [iccp(LINEAR_GREY)]),
        "deep grey with a clear level.png": png(grey, 0, [(b"tRNS", struct.pack(">H", level))]),
        "deep grey with alpha.png": png(np.dstack([grey, grey]), 4),
        "deep linear grey with alpha.png": png(np.dstack([grey, grey]), 4, [iccp(LINEAR_GREY)]),
        "deep rgb.png": png(deep(base), 2),
        "deep rgb with a clear level.png": png(deep(base), 2, [(b"tRNS", struct.pack(">HHH", *deep(base)[30, 40]))]),
        "deep wide.png": png(deep(base), 2, [iccp(WIDE)]),
        "one bit.png": encode(base.convert("1"), "PNG"),
        "one bit with profile.png": encode(base.convert("1"), "PNG", icc_profile=LINEAR_GREY),
        "linear grey with alpha.png": encode(half, "PNG", icc_profile=LINEAR_GREY),
        "grey with a clear level.png": png(np.asarray(base.convert("L")), 0, [(b"tRNS", b"\0\x80")]),
        "palette.png": encode(base.quantize(32), "PNG", transparency=0),
        "wide palette.png": encode(base.quantize(32), "PNG", transparency=0, icc_profile=WIDE),
        "palette with profile of grey.png": encode(base.quantize(32), "PNG", icc_profile=LINEAR_GREY),
        "wide with alpha.png": encode(glass, "PNG", icc_profile=WIDE),
        "gamma.png": png(rgb, 2, [gamma]),
        "gamma and primaries.png": png(rgb, 2, [gamma, primaries]),
        "grey with gamma and primaries.png": png(np.asarray(base.convert("L")), 0, [gamma, primaries]),
        "primaries alone.png": png(rgb, 2, [primaries]),
        "gamma beside sRGB.png": png(rgb, 2, [(b"sRGB", b"\0"), gamma]),
        "broken profile.png": png(rgb, 2, [iccp(b"no profile" * 30)]),
        "turned.png": encode(base, "PNG", exif=turned(6)),
        "animated.png": encode(base, "PNG", **frames),
        "rgb.webp": encode(base, "WEBP"),
        "with alpha.webp": encode(glass, "WEBP", lossless=True),
        "wide.webp": encode(base, "WEBP", icc_profile=WIDE),
        "turned.webp": encode(base, "WEBP", exif=turned(6), lossless=True),
        "animated.webp": encode(base, "WEBP", lossless=True, **frames),
        "animated wide.webp": encode(base, "WEBP", lossless=True, icc_profile=WIDE, **frames),
    }
