# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A wild page before light falls on it: table, sheet, print, ink, clutter, drawn in 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lanewise.data.scenes.clutter import (
    draw_objects,
    draw_print,
    draw_stains,
    draw_text,
    drawing,
)
from lanewise.data.scenes.conditions import Conditions
from lanewise.data.scenes.ground import (
    around_the_sheet,
    cast_by_the_sheet,
    soft_noise,
    table_texture,
)
from lanewise.data.scenes.oddities import Oddities

Plane = NDArray[np.float32]
UInt8 = NDArray[np.uint8]


def lay_wild_page(
    cover: Plane, what: Conditions, odd: Oddities, marks: Plane, rng: np.random.Generator
) -> Plane:
    """Reflectance (h, w, 3), 0 to 1, of a page on which ink covers ``cover`` and specks ``marks``
    (h, w) of each pixel."""
    height, width = cover.shape
    page = _paper(what, width, height, rng)
    pen = drawing(page)
    draw_print(pen, what, odd, rng)
    draw_stains(pen, what, odd, rng)
    page = _inked(page, np.maximum(marks, cover * what.opacity), what, odd, rng)
    draw_text(drawing(page), what, odd, rng)
    if odd.sheet is not None:
        page = _on_the_table(page, odd, rng)
    draw_objects(drawing(page), what, odd, rng)
    return np.asarray(page, np.float32) / np.float32(255)


def _paper(what: Conditions, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    grain = soft_noise(height, width, int(rng.integers(2, 16)), rng) * np.float32(what.texture)
    tinted = np.array(what.paper, np.float32) + grain[:, :, None]
    return Image.fromarray(np.asarray(np.clip(tinted, 0, 1) * 255, np.uint8))


def _inked(
    page: Image.Image, cover: Plane, what: Conditions, odd: Oddities, rng: np.random.Generator
) -> Image.Image:
    height, width = cover.shape
    if odd.grain:
        valleys = np.clip(soft_noise(height, width, 2, rng), 0, 1)
        cover = cover * (1 - np.float32(odd.grain) * valleys)
    mask = Image.fromarray(np.asarray(np.clip(cover, 0, 1) * 255, np.uint8))
    red, green, blue = (round(255 * share) for share in what.pen)
    ink = Image.new("RGB", (width, height), (red, green, blue))
    inked = Image.composite(ink, page, mask)
    if odd.glaze and odd.print != "none":
        _print_over(inked, what, odd, rng)
    return inked


def _print_over(
    page: Image.Image, what: Conditions, odd: Oddities, rng: np.random.Generator
) -> None:
    """A few of the lines show through the ink, or lie on it: strokes have gaps and bridges."""
    width, height = page.size
    pen = ImageDraw.Draw(page, "RGBA")
    tone = round(255 * float(np.mean(what.paper)))
    for _ in range(int(rng.integers(1, 4))):
        y = rng.uniform(0.1, 0.9) * height
        ends = (0.0, y, float(width), y + rng.uniform(-0.1, 0.1) * height)
        pen.line(ends, fill=(tone, tone, tone, round(255 * rng.uniform(0.1, 0.4))), width=1)


def _on_the_table(page: Image.Image, odd: Oddities, rng: np.random.Generator) -> Image.Image:
    width, height = page.size
    outside = around_the_sheet(odd, width, height, rng)
    table = table_texture(odd, width, height, rng).astype(np.uint16)
    lit = cast_by_the_sheet(outside, rng)[:, :, None]
    surface = Image.fromarray((table * lit // 255).astype(np.uint8))
    return Image.composite(surface, page, outside)
