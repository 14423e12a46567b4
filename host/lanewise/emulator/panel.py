# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An emulated display on SPI: the commands that ST7735, ST7789 and ILI9341 share (MIPI DCS).

It keeps what is written into its memory and shows it if it is awake, switched on, and set to 16-bit
colour; it knows nothing of who drives it. Scrolling, reading back and gamma are not modelled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 480, 480
_RESET, _SLEEP, _WAKE, _PLAIN, _NEGATIVE = 0x01, 0x10, 0x11, 0x20, 0x21
_OFF, _ON, _COLUMN, _ROW, _WRITE, _ORDER, _FORMAT = 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x36, 0x3A


class Panel:
    """A display controller behind SPI and its command line."""

    def __init__(self) -> None:
        self._words = np.zeros((ROWS, COLUMNS), np.uint16)
        self._widest = self._tallest = 0
        self._reset()

    def _reset(self) -> None:
        self._awake = self._on = self._negative = False
        self._format = 0x66
        self.order = 0
        """MADCTL: which way rows and columns run, and the order of colours."""
        self._window = [0, COLUMNS - 1, 0, ROWS - 1]
        self._command = 0
        self._arguments = bytearray()
        self._at = (0, 0)

    def command(self, code: int) -> None:
        """A byte while the command line is low."""
        self._command = code
        self._arguments.clear()
        if code == _RESET:
            self._reset()
        elif code in (_SLEEP, _WAKE):
            self._awake = code == _WAKE
        elif code in (_OFF, _ON):
            self._on = code == _ON
        elif code in (_PLAIN, _NEGATIVE):
            self._negative = code == _NEGATIVE
        elif code == _WRITE:
            self._at = (self._window[2], self._window[0])

    def data(self, values: bytes) -> None:
        """Bytes while the command line is high: arguments, or pixels."""
        self._arguments += values
        given = self._arguments
        if self._command == _WRITE:
            self._pixels()
        elif self._command in (_COLUMN, _ROW) and len(given) >= 4:
            place = 0 if self._command == _COLUMN else 2
            self._window[place] = given[0] << 8 | given[1]
            self._window[place + 1] = given[2] << 8 | given[3]
        elif self._command == _FORMAT and given:
            self._format = given[0]
        elif self._command == _ORDER and given:
            self.order = given[0]

    def _pixels(self) -> None:
        first_x, last_x, first_y, last_y = self._window
        if not (0 <= first_x <= last_x < COLUMNS and 0 <= first_y <= last_y < ROWS):
            self._arguments.clear()
            return
        count = len(self._arguments) // 2
        words = np.frombuffer(bytes(self._arguments[: 2 * count]), ">u2")
        del self._arguments[: 2 * count]
        width, height = last_x - first_x + 1, last_y - first_y + 1
        y, x = self._at
        place = (y - first_y) * width + x - first_x
        where = (place + np.arange(count)) % (width * height)
        self._words[first_y + where // width, first_x + where % width] = words
        end = (place + count) % (width * height)
        self._at = (first_y + end // width, first_x + end % width)
        self._widest = max(self._widest, last_x + 1)
        self._tallest = max(self._tallest, last_y + 1)

    def picture(self) -> NDArray[np.uint8]:
        """What can be seen, (height, width, 3) uint8 RGB, of the part that was ever written to.

        Black while it sleeps or is off. An ST7789's glass shows negatives upright, so a negative
        is taken for upright, as its makers do.
        """
        shown = self._words[: max(1, self._tallest), : max(1, self._widest)].astype(np.uint32)
        if not (self._awake and self._on) or self._format & 0x07 != 0x05:
            shown = np.zeros_like(shown)
        red, green, blue = shown >> 11, shown >> 5 & 63, shown & 31
        levels = np.stack([red * 255 // 31, green * 255 // 63, blue * 255 // 31], axis=2)
        return levels.astype(np.uint8)
