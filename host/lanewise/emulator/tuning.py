# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Registers that tune the picture: gamma curve, colour matrix, gains, lens correction.

Datasheet 1.4, table 5, at the registers named. Where it is silent, the choice is the model's:

* Gamma (SLOP 0x7A, GAM1 to GAM15 0x7B to 0x89; COM13[7] enables). Fifteen points at the inputs
  ``GAMMA_INPUTS`` of 256, straight lines between them, and a last one of slope ``SLOP / 64``
  (SLOP = (0x100 - GAM15) * 4 / 3 makes it end at 0x100). Before the first point: from 0.
* Colour matrix (MTX1 to MTX6 0x4F to 0x54, signs in MTXS[5:0] 0x58, 1: minus), in 256ths:
  ``V = MTX1 R + MTX2 G + MTX3 B``, ``U = MTX4 R + MTX5 G + MTX6 B``; luma is fixed. Which is V and
  which U, and the scale, follow from the matrices of Linux's ``ov7670.c``, whose rows sum to 0.
* Channel gains (GFIX 0x69: x1, x1.25, x1.5, x1.75 for Gr, Gb, R, B from the top bits down). Both
  greens count as one, with the mean of their gains.
* Digital gain (REG74 0x74): bit 4 clear: VREF[7:6] doubles, as part of the gain code; set: bits
  1:0 choose x1, x1, x2, x4 and VREF[7:6] have no effect.
* Banding filter (COM8[5]; BD50ST 0x9D with COM11[3], else BD60ST 0x9E: line times of one swing of
  the light). Automatic exposure then takes whole multiples of it, as long as it is longer than one;
  only under a light that flickers, since it has no other effect.
* Lens correction (LCC1 to LCC5 0x62 to 0x66, LCC6 0x94, LCC7 0x95): no gain within a radius of
  ``4 LCC4`` pixels of the field, ``1 + coefficient / 16 * ((r - radius) / 400)**2`` beyond it.
  The datasheet names radius and coefficients, not the formula and not the units.
"""

from __future__ import annotations

from dataclasses import dataclass

from lanewise.emulator import registers as reg

GAMMA_INPUTS = tuple(bytes.fromhex("04 08 10 20 28 30 38 40 48 50 60 70 90 B0 D0"))
"""Where the gamma segments 1 to 15 end, on a scale of 0x100."""

Matrix = tuple[int, int, int, int, int, int]
"""V from R, G, B, then U from R, G, B; in 256ths."""


@dataclass(frozen=True)
class LensCorrection:
    """Gain that grows beyond a radius. Pixels of the 640 x 480 field; centre from its middle."""

    centre: tuple[int, int]
    radius: int
    red: int
    green: int
    blue: int


@dataclass(frozen=True)
class Tuning:
    """gamma: the 15 outputs, or None where it is off; slope: of the last segment, in 64ths;
    band_lines: line times of the banding filter, 0 where it is off."""

    gamma: tuple[int, ...] | None
    slope: int
    matrix: Matrix
    channel_gains: tuple[float, float, float]
    digital_gain: float | None
    green_gain: float
    lens: LensCorrection | None
    band_lines: int = 0


def decode_tuning(values: bytes | bytearray) -> Tuning:
    """The tuning that 256 register bytes stand for."""
    enabled = values[reg.COM13] & reg.COM13_GAMMA
    return Tuning(
        gamma=tuple(values[reg.GAM1 : reg.GAM1 + 15]) if enabled else None,
        slope=values[reg.SLOP],
        matrix=_matrix(values),
        channel_gains=channel_gains(values[reg.GFIX]),
        digital_gain=_digital_gain(values[reg.REG74]),
        green_gain=values[reg.GGAIN] / 0x80 if values[reg.GGAIN] else 1.0,
        lens=_lens(values),
        band_lines=_band(values),
    )


def channel_gains(gfix: int) -> tuple[float, float, float]:
    """Fixed gains of R, G and B that a value of GFIX stands for."""
    green_red, green_blue, red, blue = (1 + (gfix >> shift & 3) / 4 for shift in (6, 4, 2, 0))
    return red, (green_red + green_blue) / 2, blue


def _matrix(values: bytes | bytearray) -> Matrix:
    signs = values[reg.MTXS]
    six = [-values[reg.MTX1 + i] if signs >> i & 1 else values[reg.MTX1 + i] for i in range(6)]
    return six[0], six[1], six[2], six[3], six[4], six[5]


def _digital_gain(reg74: int) -> float | None:
    if not reg74 & reg.REG74_MANUAL:
        return None
    return (1.0, 1.0, 2.0, 4.0)[reg74 & reg.REG74_GAIN]


def _band(values: bytes | bytearray) -> int:
    if not values[reg.COM8] & reg.COM8_BANDING:
        return 0
    return values[reg.BD50ST] if values[reg.COM11] & reg.COM11_BAND_50 else values[reg.BD60ST]


def _lens(values: bytes | bytearray) -> LensCorrection | None:
    control = values[reg.LCC5]
    if not control & reg.LCC5_ENABLE:
        return None
    green = red = blue = values[reg.LCC3]
    if control & reg.LCC5_SEPARATE:
        blue, red = values[reg.LCC6], values[reg.LCC7]
    centre = (_signed(values[reg.LCC1]), _signed(values[reg.LCC2]))
    return LensCorrection(centre, 4 * values[reg.LCC4], red, green, blue)


def _signed(byte: int) -> int:
    return byte - 256 if byte & 0x80 else byte
