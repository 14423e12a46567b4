# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Wild light: soft and hard shadows, a hand's, a window blind's, a lamp's spot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from lanewise.data.scenes.conditions import Conditions
from lanewise.data.scenes.oddities import Oddities

Plane = NDArray[np.float32]


def wild_light(
    what: Conditions, odd: Oddities, width: int, height: int, rng: np.random.Generator
) -> Plane:
    """The share of light that reaches each pixel (height, width), 1 where nothing is in its way."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - np.float32(0.5), y / height - np.float32(0.5)
    slope = what.gradient[0] * x + what.gradient[1] * y
    light = np.maximum(1 + slope - what.vignette * 2 * (x * x + y * y), np.float32(0.08))
    if odd.shadow == "lamp":
        x0, y0 = rng.uniform(-0.4, 0.4, 2)
        r = rng.uniform(0.3, 0.9)
        away = ((x - x0) ** 2 + (y - y0) ** 2) / np.float32(r * r)
        light *= 1 - what.shadow * (1 - np.exp(-away))
    elif odd.shadow in ("soft", "hard edge"):
        light *= 1 - what.shadow * _edge(what, odd, x, y, rng)
    elif odd.shadow != "none":
        light *= 1 - what.shadow * _drawn(what, odd, width, height, rng)
    return np.asarray(light, np.float32)


def _edge(what: Conditions, odd: Oddities, x: Plane, y: Plane, rng: np.random.Generator) -> Plane:
    blur = 0.01 if odd.shadow == "hard edge" else max(what.shadow_blur, 0.05)
    angle = rng.uniform(0, 2 * np.pi)
    depth = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.4, 0.4)
    dark = np.clip(depth / blur + 0.5, 0, 1)
    return np.asarray(dark * dark * (3 - 2 * dark), np.float32)


def _drawn(
    what: Conditions, odd: Oddities, width: int, height: int, rng: np.random.Generator
) -> Plane:
    """A shadow with a shape, drawn at a quarter of the size and blurred."""
    small = (width // 4, height // 4)
    mask = Image.new("L", small, 0)
    pen = ImageDraw.Draw(mask)
    if odd.shadow == "blinds":
        _blinds(pen, small, rng)
    else:
        _hand(pen, small, rng)
    mask = mask.filter(ImageFilter.GaussianBlur(max(0.5, what.shadow_blur * small[1] * 0.3)))
    whole = mask.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(whole, np.float32) / np.float32(255)


def _blinds(pen: ImageDraw.ImageDraw, size: tuple[int, int], rng: np.random.Generator) -> None:
    width, height = size
    pitch = rng.uniform(0.08, 0.4) * height
    slope = rng.uniform(-0.5, 0.5) * width
    y = -abs(slope) - rng.uniform(0, pitch)
    while y < height + abs(slope):
        pen.line((0, y, width, y + slope), fill=255, width=max(1, int(pitch / 2)))
        y += pitch


def _hand(pen: ImageDraw.ImageDraw, size: tuple[int, int], rng: np.random.Generator) -> None:
    """An arm from the border, a palm, and fingers that go on from it."""
    width, height = size
    palm = np.array([rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height])
    angle = rng.uniform(0, 2 * np.pi)
    r = rng.uniform(0.12, 0.22) * height
    ahead = np.array([np.cos(angle), np.sin(angle)])
    arm = palm - 2 * width * ahead
    pen.line((*arm.tolist(), *palm.tolist()), fill=255, width=int(1.3 * r))
    pen.ellipse((palm[0] - r, palm[1] - r, palm[0] + r, palm[1] + r), fill=255)
    for spread in (-0.5, -0.2, 0.1, 0.4):
        turned = angle + spread + rng.uniform(-0.08, 0.08)
        tip = palm + rng.uniform(1.6, 2.4) * r * np.array([np.cos(turned), np.sin(turned)])
        pen.line((*palm.tolist(), *tip.tolist()), fill=255, width=max(1, int(0.45 * r)))
