"""The sounds of the headphone screening and their key."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.conf import settings

from studyserver.studies.rules import headphones
from studyserver.studies.rules.headphones import ANTIPHASE, QUIET, SOUNDS, STANDARD, right_answer

pytestmark = pytest.mark.django_db


def test_the_sounds_hold_the_tones_that_the_key_names() -> None:
    for name, kinds in SOUNDS.items():
        wave, rate = soundfile.read(Path(settings.BASE_DIR) / "static/studies/headphones" / f"{name}.flac")
        assert wave.shape[1] == 2
        found = []
        for place in range(3):
            begin = 0.1 + place * 1.5
            tone = wave[int((begin + 0.2) * rate) : int((begin + 0.8) * rate)]
            level = 20 * np.log10(np.sqrt(np.mean(tone[:, 0] ** 2)))
            spectrum = np.abs(np.fft.rfft(tone[:, 0] * np.hanning(len(tone))))
            assert np.argmax(spectrum) * rate / len(tone) == pytest.approx(200, abs=2)
            together = np.abs(tone.sum(axis=1)).max()
            found.append(ANTIPHASE if together < 1e-3 else QUIET if level < -23 else STANDARD)
            assert level == pytest.approx(-26 if found[-1] == QUIET else -20, abs=0.1)
        assert tuple(found) == kinds
        assert np.abs(wave[int(1.15 * rate) : int(1.55 * rate)]).max() < 1e-3


def test_each_order_of_the_tones_comes_once_and_each_answer_twice() -> None:
    assert len(set(SOUNDS.values())) == 6
    assert Counter(map(right_answer, SOUNDS)) == {1: 2, 2: 2, 3: 2}
    orders = {tuple(headphones.draw_order(random.Random(seed))) for seed in range(50)}
    assert len(orders) > 40
    assert {tuple(sorted(order)) for order in orders} == {tuple(SOUNDS)}
