# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Light, lens and sensor noise on a page, and the stream of labelled scenes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lanewise.data.digits import Digits
from lanewise.data.marks.value import Marks
from lanewise.data.scenes.artefacts import developed, shaken
from lanewise.data.scenes.conditions import (
    LEVELS,
    Conditions,
    check_difficulty,
    draw_conditions,
)
from lanewise.data.scenes.page import Plane, ink_cover, lay_page
from lanewise.data.scenes.shade import wild_light

UInt8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]
SIZE = (160, 120)
"""Width and height of a rendered picture unless another height is asked for."""

_INKED = 0.5  # a pixel belongs to the digit when ink covers so much of it


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture: (height, width, 3) uint8 sRGB, its label or None, and how it came about.

    box: (x, y, width, height) of the ink in pixels, or None without a digit; level, seed and number
    are the arguments of ``scenes`` and the place in its stream; digit: which one of the digits it
    shows, or None; figures and boxes: of a number, its digits from left to right. A scene of a mark
    has a box, and digit says which mark, but no label, figures or boxes.
    """

    picture: UInt8
    label: int | None
    conditions: Conditions
    box: Box | None = None
    level: str = ""
    seed: int = 0
    number: int = 0
    digit: int | None = None
    figures: tuple[int, ...] = ()
    boxes: tuple[Box, ...] = ()


def render(
    digit: UInt8 | None, what: Conditions, rng: np.random.Generator, height: int = SIZE[1]
) -> UInt8:
    """A digit (28, 28) uint8 ink, or none, on a desk as described: (height, 4/3 height, 3) sRGB."""
    return photograph(None if digit is None else cover_of(digit, what, height), what, rng, height)


def cover_of(digit: UInt8, what: Conditions, height: int) -> Plane:
    """The digit's ink as ``photograph`` takes it, (2 height, 8/3 height) of twice the size."""
    return ink_cover(digit, what, 2 * height * 4 // 3, 2 * height)


def photograph(ink: Plane | None, what: Conditions, rng: np.random.Generator, height: int) -> UInt8:
    """A page with ``ink`` on it, as a camera shows it: (height, 4/3 height, 3) sRGB."""
    page = lay_page(ink, what, 2 * height, rng)
    if what.oddities is not None:
        return _wild_picture(page, what, rng, height)
    return _picture(page, what, rng, height)


def _picture(page: Plane, what: Conditions, rng: np.random.Generator, height: int) -> UInt8:
    page *= light_on(what, page.shape[1], page.shape[0], rng)[:, :, None] * what.exposure
    level = np.clip(page, 0, 1) ** np.float32(0.75) * 255
    picture = Image.fromarray(level.astype(np.uint8))
    if what.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(what.blur * 2 * height))
    seen = np.asarray(picture.reduce(2), np.float32)
    seen = seen + rng.normal(0, what.noise, seen.shape[:2]).astype(np.float32)[:, :, None]
    return np.asarray(np.clip(seen + 0.5, 0, 255), np.uint8)


def _wild_picture(page: Plane, what: Conditions, rng: np.random.Generator, height: int) -> UInt8:
    odd = what.oddities
    assert odd is not None
    light = wild_light(what, odd, page.shape[1], page.shape[0], rng) * np.float32(what.exposure)
    page *= light[:, :, None]
    page *= np.array(odd.cast, np.float32)
    steps = np.asarray(np.clip(page, 0, 1) * 1023, np.uint16)
    tone = (np.arange(1024) / 1023) ** (0.75 * odd.gamma) * 255
    picture = Image.fromarray(tone.astype(np.uint8)[steps])
    if what.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(what.blur * 2 * height))
    return developed(shaken(np.asarray(picture.reduce(2)), odd, rng), what, odd, rng)


def ink_box(ink: Plane) -> Box | None:
    """(x, y, width, height) in a picture of half the size, of where the ink's cover is thick."""
    thick = ink > _INKED
    rows, columns = np.flatnonzero(thick.any(axis=1)), np.flatnonzero(thick.any(axis=0))
    if not len(rows):
        return None
    left, top = int(columns[0]) // 2, int(rows[0]) // 2
    return left, top, int(columns[-1]) // 2 - left + 1, int(rows[-1]) // 2 - top + 1


def light_on(what: Conditions, width: int, height: int, rng: np.random.Generator) -> Plane:
    """The share of light that reaches each pixel: slope, vignette and one soft shadow."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = x / width - 0.5
    y = y / height - 0.5
    light = 1 + what.gradient[0] * x + what.gradient[1] * y - what.vignette * 2 * (x * x + y * y)
    if what.shadow:
        angle = rng.uniform(0, 2 * np.pi)
        depth = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.3, 0.3)
        dark = np.clip(depth / what.shadow_blur + 0.5, 0, 1)
        light *= 1 - what.shadow * dark * dark * (3 - 2 * dark)
    return np.asarray(light, np.float32)


def scenes(
    digits: Digits | Marks | None,
    count: int,
    difficulty: str = "desk",
    seed: int = 0,
    height: int = SIZE[1],
) -> Iterator[Scene]:
    """``count`` pictures of digits, or of marks, taken in turn; with None, of pages without ink.

    ``difficulty`` is one of ``LEVELS``; with ``empty`` there is no digit, whatever ``digits`` are.
    The same arguments give the same pictures, and the first few do not depend on ``count``.
    """
    check_difficulty(difficulty)
    for number in range(count):
        rng = np.random.default_rng((seed, number, LEVELS.index(difficulty)))
        if difficulty == "empty":
            digits = None
            what = draw_conditions(LEVELS[number % (len(LEVELS) - 1)], rng)
        else:
            what = draw_conditions(difficulty, rng)
        if digits is None:
            yield Scene(
                photograph(None, what, rng, height), None, what, None, difficulty, seed, number
            )
            continue
        at = number % len(digits)
        ink = cover_of(digits.images[at], what, height)
        picture = photograph(ink, what, rng, height)
        box = ink_box(ink)
        if isinstance(digits, Marks):
            yield Scene(picture, None, what, box, difficulty, seed, number, at)
            continue
        label, boxes = int(digits.labels[at]), () if box is None else (box,)
        yield Scene(picture, label, what, box, difficulty, seed, number, at, (label,), boxes)
