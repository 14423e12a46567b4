# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate --save``: what the board saw at each stage, as PNG files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lanewise.emulator.desk import EmulatedDesk, Seen
from lanewise.emulator.sources import Scene
from lanewise.files import write_together

_LARGE = 480
"""Small pictures are enlarged in whole steps up to about so many pixels across."""
_BOX = (230, 40, 40)


def save_stages(folder: Path, number: int, scene: Scene, seen: Seen, desk: EmulatedDesk) -> None:
    """``NNNN-scene.png``, ``-frame.png`` (with the box), ``-ink.png`` and ``-display.png``.

    scene: what was before the lens; frame: what the camera sent; ink: what the model was given, if
    it was asked; display: what a display showed, if there is one.
    """
    pictures = {
        "scene": Image.fromarray(np.asarray(scene)),
        "frame": _frame(seen, desk.colorspace),
    }
    if seen.logits is not None:
        most = max(1, int(seen.ink.max()))
        grey = 255 - seen.ink.astype(np.uint16) * 255 // most
        pictures["ink"] = _enlarged(Image.fromarray(grey.astype(np.uint8)))
    display = desk.display_picture()
    if display is not None:
        pictures["display"] = Image.fromarray(display)
    files = {
        folder / f"{number:04d}-{name}.png": _png(picture) for name, picture in pictures.items()
    }
    write_together(files, overwrite=True)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _frame(seen: Seen, colorspace: str) -> Image.Image:
    """The frame as sent, enlarged, with a line around each digit."""
    pixels = len(seen.frame) // 2
    width = next(side for side in (40, 80, 160, 320, 640) if side * (side * 3 // 4) >= pixels)
    pairs = np.frombuffer(seen.frame, np.uint8).reshape(width * 3 // 4, width, 2)
    picture = Image.fromarray(_rgb565(pairs) if colorspace == "rgb" else _yuyv(pairs))
    large = _enlarged(picture)
    boxes = seen.boxes
    if seen.box is not None and not boxes:
        boxes = (seen.box,)
    times = large.width // picture.width
    for box in boxes:
        x, y, wide, high = (times * edge for edge in box)
        edges = (x, y, x + wide - 1, y + high - 1)
        ImageDraw.Draw(large).rectangle(edges, outline=_BOX, width=2)
    return large


def _rgb565(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    words = pairs[:, :, 0].astype(np.uint16) << 8 | pairs[:, :, 1]
    red, green, blue = words >> 11, words >> 5 & 63, words & 31
    return np.stack([red * 255 // 31, green * 255 // 63, blue * 255 // 31], 2).astype(np.uint8)


def _yuyv(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    luma = pairs[:, :, 0].astype(np.float64)
    u = np.repeat(pairs[:, 0::2, 1], 2, axis=1) - 128.0
    v = np.repeat(pairs[:, 1::2, 1], 2, axis=1) - 128.0
    colours = np.stack([luma + 1.402 * v, luma - 0.344 * u - 0.714 * v, luma + 1.772 * u], 2)
    return np.clip(colours + 0.5, 0, 255).astype(np.uint8)


def _enlarged(picture: Image.Image) -> Image.Image:
    times = max(1, _LARGE // picture.width)
    size = (times * picture.width, times * picture.height)
    return picture.resize(size, Image.Resampling.NEAREST).convert("RGB")
