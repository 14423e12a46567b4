# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Printed letters and signs: the typeface that comes with Pillow, leaned, stretched and thickened.

Signs that pass for digits are left out, as of handwriting.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from lanewise.data.pen.framing import BOX

SEEN = "ACEFHKLMPRTUWXacdefhkmnptuvx%@?+<*~"
HELD = "NVrw#=±™"
"""Characters of the splits ``train`` and ``validation``."""

TALL = 80
_FIELD = (280, 200)


def printed(count: int, split: str, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """``count`` characters (n, BOX, BOX) uint8 ink, the longer side filling the box."""
    characters = {"train": SEEN, "validation": HELD}.get(split, SEEN + HELD)
    drawn = np.zeros((count, BOX, BOX), np.uint8)
    for at, which in enumerate(rng.integers(0, len(characters), count)):
        drawn[at] = _boxed(_field(characters[which], rng))
    return drawn


@lru_cache(maxsize=1)
def _typeface() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(TALL)


def _field(character: str, rng: np.random.Generator) -> Image.Image:
    """The character somewhere in a field, of a weight, lean, width and turn of its own."""
    field = Image.new("L", _FIELD, 0)
    bold = int(rng.choice([0, 0, 1, 2, 3]))
    middle = (_FIELD[0] / 2, _FIELD[1] / 2)
    pen = ImageDraw.Draw(field)
    pen.text(middle, character, fill=255, font=_typeface(), anchor="mm", stroke_width=bold)
    wide = float(np.exp(rng.normal(0.0, 0.18)))
    lean, turn = rng.normal(0.0, 0.12), rng.normal(0.0, 0.05)
    back = (
        (wide, lean, middle[0] * (1 - wide) - lean * middle[1]),
        (turn, 1.0, -turn * middle[0]),
    )
    return field.transform(
        _FIELD, Image.Transform.AFFINE, (*back[0], *back[1]), Image.Resampling.BILINEAR
    )


def _boxed(field: Image.Image) -> npt.NDArray[np.uint8]:
    """The ink of ``field`` in the middle of the box, (BOX, BOX) uint8."""
    cut = field.crop(field.getbbox())
    scale = BOX / max(cut.size)
    width, height = (max(1, round(side * scale)) for side in cut.size)
    small = np.asarray(cut.resize((width, height), Image.Resampling.BOX))
    box = np.zeros((BOX, BOX), np.uint8)
    top, left = (BOX - height) // 2, (BOX - width) // 2
    box[top : top + height, left : left + width] = small
    return box
