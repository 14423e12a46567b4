# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Light on silicon: a scaled scene becomes levels by way of lens, electrons, noise, gains, tone.

For each pixel of the frame and each channel, with ``scene`` the linear light of the scene, 0 to 1:

    electrons = full_well * scene * light * GFIX' * falloff * response * lines / REFERENCE_LINES
    raw = (electrons + offset + noise) * lens correction * gain * white gain / full_well
    level = tone table of raw, then the colour matrix

Rows are exposed one after the other, each until its readout: under a light that swings as
``1 + depth sin(2 pi f t)`` a row whose exposure of length T ends at t gets
``1 + depth sinc(f T) sin(2 pi f (t - T / 2))`` of it.

``noise`` is normal with variance ``(electrons + read_noise**2) / pixels``: shot noise (Poisson, a
normal law at such counts) and read noise of the pixels of one colour that a frame's pixel averages
(Bayer: half of the window's pixels are green, a quarter each red and blue; at least one). It is
drawn from the seed and the number of the frame. GFIX' is the channel's fixed gain against the one
for which the modules are calibrated (0x5D). The lens blurs levels, not light, and the scaler
averages in front of the tone table: the chip's averages behind it; the difference is in edges only.

A frame is developed in bands of rows, so that a large one needs little memory beside itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lanewise.emulator.camera_module import CameraModule, Plane, falloff, pattern
from lanewise.emulator.settings import FRAME_LINES, Settings, Window
from lanewise.emulator.tone import STEPS, linear_light, recoloured, tone_table
from lanewise.emulator.tuning import LensCorrection, channel_gains

UInt8 = NDArray[np.uint8]
Surface = tuple[Plane, Plane, Plane]

REFERENCE_LINES = 256
"""Line times (the reset value of AECH) at which, with gain 1, a scene comes out as it is."""
CALIBRATED_GFIX = 0x5D
"""The fixed channel gains that the driver writes; the modules are neutral with them."""

_LINEAR = linear_light(np.arange(256, dtype=np.float64))
_LINEAR32 = _LINEAR.astype(np.float32)
_NO_WELL = 17_000.0  # electrons, where a module names none but has offsets in electrons
_LEAST_BLUR = 0.15  # pixels of the frame: less cannot be seen
_BAND = 160 * 120  # pixels at a time: some 1 MB of planes
_KEPT = 320 * 240  # pixels of the largest frame whose surface is kept for the next one


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of a band of a frame, its rows ``top`` to ``bottom``, lie on the array."""

    window: Window
    scaled_width: int
    width: int
    height: int
    mirror: bool
    vflip: bool
    top: int
    bottom: int


def channel_light(module: CameraModule, settings: Settings) -> tuple[float, float, float]:
    """Red, green and blue that a white scene gives, by the light and the fixed channel gains."""
    now, right = settings.tuning.channel_gains, channel_gains(CALIBRATED_GFIX)
    red, green, blue = (module.light[c] * now[c] / right[c] for c in range(3))
    return red, green, blue


def white_gains(settings: Settings) -> tuple[float, float, float]:
    """Red, green and blue gains of the white balance."""
    return settings.red_gain, settings.tuning.green_gain, settings.blue_gain


def developed(
    picture: UInt8,
    settings: Settings,
    module: CameraModule,
    seed: int,
    frame: int,
    line_s: float = 0.0,
) -> UInt8:
    """Levels (h, w, 3) of a scaled scene (h, w, 3), sRGB levels, as frame number ``frame``.

    ``line_s``: seconds of a line time, which only a flickering light needs.
    """
    if not picture.size:
        return picture
    exposure = settings.exposed_lines / REFERENCE_LINES
    light = np.array(channel_light(module, settings)) * exposure
    gains = np.array(white_gains(settings)) * settings.gain
    table = tone_table(
        settings.tuning.gamma,
        settings.tuning.slope,
        settings.brightness,
        settings.contrast,
        settings.contrast_center,
        settings.negative,
    )
    picture = blurred(picture, settings, module)
    steady = not (module.noisy or module.shaded or module.patterned or module.flickering)
    by_level = _by_level(table, light * gains)
    by_row = flicker(settings, module, frame, line_s)[:, None, None] * light
    rng = np.random.default_rng((seed, frame))
    result = np.empty_like(picture)
    height = max(1, _BAND // picture.shape[1])
    for top in range(0, len(picture), height):
        band = picture[top : top + height]
        if steady:
            levels = np.empty_like(band)
            for channel in range(3):
                levels[:, :, channel] = by_level[band[:, :, channel], channel]
        else:
            surface = _surface_of(settings, module, seed, top, top + len(band))
            rows = by_row[top : top + height]
            levels = table[_raw(band, settings, module, surface, rng, rows, gains)]
        result[top : top + height] = recoloured(levels, settings.tuning.matrix)
    return result


def _by_level(table: UInt8, light: NDArray[np.float64]) -> UInt8:
    """(256, 3): what each level of the scene becomes where nothing but light changes it."""
    raw = np.rint(_LINEAR[:, None] * light * (STEPS - 1))
    return table[np.minimum(raw, STEPS - 1).astype(np.int32)]


def flicker(
    settings: Settings, module: CameraModule, frame: int, line_s: float
) -> NDArray[np.float64]:
    """Light on each row of the frame, against its mean."""
    height = settings.height
    if not module.flickering or not line_s:
        return np.ones(height)
    lines = FRAME_LINES + settings.dummy_lines
    row = settings.window.top + (np.arange(height) + 0.5) * settings.window.height / height
    exposed_s = settings.exposed_lines * line_s
    middle_s = (frame * lines + row) * line_s - exposed_s / 2
    depth = module.flicker * np.sinc(module.flicker_hz * exposed_s)
    return np.asarray(1 + depth * np.sin(2 * np.pi * module.flicker_hz * middle_s), np.float64)


def blurred(picture: UInt8, settings: Settings, module: CameraModule) -> UInt8:
    """The lens's spot, as wide as the frame's pixels see it."""
    across = module.blur * settings.scaled_width / max(settings.window.width, 1)
    down = module.blur * settings.height / max(settings.window.height, 1)
    if max(across, down) < _LEAST_BLUR:
        return picture
    spot = ImageFilter.GaussianBlur((across, down))
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).filter(spot))


def _raw(
    picture: UInt8,
    settings: Settings,
    module: CameraModule,
    surface: Surface,
    rng: np.random.Generator,
    light: NDArray[np.float64],
    gains: NDArray[np.float64],
) -> NDArray[np.uint16]:
    """Steps of raw light (h, w, 3) of a band."""
    well = module.full_well or _NO_WELL
    arriving, offset, correction = surface
    electrons = _LINEAR32[picture]
    electrons *= (light * well).astype(np.float32)
    electrons *= arriving
    if module.noisy:
        noise = rng.standard_normal(electrons.shape, np.float32)
        spread = electrons + np.float32(module.read_noise**2)
        if not module.full_well:
            spread[:] = module.read_noise**2
        window = settings.window
        pixels = window.width * window.height / (settings.width * settings.height)
        averaged = np.maximum(np.array([0.25, 0.5, 0.25]) * pixels, 1.0)
        np.sqrt(spread, out=spread)
        noise *= spread
        noise *= (1 / np.sqrt(averaged)).astype(np.float32)
        electrons += noise
    electrons += offset
    electrons *= correction
    electrons *= (gains / well * (STEPS - 1)).astype(np.float32)
    electrons += np.float32(0.5)
    np.clip(electrons, 0, STEPS - 1, out=electrons)
    return electrons.astype(np.uint16)


def _surface_of(
    settings: Settings, module: CameraModule, seed: int, top: int, bottom: int
) -> Surface:
    """The surface under rows ``top`` to ``bottom``: kept, unless the frame is large."""
    where = Geometry(
        settings.window,
        settings.scaled_width,
        settings.width,
        settings.height,
        settings.mirror,
        settings.vflip,
        top,
        bottom,
    )
    kept = settings.width * settings.height <= _KEPT
    return (_kept_surface if kept else _surface)(where, module, seed, settings.tuning.lens)


def _surface(
    where: Geometry, module: CameraModule, seed: int, lens: LensCorrection | None
) -> Surface:
    """Light that arrives, offset in electrons and lens correction of each pixel of a band."""
    columns, rows = _positions(where)
    x, y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
    arriving = falloff(module, x, y)
    correction = np.ones_like(arriving)
    if lens is not None and module.shaded:
        correction = _corrected(lens, x, y)
    offset = np.zeros((*x.shape, 1), np.float32)
    if module.patterned:
        offsets, responses = pattern(module, seed)
        offset = _averaged(offsets, where)[:, :, None]
        arriving *= _averaged(responses, where)[:, :, None]
    return arriving, offset, correction


_kept_surface = lru_cache(maxsize=16)(_surface)


def _positions(where: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows of the field at the middles of a band's pixels."""
    wide = where.window.width / max(where.scaled_width, 1)
    high = where.window.height / max(where.height, 1)
    shown = np.arange(where.width) * where.scaled_width // max(where.width, 1)
    columns = np.asarray(where.window.left + (shown + 0.5) * wide, np.float64)
    down = np.arange(where.top, where.bottom)
    rows = np.asarray(where.window.top + (down + 0.5) * high, np.float64)
    if where.mirror:
        columns = 640 - columns
    if where.vflip:
        rows = 480 - rows
    return columns, rows


def _averaged(field: Plane, where: Geometry) -> Plane:
    """A property of the array's pixels, averaged as the scaler does; its edge stands for more."""
    columns, rows = _positions(where)
    wide = max(1, where.window.width // max(where.scaled_width, 1))
    high = max(1, where.window.height // max(where.height, 1))
    total = np.zeros((len(rows), len(columns)), np.float32)
    for down in range(high):
        row = np.clip(np.floor(rows - high / 2 + down).astype(np.int64), 0, field.shape[0] - 1)
        for across in range(wide):
            at = np.floor(columns - wide / 2 + across).astype(np.int64)
            total += field[row[:, None], np.clip(at, 0, field.shape[1] - 1)[None, :]]
    return total / np.float32(wide * high)


def _corrected(lens: LensCorrection, x: Plane, y: Plane) -> Plane:
    centre_x, centre_y = 320 + lens.centre[0], 240 + lens.centre[1]
    beyond = np.maximum(np.hypot(x - centre_x, y - centre_y) - lens.radius, 0) / 400
    coefficients = np.array([lens.red, lens.green, lens.blue], np.float32) / 16
    return np.asarray(1 + (beyond**2)[:, :, None] * coefficients, np.float32)
