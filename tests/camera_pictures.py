# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Luma pictures for vision tests: digits on pages of all kinds, and pictures without a digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lanewise.data.pen import pen_digits

UInt8 = NDArray[np.uint8]
PEN = pen_digits(300, seed=20261121).images
ONE = np.zeros((28, 28), np.uint8)
ONE[4:24, 12:16] = 255
ZERO = np.zeros((28, 28), np.uint8)
ZERO[4:24, 7:21] = 255
ZERO[7:21, 10:18] = 0


def lay(page: NDArray[np.float64], digit: UInt8, side: int, x: int, y: int, depth: float) -> None:
    """Darken ``page`` by a 28x28 digit drawn ``side`` pixels wide, its field's corner at (x, y)."""
    height, width = page.shape
    drawn = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)) / 255
    wide = np.zeros((height + 2 * side, width + 2 * side))
    wide[y + side : y + 2 * side, x + side : x + 2 * side] = drawn
    page *= 1 - depth * wide[side : side + height, side : side + width]


def page_with(
    *digits: tuple[UInt8, int, int, int],
    size: tuple[int, int] = (80, 60),
    paper: float = 220,
    depth: float = 0.85,
) -> UInt8:
    """A plain page ``(width, height)`` with digits given as (image, side, x, y)."""
    page = np.full((size[1], size[0]), float(paper))
    for digit, side, x, y in digits:
        lay(page, digit, side, x, y, depth)
    return np.clip(page.round(), 0, 255).astype(np.uint8)


def digit_picture(width: int, height: int, rng: np.random.Generator, digits: UInt8 = PEN) -> UInt8:
    """No, one or two digits of any size and place, uneven light, noise, sometimes light on dark."""
    page = np.full((height, width), rng.uniform(120, 250))
    rows, columns = np.mgrid[0:height, 0:width]
    across, down = columns / width - 0.5, rows / height - 0.5
    page *= 1 - rng.uniform(0, 0.8) * (across**2 + down**2) + rng.uniform(-0.4, 0.4) * across
    for _ in range(rng.choice([0, 1, 1, 1, 1, 1, 2])):
        side = int(rng.integers(max(3, height // 5), height + 6))
        x = int(rng.integers(-side // 6, max(1, width - 5 * side // 6)))
        y = int(rng.integers(-side // 6, max(1, height - 5 * side // 6)))
        lay(page, digits[rng.integers(len(digits))], side, x, y, rng.uniform(0.2, 0.95))
    if rng.random() < 0.2:
        page = 255 - page
    page += rng.normal(0, rng.uniform(0, 8), page.shape)
    return np.clip(page, 0, 255).astype(np.uint8)


def odd_picture(width: int, height: int, rng: np.random.Generator) -> UInt8:
    """A picture no page gives: noise, specks, blocks, slopes, flat and saturated ones."""
    kind = rng.integers(6)
    if kind == 0:
        return rng.integers(0, 256, (height, width)).astype(np.uint8)
    if kind == 1:
        page = np.full((height, width), rng.integers(256))
        page[rng.random((height, width)) < rng.uniform(0, 0.1)] = rng.integers(256)
        return page.astype(np.uint8)
    if kind == 2:
        return np.full((height, width), rng.choice([0, 1, 39, 40, 249, 250, 255]), dtype=np.uint8)
    if kind == 3:
        return np.clip(
            rng.integers(256) + rng.normal(0, rng.uniform(0, 20), (height, width)), 0, 255
        ).astype(np.uint8)
    few = rng.integers(0, 256, (rng.integers(2, 12), rng.integers(2, 12))).astype(np.uint8)
    how = Image.Resampling.NEAREST if kind == 4 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(few).resize((width, height), how))
