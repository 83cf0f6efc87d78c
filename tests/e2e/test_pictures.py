"""Pictures are decoded, and stored, as Chromium shows them."""

import base64
import io

import numpy as np
import pytest

from generation.files import decode_image, decode_picture
from tests.generation.files.pictures import every_kind

pytestmark = pytest.mark.browser

# Pixels of a picture on white, as the browser paints them.
SHOW = """async ([kind, text]) => {
  const image = new Image();
  image.src = `data:image/${kind};base64,${text}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return [canvas.width, canvas.height, btoa(String.fromCharCode(...pixels))];
}"""


def test_pictures_are_decoded_and_stored_as_the_browser_shows_them(browser):
    page = browser.new_page()
    page.goto("about:blank")

    def shown(suffix, data):
        kind = {"jpg": "jpeg"}.get(suffix.strip("."), suffix.strip("."))
        width, height, text = page.evaluate(SHOW, [kind, base64.b64encode(data).decode()])
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[:, :, :3].astype(int)

    off = {}
    for name, data in every_kind().items():
        truth = shown(name.rsplit(".", 1)[1], data)
        stored = decode_picture(io.BytesIO(data))
        for what, pixels in (
            ("decoded", np.asarray(decode_image(io.BytesIO(data)))),
            ("stored", shown(stored.suffix, stored.data)),
        ):
            if pixels.shape != truth.shape or (worst := np.abs(pixels - truth).max()) > 2:
                off[name, what] = pixels.shape if pixels.shape != truth.shape else worst
    page.close()
    assert not off
