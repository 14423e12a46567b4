# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The table around a sheet of paper: textures, and the outline of the sheet on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lanewise.data.scenes.oddities import Oddities

UInt8 = NDArray[np.uint8]


def soft_noise(height: int, width: int, cell: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(height, width) float32 noise, standard deviation about 0.7, in blotches of ``cell``."""
    small = rng.standard_normal((height // cell + 2, width // cell + 2), np.float32)
    blotches = Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(blotches, np.float32)


def table_texture(odd: Oddities, width: int, height: int, rng: np.random.Generator) -> UInt8:
    """Reflectance (height, width, 3), 0 to 255, of the table's surface."""
    first, second = (np.array(colour, np.float32) * 255 for colour in odd.table_colours)
    share = _share(odd.table, width, height, rng)[:, :, None]
    return np.asarray(np.clip(first + share * (second - first), 0, 255), np.uint8)


def _share(kind: str, width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How much of the second colour each point of the table has, 0 to 1."""
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(height)
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    across = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))
    turns = np.float32(2 * np.pi * np.exp(rng.uniform(np.log(3), np.log(25))))
    if kind == "wood":
        warped = along * turns + rng.uniform(0.3, 1.5) * soft_noise(height, width, 40, rng)
        return np.asarray((0.25 + 0.2 * np.sin(warped)) * rng.uniform(0.3, 1), np.float32)
    if kind == "stripes":
        return np.asarray(np.sin(along * turns) > rng.uniform(-0.6, 0.6), np.float32)
    if kind == "checks":
        bands = (np.sin(along * turns) > 0).astype(np.float32) + (np.sin(across * turns) > 0)
        return np.asarray(bands / 2, np.float32)
    if kind == "stone":
        blotches = soft_noise(height, width, int(rng.integers(2, 12)), rng)
        return np.asarray(np.clip(blotches * 0.5 + 0.5, 0, 1), np.float32)
    if kind == "cloth":
        weave = np.sin(along * turns * 3) * np.sin(across * turns * 3)
        return np.asarray(0.5 + 0.3 * weave, np.float32)
    return np.zeros((height, width), np.float32)


def around_the_sheet(
    odd: Oddities, width: int, height: int, rng: np.random.Generator
) -> Image.Image:
    """255 on the table, 0 on the sheet of paper; (width, height) in mode L."""
    outline = Image.new("L", (width, height), 255)
    if odd.sheet is None:
        return Image.new("L", (width, height), 0)
    corners = np.array(odd.sheet) * height
    if odd.torn:
        share = np.linspace(0, 1, 24, endpoint=False)[:, None]
        edges = [
            corners[i] + share * (corners[(i + 1) % 4] - corners[i]) for i in range(len(corners))
        ]
        corners = np.concatenate(edges)
        corners += rng.normal(0, odd.torn * height, corners.shape)
    ImageDraw.Draw(outline).polygon([(float(x), float(y)) for x, y in corners], fill=0)
    return outline


def cast_by_the_sheet(outline: Image.Image, rng: np.random.Generator) -> UInt8:
    """Light, 0 to 255, that the sheet's edge leaves on the table beside it."""
    reach = int(rng.integers(1, 6))
    soft = outline.filter(ImageFilter.BoxBlur(reach))
    depth = rng.uniform(0.0, 0.6)
    return np.asarray(255 - depth * (255 - np.asarray(soft, np.float32)), np.uint8)
