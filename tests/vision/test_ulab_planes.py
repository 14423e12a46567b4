# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a board with ulab calculates, on the desk's stand-in for it: the plain planes' integers."""

from __future__ import annotations

import numpy as np
import pytest

from camera_pictures import digit_picture, odd_picture
from lanecam.vision.look import Vision
from lanecam.vision.planes import Planes
from lanewise.runtimes.ulab import installed_ulab
from lanewise.vision import outcome
from lanewise.vision.planes import NumpyPlanes


def encoded(grey, space, rng):
    """A frame of a colour space from grey levels; what is no brightness is noise."""
    if space == "grey":
        return bytearray(grey.tobytes())
    if space == "yuv":
        pairs = rng.integers(0, 256, (*grey.shape, 2)).astype(np.uint8)
        pairs[..., 0] = grey
        return bytearray(pairs.tobytes())
    words = grey.astype(int)
    words = words >> 3 << 11 | words >> 2 << 5 | words >> 3
    return bytearray(words.astype(">u2" if space == "rgb" else "<u2").tobytes())


def on_a_table(page, rng):
    """The middle of a page, some rows further to the left or right, on a dark table."""
    height, width = page.shape
    wide, tall = rng.integers(width // 3, width - 4), rng.integers(height // 3, height - 4)
    x, y = rng.integers(0, width - wide), rng.integers(0, height - tall)
    across, down = (width - wide) // 2, (height - tall) // 2
    picture = np.full_like(page, rng.integers(5, 70))
    picture[y : y + tall, x : x + wide] = page[down : down + tall, across : across + wide]
    slant = rng.integers(-6, 7)
    return np.array([np.roll(row, slant * at // height) for at, row in enumerate(picture)])


@pytest.mark.parametrize(
    "width, space, shape",
    [
        (80, "yuv", (24, 4, 24)),
        (80, "rgb", (14, 3, 28)),
        (40, "grey", (13, 1, 24)),
        (160, "rgb-swapped", (22, 4, 22)),
        (160, "yuv", (28, 8, 28)),
    ],
)
def test_ulab_plain_python_and_numpy_give_equal_integers(width, space, shape):
    height = width * 3 // 4
    rng = np.random.default_rng(width + len(space))
    with installed_ulab():
        from lanecam.vision.planes_ulab import UlabPlanes

        looks = [
            Vision(width, height, space, *shape, planes)
            for planes in (UlabPlanes, Planes, NumpyPlanes)
        ]
        frame = encoded(np.zeros((height, width), np.uint8), space, rng)
        seen = set()
        for number in range(60):
            grey = (odd_picture if number % 6 == 0 else digit_picture)(width, height, rng)
            if number % 3 == 1:
                grey = on_a_table(grey, rng)
            if number % 3 == 2 or number % 6 == 4:
                grey = 255 - grey
            frame[:] = encoded(grey, space, rng)
            found = []
            for vision in looks:
                said = vision.look(frame)
                ink = bytes(vision.ink) if said == outcome.DIGIT else None
                found.append((said, vision.boxes, vision.flip, list(vision.planes.tiles), ink))
            assert found[0] == found[1] == found[2]
            seen.add((found[0][0], found[0][2]))
    assert {(outcome.DIGIT, False), (outcome.DIGIT, True)} <= seen
