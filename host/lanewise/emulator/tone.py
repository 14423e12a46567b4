# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From raw light to levels: the gamma curve of the registers, brightness, contrast, colour matrix.

Raw light is 0 to 1 of full scale in ``STEPS`` steps (the chip's 10 bits, and two more that the
averaging of pixels gives). Everything a channel goes through on its own is one table:
gamma, then ``(v - CONTRAS_CENTER) * CONTRAS / 64 + CONTRAS_CENTER + BRIGHT``, rounded half up and
clipped, then 255 - v for a negative (TSLB[5]). On the chip brightness and contrast act on luma
alone; for greys that is the same.

Colour. Filters of a real sensor let neighbouring colours through, and the matrix takes that back.
The modules' filters are such that the matrix the driver writes is exactly right, behind the gamma
curve; another matrix gives the colours it would give on that sensor. RGB output shows the same
colours as YUV (Linux writes 1.4 to 1.8 times the matrix for RGB; the datasheet is silent).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lanewise.emulator.tuning import GAMMA_INPUTS, Matrix, Tuning

UInt8 = NDArray[np.uint8]

STEPS = 4096
"""Raw light is a number from 0 to STEPS - 1."""

DRIVER_MATRIX: Matrix = (0x80, -0x80, 0x00, -0x22, -0x5E, 0x80)
"""What the driver writes to MTX1 to MTX6, with the signs that MTXS has from its reset."""

_LUMA = (0.299, 0.587, 0.114)
_CHROMA = ((0.5, -0.418688, -0.081312), (-0.168736, -0.331264, 0.5))  # V, U: BT.601
_FIXED_POINT = 12


def linear_light(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light 0..1 of sRGB levels 0..255 (IEC 61966-2-1)."""
    v = level / 255.0
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def gamma_curve(raw: NDArray[np.float64], tuning: Tuning) -> NDArray[np.float64]:
    """Levels 0..255 of raw light 0..1 (unbounded above) by the gamma registers."""
    x = raw * 256.0
    if tuning.gamma is None:
        return np.minimum(x, 255.0)
    ends = (0, *GAMMA_INPUTS)
    outputs = (0, *tuning.gamma)
    last = outputs[-1] + (x - ends[-1]) * tuning.slope / 64
    return np.clip(np.where(x < ends[-1], np.interp(x, ends, outputs), last), 0, 255)


def inverse_gamma(level: float, tuning: Tuning) -> float:
    """The least raw light 0..1 that the gamma registers turn into ``level`` or more."""
    found = int(np.argmax(_curve(tuning.gamma, tuning.slope) >= level))
    return found / (STEPS - 1) if found else 1.0


@lru_cache(maxsize=32)
def _curve(gamma: tuple[int, ...] | None, slope: int) -> NDArray[np.float64]:
    steps = np.arange(STEPS, dtype=np.float64) / (STEPS - 1)
    tuning = Tuning(gamma, slope, DRIVER_MATRIX, (1, 1, 1), None, 1, None)
    return gamma_curve(steps, tuning)


@lru_cache(maxsize=64)
def tone_table(
    gamma: tuple[int, ...] | None,
    slope: int,
    brightness: int,
    contrast: int,
    center: int,
    negative: bool,
) -> UInt8:
    """(STEPS,) uint8: the level that each step of raw light becomes; see the module."""
    level = (_curve(gamma, slope) - center) * contrast / 0x40 + center + brightness
    table = np.floor(np.clip(level, 0, 255) + 0.5).astype(np.uint8)
    return np.subtract(255, table, dtype=np.uint8) if negative else table


@lru_cache(maxsize=32)
def colour_change(matrix: Matrix) -> NDArray[np.int32] | None:
    """(3, 3) in 4096ths: what the matrix does to levels in right colours; None: nothing."""
    luma = np.array([_LUMA])
    right = np.concatenate([luma, np.array(_CHROMA)])
    filters = np.linalg.solve(np.concatenate([luma, _chroma(DRIVER_MATRIX)]), right)
    seen = np.concatenate([luma, _chroma(matrix) @ filters])
    change = np.rint(np.linalg.solve(right, seen) * (1 << _FIXED_POINT)).astype(np.int32)
    return None if np.array_equal(change, np.eye(3, dtype=np.int32) << _FIXED_POINT) else change


def recoloured(picture: UInt8, matrix: Matrix) -> UInt8:
    """Levels (h, w, 3) in the colours that the matrix makes of them."""
    change = colour_change(matrix)
    if change is None:
        return picture
    wide = picture.astype(np.int32)
    planes = [wide[:, :, channel] for channel in range(3)]
    result = np.empty_like(picture)
    for channel, (red, green, blue) in enumerate(change):
        level = (red * planes[0] + green * planes[1] + blue * planes[2] + 2048) >> _FIXED_POINT
        result[:, :, channel] = np.clip(level, 0, 255)
    return result


def _chroma(matrix: Matrix) -> NDArray[np.float64]:
    return np.array(matrix, np.float64).reshape(2, 3) / 256
