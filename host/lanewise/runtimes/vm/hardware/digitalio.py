# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``digitalio`` of the emulated board."""

from wire import Part, ask


class Pull:
    """What holds an input that nothing drives."""

    UP = "UP"
    DOWN = "DOWN"


class Direction:
    """Which way a pin goes."""

    INPUT = "INPUT"
    OUTPUT = "OUTPUT"


class DriveMode:
    """How an output drives."""

    PUSH_PULL = "PUSH_PULL"
    OPEN_DRAIN = "OPEN_DRAIN"


class DigitalInOut(Part):
    """A pin as an input or output."""

    def __init__(self, pin):
        Part.__init__(self, "DigitalInOut", pin.name)

    def switch_to_output(self, value=False, drive_mode=DriveMode.PUSH_PULL):
        self._call("switch_to_output", value)

    def switch_to_input(self, pull=None):
        self._call("switch_to_input", pull)

    @property
    def value(self):
        return ask("get", self._number, "value")

    @value.setter
    def value(self, level):
        ask("set", self._number, "value", bool(level))
