# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""No picture stops the program: noise, blocks, sheets and faint pages end in an outcome."""

from __future__ import annotations

import numpy as np
import pytest

from camera_pictures import digit_picture, odd_picture
from lanecam.numbers import Row
from lanecam.vision.look import Vision
from lanewise.vision import outcome
from lanewise.vision.planes import NumpyPlanes

OUTCOMES = {value for name, value in vars(outcome).items() if name.isupper()}


def noise(width, height, rng):
    """Around one grey level, of points or of whole tiles."""
    side = 4 if rng.random() < 0.5 else 1
    shape = (height // side, width // side)
    grey = rng.integers(40, 220) + rng.normal(0, rng.uniform(2, 25), shape)
    return np.kron(np.clip(grey, 0, 255), np.ones((side, side))).astype(np.uint8)


def faint(width, height, rng):
    """A page that is hardly lighter or darker anywhere, in noise."""
    page = digit_picture(width, height, rng).astype(float)
    page = 128 + (page - 128) * rng.uniform(0.05, 0.3)
    return np.clip(page + rng.normal(0, rng.uniform(0, 6), page.shape), 0, 255).astype(np.uint8)


def blocks(width, height, rng):
    """A few rectangles, the first of which shows a part of a page, light or dark."""
    picture = np.full((height, width), rng.integers(256), np.uint8)
    for number in range(rng.integers(1, 9)):
        (left, right), (top, bottom) = (
            np.sort(rng.integers(0, size + 1, 2)) for size in (width, height)
        )
        inside = rng.integers(256)
        if not number:
            page = digit_picture(width, height, rng)
            inside = (page if rng.random() < 0.5 else 255 - page)[top:bottom, left:right]
        picture[top:bottom, left:right] = inside
    return picture


@pytest.mark.parametrize("objects", [None, Row])
@pytest.mark.parametrize("draw", [odd_picture, digit_picture, noise, faint, blocks])
def test_every_picture_ends_in_an_outcome(draw, objects):
    rng = np.random.default_rng(11)
    vision = Vision(80, 60, "grey", 20, 4, 24, planes=NumpyPlanes)
    if objects:
        vision.objects = objects()
    for _ in range(500):
        found = vision.look(draw(80, 60, rng))
        assert found in OUTCOMES
        for number in range(len(vision.boxes) if found == outcome.SEVERAL else 0):
            vision.frame_object(number)
