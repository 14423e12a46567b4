# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The emulated board's time: real, or hurried along where code would only wait."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

_LOOK_S = 1e-6  # a look at the clock takes time too, so that whoever waits by it gets on
_POLL_S = 20e-6  # what one look at a pin takes a Pico: about 2,500 cycles of interpreter


class Clock:
    """Seconds since the board was switched on.

    With ``fast`` no wait is slept: it is added to the time instead, and every look at a pin takes
    as long as on a Pico, so that a loop that polls VSYNC sees it move without waiting for it. What
    the host takes to run the program does not count then: the same run takes the same time on a
    busy host.
    """

    def __init__(self, fast: bool) -> None:
        self.fast = fast
        self._start = time.monotonic()
        self._skipped = 0.0

    def now_s(self) -> float:
        """Seconds of the board's time."""
        if self.fast:
            self._skipped += _LOOK_S
            return self._skipped
        return time.monotonic() - self._start

    def wait(self, seconds: float) -> None:
        """Let time pass: slept through, or skipped when fast."""
        if self.fast:
            self._skipped += max(0.0, seconds)
        else:
            time.sleep(max(0.0, seconds))

    def polled(self) -> None:
        """A pin was looked at."""
        if self.fast:
            self._skipped += _POLL_S


class FastTime:
    """Stands in for the ``time`` module in one module's namespace: ``sleep`` skips, the rest is
    ``time``'s own."""

    def __init__(self, clock: Clock, module: ModuleType) -> None:
        self._clock = clock
        self._module = module

    def sleep(self, seconds: float) -> None:
        """Skip ``seconds`` of the board's time."""
        self._clock.wait(seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
