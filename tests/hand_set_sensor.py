# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Sensors for tests, tuned as the driver tunes them but set by hand, without driver or board."""

from __future__ import annotations

import numpy as np

from lanewise.emulator import ArraySource, CameraModule, Sensor
from lanewise.emulator import registers as reg
from lanewise.emulator.sources import Source

DRIVERS = {
    0x7A: 0x20, 0x7B: 0x1C, 0x7C: 0x28, 0x7D: 0x3C, 0x7E: 0x55, 0x7F: 0x68, 0x80: 0x76, 0x81: 0x80,
    0x82: 0x88, 0x83: 0x8F, 0x84: 0x96, 0x85: 0xA3, 0x86: 0xAF, 0x87: 0xC4, 0x88: 0xD7, 0x89: 0xE8,
    0x4F: 0x80, 0x50: 0x80, 0x51: 0x00, 0x52: 0x22, 0x53: 0x5E, 0x54: 0x80, 0x69: 0x5D,
}  # fmt: skip
"""The driver's gamma curve, colour matrix and channel gains."""


def grey_page(level: int) -> ArraySource:
    """A page of one grey level."""
    return ArraySource(np.full((480, 640), level, np.uint8))


def by_hand(source: Source, module: str | CameraModule = "ideal", seed: int = 0) -> Sensor:
    """A sensor with the driver's tuning and its automatics off, exposed as the scene is."""
    sensor = Sensor(source, module, seed)
    for address, value in DRIVERS.items():
        sensor.write(address, value)
    sensor.write(reg.COM8, 0xE0)
    for address, value in ((reg.AECHH, 0), (reg.AECH, 0x40), (reg.COM1, 0), (reg.GAIN, 0)):
        sensor.write(address, value)
    sensor.write(reg.VREF, sensor.read(reg.VREF) & 0x3F)
    return sensor


def small_yuv(
    source: Source, module: str | CameraModule = "ideal", seed: int = 0, **registers: int
) -> Sensor:
    """As ``by_hand``, set to 80x60 YUYV, then to the registers named."""
    sensor = by_hand(source, module, seed)
    for address, value in (
        (reg.TSLB, 0x05),  # automatic window
        (reg.COM7, 0),
        (reg.COM3, 0x04),
        (reg.COM14, 0x1B),
        (reg.SCALING_DCWCTR, 0x33),
        (reg.HAECC7, 0x94),
    ):
        sensor.write(address, value)
    for name, value in registers.items():
        sensor.write(getattr(reg, name), value)
    return sensor


def linear(sensor: Sensor) -> Sensor:
    """The same sensor with its gamma curve off: levels are raw light times 256."""
    sensor.write(reg.COM13, 0x08)
    return sensor
