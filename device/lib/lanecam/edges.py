# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Do VSYNC and PCLK still move? Seen without taking the pins from the capture (RP2040, RP2350).

The chip latches every edge of every pin, whoever uses it (RP2040 datasheet 2.19.6.1, INTR0 to
INTR3: four bits a pin, of which EDGE_LOW and EDGE_HIGH stay until a one is written to them). A
capture that waits for a clock that is gone can never be interrupted, so this is asked before each
one. It costs no time: the pulse of VSYNC comes ten lines after the last pixel.
"""

import os

EDGE_LOW = 4
EDGE_HIGH = 8


def registers():
    """INTR0 to INTR3 (or 5), or None where the chip has none or the firmware hides them."""
    try:
        import memorymap

        machine = os.uname().machine.lower()
    except (ImportError, AttributeError):
        return None
    try:
        if "rp2040" in machine:
            return memorymap.AddressRange(start=0x400140F0, length=16)
        if "rp2350" in machine:
            return memorymap.AddressRange(start=0x40028230, length=24)
    except ValueError:
        pass
    return None


def number_of(pin):
    """The GPIO number of a pin, None if it is none."""
    import microcontroller

    for number in range(48):
        if getattr(microcontroller.pin, "GPIO%d" % number, None) is pin:
            return number
    return None


class Edges:
    """The latched edges of some pins; ``works`` is False where they cannot be read."""

    def __init__(self, pins):
        self._registers = registers()
        self._numbers = []
        if self._registers is not None:
            self._numbers = [number_of(pin) for pin in pins]
        self.works = bool(self._numbers) and None not in self._numbers

    def clear(self):
        """Forget the edges until now."""
        for number in self._numbers:
            at = number >> 3 << 2
            word = bytearray(4)
            word[(number & 7) >> 1] = (EDGE_LOW | EDGE_HIGH) << 4 * (number & 1)
            self._registers[at : at + 4] = word

    def still(self):
        """Place in the list of a pin that has not moved since ``clear``; None if all did."""
        for place in range(len(self._numbers)):
            number = self._numbers[place]
            at = number >> 3 << 2
            latched = self._registers[at : at + 4][(number & 7) >> 1] >> 4 * (number & 1)
            if not latched & (EDGE_LOW | EDGE_HIGH):
                return place
        return None
