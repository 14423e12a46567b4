# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Both ends of the pixel pipeline: window, scale and mirror of the scene; bytes on the pins.

What lies between, light to levels, is ``develop.py``. All rounding here is fixed, so that a frame
is the same everywhere:

* Scaling is an area average in sRGB levels (the chip's scaler sits behind its gamma), each
  result rounded half up; a scale that is no whole number weighs the pixels it cuts.
* RGB565/555/444 drop the low bits (truncation, as wiring 8 bits to fewer pins does).
* YUV is BT.601, full swing, in integers: ``Y = (77 R + 150 G + 29 B + 128) >> 8``,
  ``U = ((-43 R - 85 G + 128 B + 128) >> 8) + 128``, ``V = ((128 R - 107 G - 21 B + 128) >> 8) +
  128``, at most 255; ``>>`` rounds down, so the 128 before it rounds to nearest. U and V are the
  left pixel's of each pair, or the pair's mean rounded half up when REG4B asks for it.
* Output range 10-F0 maps ``v`` to ``16 + (224 v + 127) // 255``; 01-FE clips.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lanewise.emulator.settings import Colour, OutputRange, Settings, Window
from lanewise.errors import EmulatorError

Pixels = NDArray[np.uint8]

_FIELD = (640, 480)
_BAND = 160 * 120  # pixels
_BORDER_X, _BORDER_Y = 8, 4  # live pixels of the 656 x 488 array around the 640 x 480 field


def windowed(
    scene: Pixels, window: Window, width: int, height: int, mirror: bool, vflip: bool
) -> Pixels:
    """The window of a (480, 640, 3) scene, scaled to (height, width, 3) by area average.

    Mirror and flip turn the readout, so the window counts from the turned edge. Outside the field
    the array's border repeats the edge (8 columns, 4 rows); beyond it is black.
    """
    if width <= 0 or height <= 0:
        return np.zeros((max(height, 0), max(width, 0), 3), np.uint8)
    left = _FIELD[0] - window.left - window.width if mirror else window.left
    top = _FIELD[1] - window.top - window.height if vflip else window.top
    right, bottom = left + window.width, top + window.height
    if left < 0 or top < 0 or right > _FIELD[0] or bottom > _FIELD[1]:
        scene = _beyond_the_field(scene, left, top, right, bottom)
        left, top, right, bottom = 0, 0, window.width, window.height
    picture = Image.fromarray(scene)
    box = (left, top, right, bottom)
    if window.width % width == 0 and window.height % height == 0:
        factors = (window.width // width, window.height // height)
        scaled = np.asarray(picture.reduce(factors, box))
    else:
        scaled = np.asarray(picture.resize((width, height), Image.Resampling.BOX, box))
    return scaled[:: -1 if vflip else 1, :: -1 if mirror else 1]


def clocked(picture: Pixels, width: int) -> Pixels:
    """A scaled picture as ``width`` pixel clocks a line sample it: pixels repeat or drop out."""
    scaled_width = picture.shape[1]
    if scaled_width == width or scaled_width == 0:
        return picture[:, :width]
    return picture[:, np.arange(width) * scaled_width // width]


def packed(picture: Pixels, settings: Settings) -> bytes:
    """The bytes of a picture (h, w, 3), two for each pixel, in the order the registers choose.

    Raises ``EmulatorError`` for Bayer and GRB 4:2:2 output, which are not modelled.
    """
    height, width = picture.shape[:2]
    pairs = np.empty((height, width, 2), np.uint8)
    rows = max(1, _BAND // max(1, width))  # at a time: a large picture needs little beside itself
    for top in range(0, height, rows):
        pairs[top : top + rows] = _pairs(picture[top : top + rows], settings)
    return pairs.tobytes()


def _pairs(picture: Pixels, settings: Settings) -> Pixels:
    """(h, w, 2): the bytes of some rows."""
    colour = settings.colour
    if colour in (Colour.YUYV, Colour.YVYU, Colour.UYVY, Colour.VYUY):
        pairs = _yuv(picture, settings)
    elif colour in (Colour.BAYER, Colour.PROCESSED_BAYER, Colour.GRB422):
        raise EmulatorError(
            f"COM7 and COM15 select {colour.value}, which is not emulated: "
            "select YUV (COM7 = 0) or RGB565 (COM7 = 4, COM15 = 0xD0)"
        )
    else:
        pairs = _rgb(_ranged(picture, settings.output_range), colour)
    return pairs[:, :, ::-1] if settings.swap_bytes else pairs


def luma_chroma(picture: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Y, U and V planes (h, w) uint8 of an RGB picture; see the module's formulae."""
    wide = picture.astype(np.int32)
    red, green, blue = wide[:, :, 0], wide[:, :, 1], wide[:, :, 2]
    luma = (77 * red + 150 * green + 29 * blue + 128) >> 8
    u = ((-43 * red - 85 * green + 128 * blue + 128) >> 8) + 128
    v = ((128 * red - 107 * green - 21 * blue + 128) >> 8) + 128
    return luma.astype(np.uint8), _byte(u), _byte(v)


def _byte(chroma: NDArray[np.int32]) -> Pixels:
    """Pure blue and pure red round to 256: held at 255."""
    return np.minimum(chroma, 255).astype(np.uint8)


def _yuv(picture: Pixels, settings: Settings) -> Pixels:
    height, width = picture.shape[:2]
    luma, u, v = luma_chroma(picture)
    if settings.fixed_uv is not None:
        u = np.full_like(u, settings.fixed_uv[0])
        v = np.full_like(v, settings.fixed_uv[1])
    elif settings.average_uv:
        u, v = _pair_mean(u), _pair_mean(v)
    limits = settings.output_range
    luma, u, v = (_ranged(plane, limits) for plane in (luma, u, v))
    luma_at = 0 if settings.colour in (Colour.YUYV, Colour.YVYU) else 1
    if settings.colour in (Colour.YVYU, Colour.VYUY):
        u, v = v, u
    pairs = np.empty((height, width, 2), np.uint8)
    pairs[:, :, luma_at] = luma
    pairs[:, 0::2, 1 - luma_at] = u[:, 0::2]
    pairs[:, 1::2, 1 - luma_at] = v[:, 0 : width - width % 2 : 2]
    return pairs


def _pair_mean(plane: Pixels) -> Pixels:
    even = plane.shape[1] - plane.shape[1] % 2
    wide = plane.astype(np.uint16)
    result = plane.copy()
    result[:, 0:even:2] = (wide[:, 0:even:2] + wide[:, 1:even:2] + 1) >> 1
    return result


def _rgb(picture: Pixels, colour: Colour) -> Pixels:
    red, green, blue = picture[:, :, 0], picture[:, :, 1], picture[:, :, 2]
    pairs = np.empty((*picture.shape[:2], 2), np.uint8)
    if colour is Colour.RGB565:  # RRRRRGGG GGGBBBBB
        pairs[:, :, 0] = red & 0xF8 | green >> 5
        pairs[:, :, 1] = (green & 0x1C) << 3 | blue >> 3
    elif colour is Colour.RGB555:  # xRRRRRGG GGGBBBBB
        pairs[:, :, 0] = (red & 0xF8) >> 1 | green >> 6
        pairs[:, :, 1] = (green & 0x38) << 2 | blue >> 3
    elif colour is Colour.RGB444_XRGB:  # xxxxRRRR GGGGBBBB
        pairs[:, :, 0] = red >> 4
        pairs[:, :, 1] = green & 0xF0 | blue >> 4
    else:  # RRRRGGGG BBBBxxxx
        pairs[:, :, 0] = red & 0xF0 | green >> 4
        pairs[:, :, 1] = blue & 0xF0
    return pairs


def _ranged(levels: Pixels, limits: OutputRange) -> Pixels:
    if limits is OutputRange.R00FF:
        return levels
    if limits is OutputRange.R01FE:
        return np.clip(levels, 0x01, 0xFE)
    table = (16 + (np.arange(256, dtype=np.int32) * 224 + 127) // 255).astype(np.uint8)
    ranged: Pixels = table[levels]
    return ranged


def _beyond_the_field(scene: Pixels, left: int, top: int, right: int, bottom: int) -> Pixels:
    columns = np.arange(left, right)
    rows = np.arange(top, bottom)
    width, height = _FIELD
    live_x = (columns >= -_BORDER_X) & (columns < width + _BORDER_X)
    live_y = (rows >= -_BORDER_Y) & (rows < height + _BORDER_Y)
    crop = scene[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)[None, :]]
    shown: Pixels = np.where((live_y[:, None] & live_x[None, :])[:, :, None], crop, np.uint8(0))
    return shown
