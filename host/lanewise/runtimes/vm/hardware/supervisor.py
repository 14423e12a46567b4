# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``supervisor``, as far as device code uses it."""

import sys
import time


def ticks_ms():
    """Milliseconds, from 0 to 2**29 - 1."""
    return time.ticks_ms() & 0x1FFFFFFF


def reload():
    """End this VM; the host starts the program in another one."""
    sys.exit(75)
