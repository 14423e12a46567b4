# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The page before light falls on it: paper, printed lines, ink, specks, scribbles, desk."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lanewise.data.scenes.conditions import Conditions
from lanewise.data.scenes.wild_page import lay_wild_page

Plane = NDArray[np.float32]
UInt8 = NDArray[np.uint8]

_FINE = 168  # a 28x28 digit is drawn so many pixels wide before it is laid on the page


def lay_page(ink: Plane | None, what: Conditions, height: int, rng: np.random.Generator) -> Plane:
    """Reflectance (height, 4/3 height, 3), 0 to 1, of the page with ink on it, or without any.

    ``ink``: how much of each pixel it covers, (height, 4/3 height), 0 to 1.
    """
    width = height * 4 // 3
    if what.oddities is not None:
        bare = np.zeros((height, width), np.float32)
        specks = marks(what, width, height, rng)
        return lay_wild_page(bare if ink is None else ink, what, what.oddities, specks, rng)
    page: Plane = np.empty((height, width, 3), np.float32)
    page[:] = what.paper
    if what.texture:
        coarse = rng.normal(0, 1, (height // 4, width // 4)).astype(np.float32)
        grain = Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)
        page += what.texture * np.asarray(grain)[:, :, None]
    if what.lines != "none":
        page *= 1 - what.line_depth * printed_lines(what, width, height, rng)[:, :, None]
    cover = marks(what, width, height, rng)
    if ink is not None:
        cover = np.maximum(cover, what.opacity * ink)
    page += cover[:, :, None] * (np.asarray(what.pen, np.float32) - page)
    if what.desk:
        desk = beyond_the_paper(what, width, height, rng)[:, :, None]
        wood = what.desk_level * rng.uniform(0.6, 1.0, 3).astype(np.float32)
        page += desk * (wood - page)
    return page


def ink_cover(digit: UInt8, what: Conditions, width: int, height: int) -> Plane:
    """How much of each pixel the digit's ink covers, 0 to 1: turned, tilted, wider or narrower."""
    fine = Image.fromarray(digit).resize((_FINE, _FINE), Image.Resampling.BICUBIC)
    fine = fine.filter(ImageFilter.GaussianBlur(_FINE / 28 * 0.5))
    level = 112 - 60 * what.width
    table = [int(min(max((value - level) * 6 + 128, 0), 255)) for value in range(256)]
    fine = fine.point(table)
    side = what.side * 28 / 20 * height
    scale = _FINE / side
    angle = np.radians(what.turn)
    cos, sin = float(np.cos(angle)) * scale, float(np.sin(angle)) * scale
    x, y = what.centre[0] * height, what.centre[1] * height
    lean_x, lean_y = what.tilt[0] / side, what.tilt[1] / side
    # (x, y) of the page to the digit's, with a vanishing line: (a x + b y + c) / (g x + h y + 1).
    shift = 1 - lean_x * x - lean_y * y
    # The middle of the ink, not of its field, is where the conditions say.
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    middle_x = middle_y = _FINE / 2
    if len(rows):
        middle_x = float(columns[0] + columns[-1] + 1) * _FINE / 56
        middle_y = float(rows[0] + rows[-1] + 1) * _FINE / 56
    a, b = cos + middle_x * lean_x, sin + middle_x * lean_y
    d, e = -sin + middle_y * lean_x, cos + middle_y * lean_y
    c = middle_x * shift - cos * x - sin * y
    f = middle_y * shift + sin * x - cos * y
    data = tuple(value / shift for value in (a, b, c, d, e, f, lean_x, lean_y))
    laid = fine.transform(
        (width, height), Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR
    )
    return np.asarray(laid, np.float32) / np.float32(255)


def printed_lines(what: Conditions, width: int, height: int, rng: np.random.Generator) -> Plane:
    """Ruled or squared paper: where its lines are, 0 to 1."""
    sheet = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(sheet)
    angle = np.radians(what.turn * 0.5 + rng.uniform(-3, 3))
    pitch = what.line_pitch * height
    wide = 1 if rng.random() < 0.7 else 2
    along = np.array([np.cos(angle), np.sin(angle)]) * 2 * width
    across = np.array([-np.sin(angle), np.cos(angle)]) * pitch
    start = np.array([width / 2, height / 2]) + across * rng.random()
    for turned in range(2 if what.lines == "squared" else 1):
        if turned:
            along, across = along[::-1] * (-1, 1), across[::-1] * (-1, 1)
        for number in range(-int(width / pitch) - 1, int(width / pitch) + 2):
            here = start + number * across
            ends = [float(value) for value in (*(here - along), *(here + along))]
            pen.line(ends, fill=255, width=wide)
    return np.asarray(sheet, np.float32) / np.float32(255)


def marks(what: Conditions, width: int, height: int, rng: np.random.Generator) -> Plane:
    """Specks anywhere and small writing near the border, 0 to 1."""
    sheet = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(sheet)
    for _ in range(what.specks):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        r = rng.uniform(0.002, 0.009) * height
        pen.ellipse((x - r, y - r, x + r, y + r), fill=int(rng.integers(80, 256)))
    for _ in range(what.scribbles):
        at = np.array([rng.uniform(0, width), rng.choice([0.02, 0.98]) * height])
        steps = rng.normal(0, 0.02 * height, (8, 2)) + np.array([0.02 * height, 0])
        pen.line([(float(x), float(y)) for x, y in at + steps.cumsum(axis=0)], fill=200, width=2)
    return np.asarray(sheet, np.float32) / np.float32(255)


def beyond_the_paper(what: Conditions, width: int, height: int, rng: np.random.Generator) -> Plane:
    """1 on the table beyond one edge of the paper, 0 on the paper; the digit lies on the paper."""
    x, y = what.centre
    away = 0.62 * what.side + 0.04
    room = (x - away, 4 / 3 - x - away, y - away, 1 - y - away)
    side = int(np.argmax(np.array(room) + rng.uniform(0, 0.2, 4)))
    reach = min(what.desk, room[side])
    slant = rng.uniform(-0.06, 0.06)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    depth = (xs, width - xs, ys, height - ys)[side]
    along = (ys - y * height) if side < 2 else (xs - x * height)
    return np.asarray(np.clip(reach * height - depth - slant * along, 0, 1), np.float32)
