# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``microcontroller`` with the emulated chip's pins and watchdog."""

import board
from wire import ask


class _Pins:
    """``GPIO0`` and so on: the very objects that ``board`` has."""

    def __getattr__(self, name):
        return getattr(board, ask("pin", name))


pin = _Pins()


class _Watchdog:
    @property
    def timeout(self):
        return ask("watchdog", "timeout")

    @timeout.setter
    def timeout(self, seconds):
        ask("watchdog", "timeout", seconds)

    @property
    def mode(self):
        return ask("watchdog", "mode")

    @mode.setter
    def mode(self, mode):
        ask("watchdog", "mode", mode)

    def feed(self):
        ask("watchdog", "feed")


watchdog = _Watchdog()
