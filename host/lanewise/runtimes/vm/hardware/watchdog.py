# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``watchdog.WatchDogMode``."""


class WatchDogMode:
    """What happens when the time is over; RP2 chips know RESET only."""

    RAISE = "RAISE"
    RESET = "RESET"
