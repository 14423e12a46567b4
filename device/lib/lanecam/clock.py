# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Milliseconds and microseconds that also count on boards whose clocks wrap or lose precision."""

try:
    from supervisor import ticks_ms  # CircuitPython: wraps at 2**29
except ImportError:
    try:
        from time import ticks_ms  # MicroPython: wraps at 2**30 or later
    except ImportError:
        from time import monotonic_ns as _ns  # CPython

        def ticks_ms():
            """Milliseconds from some moment on."""
            return _ns() // 1000000


try:
    from time import ticks_us  # MicroPython
except ImportError:
    from time import monotonic_ns  # CircuitPython and CPython

    def ticks_us():
        """Microseconds from some moment on."""
        return monotonic_ns() // 1000


def elapsed_ms(since):
    """Milliseconds since ``ticks_ms()`` gave ``since``, at most 2**29 - 1 (six days)."""
    return (ticks_ms() - since) & 0x1FFFFFFF


def elapsed_us(since):
    """Microseconds since ``ticks_us()`` gave ``since``, at most 2**29 - 1 (nine minutes)."""
    return (ticks_us() - since) & 0x1FFFFFFF
