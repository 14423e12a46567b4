# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Frames are developed and packed in bands of rows: no band shows, and none is large."""

import tracemalloc

import numpy as np
import pytest

from lanewise.emulator import develop, pixels
from lanewise.emulator import registers as reg
from lanewise.emulator.sensor import Sensor
from lanewise.emulator.sources import ArraySource

SIZES = {0x00: (640, 480), 0x10: (320, 240), 0x08: (176, 144)}


def sensor(module, com7):
    page = np.random.default_rng(7).integers(0, 256, (480, 640, 3), np.uint8)
    made = Sensor(ArraySource(page), module, seed=3)
    made.write(reg.COM7, com7)
    made.write(0x66, 5)  # lens correction on
    return made


@pytest.mark.parametrize("module", ["ideal", "typical", "poor"])
@pytest.mark.parametrize("com7", SIZES)
def test_a_frame_in_bands_is_the_frame_in_one_piece(module, com7, monkeypatch):
    in_bands = [sensor(module, com7).frame() for _ in range(2)]  # surfaces made, and kept
    for part in (develop, pixels):
        monkeypatch.setattr(part, "_BAND", 640 * 480)
    develop._kept_surface.cache_clear()
    whole = sensor(module, com7)
    assert (whole.width, whole.height) == SIZES[com7]
    one_piece = whole.frame()
    assert in_bands == [one_piece, one_piece]


def test_the_largest_frame_needs_little_room_beside_itself():
    """A camera that lost its settings sends 640 x 480 pixels, whatever came before."""
    looked = sensor("typical", 0x00)
    looked.frame()  # scene, fixed pattern and tables are made
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        frame = looked.frame()
        after, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(frame) == 2 * 640 * 480
    assert after - before < 2 * len(frame)  # the frame, and no surface that is kept for another
    assert most - before < 10 * len(frame)  # in one piece: 40 times
