# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ``settings.toml`` on the board says to the app: names that begin with ``LANEWISE_``."""

import os

from lanecam.errors import SettingError


class Settings:
    """``vote``: frames that a reading rests on; ``watchdog_s``: 0 is off; ``link_check_ms``: time
    between two checks of the data wires, 0 is off; ``display``: "" or a driver's name;
    ``display_size``: (width, height) or None; ``rotation``: degrees or None; ``numbers``: read
    several digits in a row as one number.

    A bad value is replaced by the usual one; ``problems`` says so in words.
    """

    def __init__(self):
        self.problems = []
        self.vote = self._whole("VOTE", 4, 1, 32)
        self.watchdog_s = self._whole("WATCHDOG", 0, 0, 8)
        self.link_check_ms = self._whole("LINK_CHECK", 1500, 0, 3600000)
        self.numbers = self._whole("NUMBERS", 0, 0, 1) == 1
        self.display = (os.getenv("LANEWISE_DISPLAY") or "").lower()
        self.rotation = self._whole("DISPLAY_ROTATION", 0, 0, 180)
        if self.rotation % 180:
            self.problems.append(
                "LANEWISE_DISPLAY_ROTATION is %d; it can be 0 or 180" % self.rotation
            )
            self.rotation = 0
        self.display_size = None
        size = os.getenv("LANEWISE_DISPLAY_SIZE")
        if size:
            try:
                width, height = [in_range("side", int(side), 1, 1024) for side in size.split("x")]
                self.display_size = (width, height)
            except (SettingError, ValueError):
                self.problems.append("LANEWISE_DISPLAY_SIZE is %s; write it as 320x240" % size)

    def watchdog(self):
        """The chip's watchdog if it is to be fed, set to ``watchdog_s`` or running already.

        None else. It resets a board that hangs, as one does whose camera goes in a capture.
        """
        try:
            from microcontroller import watchdog as dog

            if self.watchdog_s:
                from watchdog import WatchDogMode

                dog.timeout = self.watchdog_s
                dog.mode = WatchDogMode.RESET
            return dog if dog.mode is not None else None
        except (ImportError, AttributeError, NotImplementedError):
            return None

    def _whole(self, name, usual, least, most):
        text = os.getenv("LANEWISE_" + name)
        if text is None:
            return usual
        try:
            return in_range("LANEWISE_" + name, int(text), least, most)
        except (SettingError, ValueError):
            self.problems.append(
                "LANEWISE_%s is %s; it can be %d to %d" % (name, text, least, most)
            )
            return usual


def in_range(name, value, least, most):
    """``value``; SettingError if it lies outside."""
    if not least <= value <= most:
        raise SettingError("%s is %s; it can be %d to %d" % (name, value, least, most))
    return value
