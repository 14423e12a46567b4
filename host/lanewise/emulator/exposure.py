# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Automatic exposure, gain and white balance: a deliberately simple model, stated in full.

A scene is an sRGB picture "as a well exposed camera shows it". It is exposed as it is at
``REFERENCE_LINES`` line times (the reset value of AECH) and a gain of 1; other values multiply the
scene's linear light.

* Histogram-based control (HAECC7[7], what the driver selects): the level that the brightest 0.5 %
  of the scene reach is compared with ``HIGHLIGHT_REGION``. Inside it nothing is touched, so an
  ordinary light page, or white ink on a dark one, comes out as it is; a darker scene is brought
  up to its lower end. (The chip's own histogram arithmetic is not documented well enough.)
* Average-based control: the mean luma is brought to the middle of AEB..AEW when it lies outside.
* Exposure time is used first, up to the lines of a frame (times the night mode divider), then
  gain, up to the ceiling in COM9. The chip converges over some frames; this model at once, or,
  with a module whose ``settling`` is below 1, by that share of the way in each captured frame.
* White balance: grey world, red and blue gains between 0.5 and 2.

The values found are written back to the registers, as the chip does: disabling the automatics
freezes them. Levels are measured behind the gamma curve, in the middle of the lens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.emulator.camera_module import CameraModule
from lanewise.emulator.develop import REFERENCE_LINES, channel_light, white_gains
from lanewise.emulator.settings import Settings
from lanewise.emulator.tone import STEPS, inverse_gamma, linear_light, tone_table

HIGHLIGHT_REGION = (176, 255)
_METERING_STEP = 8  # one scene pixel in 8 x 8 is measured
_LUMA = np.array([77, 150, 29])
_LEAST_LIGHT = 1e-5
_STOPS = 8  # average-based control looks so far for its exposure, either way
_HALVINGS = 12

Light = NDArray[np.float64]


@dataclass(frozen=True)
class Metering:
    """What the automatics found: line times, gain factor, channel gains and average levels."""

    exposure_lines: int
    gain: float
    red_gain: float
    blue_gain: float
    averages: tuple[int, int, int]


_LINEAR = linear_light(np.arange(256, dtype=np.float64))


def meter(
    scene: NDArray[np.uint8], settings: Settings, module: CameraModule, at_once: bool = True
) -> Metering:
    """Run the automatics that ``settings`` enable on a scene (480, 640, 3)."""
    grid = scene[_METERING_STEP // 2 :: _METERING_STEP, _METERING_STEP // 2 :: _METERING_STEP]
    light = _LINEAR[grid.reshape(-1, 3)] * channel_light(module, settings)
    red, blue = settings.red_gain, settings.blue_gain
    if settings.auto_white:
        red, blue = _grey_world(light, settings.tuning.green_gain)
    lines, gain = settings.exposed_lines, settings.gain
    if settings.auto_exposure or settings.auto_gain:
        wanted = _wanted_light(light * white_gains(settings), settings)
        now = lines / REFERENCE_LINES * gain
        if not at_once and now > 0:
            wanted = now * (wanted / now) ** module.settling
        lines, gain = _shared_out(wanted, settings, module.flickering)
    seen = light * (np.array([red, settings.tuning.green_gain, blue]) * lines * gain)
    means = _levels(seen / REFERENCE_LINES, settings).mean(axis=0)
    averages = (round(float(means[0])), round(float(means[1])), round(float(means[2])))
    return Metering(lines, gain, red, blue, averages)


def _levels(light: Light, settings: Settings) -> NDArray[np.uint8]:
    """What the gamma curve makes of linear light."""
    table = tone_table(settings.tuning.gamma, settings.tuning.slope, 0, 0x40, 0x80, False)
    steps = np.minimum(light * (STEPS - 1) + 0.5, STEPS - 1)
    levels: NDArray[np.uint8] = table[steps.astype(np.int32)]
    return levels


def _wanted_light(light: Light, settings: Settings) -> float:
    """Factor on the scene's light that brings it into the stable region; 1 inside it."""
    luma = (_levels(light, settings) @ _LUMA) >> 8
    if not settings.histogram_metering:
        return _for_average(light, float(luma.mean()), settings)
    rank = luma.size - 1 - luma.size // 200
    measured = int(np.partition(luma, rank)[rank])
    low, high = HIGHLIGHT_REGION
    if low <= measured <= high:
        return 1.0
    tuning = settings.tuning
    return inverse_gamma(low, tuning) / max(inverse_gamma(measured, tuning), _LEAST_LIGHT)


def _for_average(light: Light, measured: float, settings: Settings) -> float:
    low, high = settings.stable_region
    if low <= round(measured) <= high:
        return 1.0
    least, most = -float(_STOPS), float(_STOPS)
    for _ in range(_HALVINGS):
        stops = (least + most) / 2
        mean = float(((_levels(light * 2**stops, settings) @ _LUMA) >> 8).mean())
        least, most = (stops, most) if mean < (low + high) / 2 else (least, stops)
    return float(2 ** ((least + most) / 2))


def _shared_out(light: float, settings: Settings, flickering: bool) -> tuple[int, float]:
    """Line times and gain that together give ``light``, as far as the limits allow."""
    gain = 1.0 if settings.auto_gain else settings.gain
    lines = settings.exposed_lines
    if settings.auto_exposure:
        lines = max(1, min(settings.longest_exposure, round(REFERENCE_LINES * light / gain)))
        band = settings.tuning.band_lines
        if flickering and 0 < band < lines:
            lines -= lines % band
    if settings.auto_gain and lines:
        gain = max(1.0, min(settings.gain_ceiling, light * REFERENCE_LINES / lines))
        if gain < 1.0 + 1 / 16:
            gain = 1.0
    return lines, gain


def _grey_world(light: Light, green_gain: float) -> tuple[float, float]:
    means = light.mean(axis=0)
    green = float(means[1]) * green_gain
    red, blue = (green / max(float(means[c]), _LEAST_LIGHT) for c in (0, 2))
    return min(max(red, 0.5), 1.99), min(max(blue, 0.5), 1.99)
