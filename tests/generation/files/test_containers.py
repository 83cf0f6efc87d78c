"""Containers of pictures: named by their first bytes, and stripped of what stands beside the pixels."""

import io
import struct

import pytest
from PIL import Image, PngImagePlugin

from generation.errors import ImageError
from generation.files.containers import find_format, find_orientation, strip_file
from tests.generation.files.pictures import WIDE, chunk, encode, every_kind, scene, turned

SECRET = b"48 deg 12 min N, a person's name"


def gps():
    exif = Image.Exif()
    exif[0x112], exif[0x10F] = 1, SECRET.decode()
    exif.get_ifd(0x8825)[0x1D] = "2026:01:02"
    return exif


def told(kind):
    """A file of this format that says more than its picture, in every way that the format has."""
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        for key, packed in (("Comment", False), ("parameters", True)):
            info.add_text(key, SECRET.decode(), zip=packed)
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        data = encode(scene(), kind, pnginfo=info, exif=gps(), icc_profile=WIDE)
        return data[:33] + chunk(b"tIME", struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5)) + data[33:] + SECRET
    if kind == "JPEG":
        data = encode(scene(), kind, exif=gps(), xmp=SECRET, comment=SECRET, icc_profile=WIDE, progressive=True)
        thumbnail = b"JFIF\0\1\1\0\0\1\0\1" + bytes([3, 3]) + SECRET[:27]
        blocks = [(0xE0, thumbnail), (0xED, b"Photoshop 3.0\0" + SECRET), (0xE2, b"MPF\0" + SECRET)]
        made = b"".join(bytes([255, code]) + struct.pack(">H", len(body) + 2) + body for code, body in blocks)
        return data[:2] + made + data[2:] + SECRET
    return encode(scene(), kind, exif=gps(), xmp=SECRET, icc_profile=WIDE, lossless=True) + SECRET


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_only_pixels_and_their_colours_are_kept(kind):
    data = told(kind)
    assert SECRET[:20] in data
    kept = strip_file(data).data
    assert SECRET[:10] not in kept
    before, after = (Image.open(io.BytesIO(file)) for file in (data, kept))
    assert after.tobytes() == before.tobytes()
    assert after.info["icc_profile"] == WIDE
    assert not dict(after.getexif())
    assert not {"exif", "xmp", "comment", "Comment", "parameters", "XML:com.adobe.xmp", "photoshop"} & set(after.info)


def test_a_file_of_pixels_alone_stays_as_it_is_and_stripping_again_changes_nothing():
    for name, data in every_kind().items():
        kept = strip_file(data).data
        if "turned" not in name and "exif" not in name and name != "animated.png":
            assert kept == data, name
        assert strip_file(kept).data == kept, name


def test_what_stands_behind_the_end_of_a_picture_goes():
    for kind in ("JPEG", "PNG", "WEBP"):
        plain = encode(scene(), kind)
        assert strip_file(plain + b"another picture" * 300).data == plain


@pytest.mark.parametrize("value", range(1, 9))
def test_orientation_is_read_in_either_byte_order(value):
    block = turned(value).tobytes()[6:]
    assert find_orientation(block) == value
    other = b"II*\0" + struct.pack("<IHHHIHH", 8, 1, 0x112, 3, 1, value, 0)
    assert find_orientation(other) == value


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"II*\0" + struct.pack("<I", 2**32 - 1),
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\1\0" + bytes(5),
    ],
)
def test_broken_exif_says_nothing(block):
    assert find_orientation(block) == 1


def test_formats_are_known_by_their_first_bytes():
    assert find_format(b"II*\0" + bytes(20)) == find_format(b"MM\0*" + bytes(20)) == "TIFF"
    assert find_format(b"\0\0\0\x20ftypisom" + bytes(20)) == "MP4, a film"
    assert find_format(b"nothing that is known") == ""


def test_a_container_that_cannot_be_followed_is_refused():
    with pytest.raises(ImageError, match="it is cut off or damaged"):
        strip_file(encode(scene(), "PNG")[:40])
