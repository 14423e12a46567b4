# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a camera and a file format do to a wild picture: shake, colour noise, sharpening, JPEG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lanewise.data.scenes.conditions import Conditions
from lanewise.data.scenes.oddities import Oddities

UInt8 = NDArray[np.uint8]


def shaken(picture: UInt8, odd: Oddities, rng: np.random.Generator) -> UInt8:
    """The mean of the picture moved along a short straight line, as a hand-held camera sees it."""
    steps = int(odd.motion * picture.shape[0])
    if steps < 1:
        return picture
    angle = rng.uniform(0, np.pi)
    total = np.zeros(picture.shape, np.uint16)
    for step in range(steps + 1):
        shift = step - steps / 2
        down, across = round(shift * float(np.sin(angle))), round(shift * float(np.cos(angle)))
        total += _moved(picture, down, across)
    return np.asarray(total // (steps + 1), np.uint8)


def _moved(picture: UInt8, down: int, across: int) -> UInt8:
    """Shifted by whole pixels; the border stands in for what was outside."""
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + across, 0, width - 1)
    return picture[rows[:, None], columns[None, :]]


def developed(picture: UInt8, what: Conditions, odd: Oddities, rng: np.random.Generator) -> UInt8:
    """Noise, sharpening, scaling down and up, JPEG: (h, w, 3) uint8 in, the same out."""
    noise = rng.standard_normal(picture.shape[:2], np.float32)[:, :, None] * what.noise
    if odd.colour_noise:
        noise = noise + rng.standard_normal(picture.shape, np.float32) * odd.colour_noise
    noisy = np.asarray(np.clip(picture + noise + 0.5, 0, 255), np.uint8)
    image = Image.fromarray(noisy)
    if odd.soften < 1:
        size = image.size
        small = (max(8, int(size[0] * odd.soften)), max(6, int(size[1] * odd.soften)))
        image = image.resize(small, Image.Resampling.BILINEAR)
        image = image.resize(size, Image.Resampling.BICUBIC)
    if odd.sharpen:
        image = image.filter(ImageFilter.UnsharpMask(1.2, odd.sharpen, 2))
    if odd.jpeg:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=odd.jpeg)
        image = Image.open(file)
    return np.asarray(image)
