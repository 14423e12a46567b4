# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``time`` on the emulated board's clock, where that hurries (``desk.py``).

A wait lets the board's time pass and nothing else, so a run in the VM sees the frames and faults
that one on CPython sees, however busy the computer is.
"""

from wire import ask


def sleep(seconds):
    """Let the board's time pass."""
    ask("wait", seconds)


def sleep_ms(milliseconds):
    """Let the board's time pass."""
    ask("wait", milliseconds / 1000)


def ticks_us():
    """Microseconds since the board was switched on, from 0 to 2**30 - 1."""
    return ask("now") & 0x3FFFFFFF


def ticks_ms():
    """Milliseconds since the board was switched on, from 0 to 2**30 - 1."""
    return ask("now") // 1000 & 0x3FFFFFFF


def monotonic():
    """Seconds since the board was switched on."""
    return ask("now") / 1000000


def monotonic_ns():
    """Nanoseconds since the board was switched on."""
    return ask("now") * 1000
