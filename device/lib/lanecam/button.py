# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A push button, never waited for (docs/serial.md)."""

import digitalio

from lanecam.clock import elapsed_ms, ticks_ms

LONG_PRESS_MS = 1000


class Button:
    """A push button from ``pin`` to ground."""

    def __init__(self, pin):
        self._since = None
        self._input = digitalio.DigitalInOut(pin)
        self._input.switch_to_input(digitalio.Pull.UP)

    def pressed(self):
        """ "" most of the time; "short" or "long" once when the button has been let go."""
        if not self._input.value:
            if self._since is None:
                self._since = ticks_ms()
            return ""
        if self._since is None:
            return ""
        held = elapsed_ms(self._since)
        self._since = None
        return "long" if held >= LONG_PRESS_MS else "short"

    def close(self):
        """Give the pin back."""
        self._input.deinit()
