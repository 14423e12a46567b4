# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An emulated Pico with an emulated OV7670 on which the real Adafruit driver runs.

``EmulatedBoard`` is the way in; ``Sensor`` is the camera alone; ``sources`` is what it looks at.
Imported by commands, runtimes and tests; imports nothing of the package but ``errors``.
"""

from __future__ import annotations

from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.camera_module import MODULES, CameraModule
from lanewise.emulator.faults import FAULTS, Fault, make_fault
from lanewise.emulator.imagecapture import EmulatorWarning
from lanewise.emulator.sensor import Sensor
from lanewise.emulator.settings import Colour, TestPattern
from lanewise.emulator.sources import (
    ArraySource,
    DigitSource,
    PictureSource,
    SequenceSource,
    Source,
)
from lanewise.emulator.wiring import BOARDS, Wiring

__all__ = [
    "BOARDS",
    "FAULTS",
    "MODULES",
    "ArraySource",
    "CameraModule",
    "Colour",
    "DigitSource",
    "EmulatedBoard",
    "EmulatorWarning",
    "Fault",
    "PictureSource",
    "Sensor",
    "SequenceSource",
    "Source",
    "TestPattern",
    "Wiring",
    "make_fault",
]
