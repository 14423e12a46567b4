# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``pwmio.PWMOut`` of the emulated board."""

from wire import Part, ask


class PWMOut(Part):
    """A pulse on a pin."""

    def __init__(self, pin, duty_cycle=0, frequency=500, variable_frequency=False):
        Part.__init__(self, "PWMOut", pin.name, duty_cycle, frequency)

    @property
    def duty_cycle(self):
        return ask("get", self._number, "duty_cycle")

    @duty_cycle.setter
    def duty_cycle(self, value):
        ask("set", self._number, "duty_cycle", value)
