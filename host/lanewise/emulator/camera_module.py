# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The glass and the silicon that no register changes: lens, light, noise. Three camera modules.

Full well and read noise of ``typical`` are the OV7670 datasheet's (1.4, key specifications: well
capacity 17 ke-, dynamic range 52 dB, which puts the noise floor at 17,000 / 400 e-). Fixed pattern,
lens and settling are ordinary figures for such a module and the model's choice. ``ideal`` has no
flaw at all; ``poor`` is worse than any that should be sold, in a warm light.

All modules are calibrated alike: a neutral scene comes out neutral with the driver's GFIX, and in
right colours with the driver's colour matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import UsageError

Plane = NDArray[np.float32]

_FIELD = (640, 480)
_CORNER = 400.0  # pixels from the middle of the field to its corner


@dataclass(frozen=True)
class CameraModule:
    """One camera module under one light.

    blur: standard deviation of the lens's spot, in pixels of the 640 x 480 field; falloff: share
    of the light that is missing in the corner, for red, green and blue; light: the illuminant's
    red, green and blue against the scene's white; flicker_hz, flicker: swings of that light a
    second (twice the mains) and their depth, 0 to 1; full_well: electrons of level 255 at the
    reference exposure and gain 1, 0 for no shot noise; read_noise: electrons; column_noise: offset
    of whole columns, electrons; pixel_offset: of single pixels, electrons; pixel_response: their
    relative sensitivity (all standard deviations); hot_pixels: how many add a steady 5 to 60 % of
    full scale; settling: share of the way to the right exposure, in stops, that each frame takes
    (1: at once).
    """

    name: str
    blur: float = 0.0
    falloff: tuple[float, float, float] = (0.0, 0.0, 0.0)
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    flicker_hz: float = 0.0
    flicker: float = 0.0
    full_well: float = 0.0
    read_noise: float = 0.0
    column_noise: float = 0.0
    pixel_offset: float = 0.0
    pixel_response: float = 0.0
    hot_pixels: int = 0
    settling: float = 1.0

    @property
    def noisy(self) -> bool:
        """Do frames of one scene differ?"""
        return self.full_well > 0 or self.read_noise > 0

    @property
    def shaded(self) -> bool:
        """Is there a lens whose falloff, or its correction, changes the picture?"""
        return any(self.falloff)

    @property
    def flickering(self) -> bool:
        """Does the light swing, so that rows differ?"""
        return self.flicker > 0 and self.flicker_hz > 0

    @property
    def patterned(self) -> bool:
        """Do pixels differ from each other?"""
        flaws = (self.column_noise, self.pixel_offset, self.pixel_response, self.hot_pixels)
        return any(flaws)


IDEAL = CameraModule("ideal")
TYPICAL = CameraModule(
    "typical",
    blur=0.7,
    falloff=(0.20, 0.16, 0.16),
    full_well=17_000,
    read_noise=42,
    column_noise=5,
    pixel_offset=12,
    pixel_response=0.008,
)
POOR = CameraModule(
    "poor",
    blur=3.0,
    falloff=(0.50, 0.45, 0.42),
    light=(1.15, 1.0, 0.72),
    flicker_hz=100,
    flicker=0.3,
    full_well=6_000,
    read_noise=75,
    column_noise=30,
    pixel_offset=50,
    pixel_response=0.03,
    hot_pixels=40,
    settling=0.5,
)
MODULES: dict[str, CameraModule] = {module.name: module for module in (IDEAL, TYPICAL, POOR)}
"""The camera modules by name."""


def camera_module(module: str | CameraModule) -> CameraModule:
    """The module of that name; ``UsageError`` for an unknown one, listing them."""
    if isinstance(module, CameraModule):
        return module
    if module not in MODULES:
        raise UsageError(f"no camera module {module!r}: choose one of {', '.join(MODULES)}")
    return MODULES[module]


@lru_cache(maxsize=4)
def pattern(module: CameraModule, seed: int) -> tuple[Plane, Plane]:
    """Offset in electrons and relative response of each pixel of the field, (480, 640) each."""
    rng = np.random.default_rng((seed, 0xF17E))
    shape = _FIELD[::-1]
    offset = module.pixel_offset * rng.standard_normal(shape, np.float32)
    offset += module.column_noise * rng.standard_normal(shape[1], np.float32)
    response = 1 + module.pixel_response * rng.standard_normal(shape, np.float32)
    if module.hot_pixels:
        at = rng.choice(offset.size, module.hot_pixels, replace=False)
        full_scale = module.full_well or 17_000
        offset.flat[at] += full_scale * rng.uniform(0.05, 0.6, module.hot_pixels)
    for plane in (offset, response):
        plane.setflags(write=False)
    return offset, response


def falloff(module: CameraModule, x: Plane, y: Plane) -> Plane:
    """Light that the lens leaves, (h, w, 3), at pixels (x, y) of the field: 1 in its middle."""
    r2 = ((x - _FIELD[0] / 2) ** 2 + (y - _FIELD[1] / 2) ** 2) / np.float32(_CORNER**2)
    left = 1 - r2[:, :, None] * np.array(module.falloff, np.float32)
    return np.maximum(left, np.float32(0.0))
