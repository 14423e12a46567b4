# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``imagecapture`` of the emulated board."""

from wire import Part, fill


class ParallelImageCapture(Part):
    """Frames from eight data pins."""

    def __init__(self, data_pins, clock, vsync, href):
        data = [pin.name for pin in data_pins]
        Part.__init__(self, "ParallelImageCapture", data, clock.name, vsync.name, href.name)

    def capture(self, buffer):
        fill(buffer, self._call("capture", len(buffer)))
        return buffer
