# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``memorymap`` over the latched edges of the emulated chip's pins."""

import binascii

from wire import Part


class AddressRange(Part):
    """Registers of the chip; ValueError for any that are not emulated."""

    def __init__(self, start, length):
        Part.__init__(self, "AddressRange", start, length)

    def __getitem__(self, place):
        return bytearray(binascii.unhexlify(self._call("latched", place.start, place.stop)))

    def __setitem__(self, place, value):
        self._call("clear", place.start, place.stop, binascii.hexlify(value).decode())
