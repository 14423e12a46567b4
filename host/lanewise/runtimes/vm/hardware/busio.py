# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``busio.I2C`` of the emulated board."""

import binascii

from wire import Part


class I2C(Part):
    """A bus on two pins."""

    def __init__(self, scl, sda, frequency=100000, timeout=255):
        Part.__init__(self, "I2C", scl.name, sda.name, frequency)

    def try_lock(self):
        return self._call("try_lock")

    def unlock(self):
        self._call("unlock")

    def scan(self):
        return self._call("scan")

    def writeto(self, address, buffer, start=0, end=None):
        data = bytes(memoryview(buffer)[start : len(buffer) if end is None else end])
        self._call("writeto", address, binascii.hexlify(data).decode())

    def readfrom_into(self, address, buffer, start=0, end=None):
        end = len(buffer) if end is None else end
        buffer[start:end] = binascii.unhexlify(self._call("readfrom", address, end - start))

    def writeto_then_readfrom(
        self, address, out_buffer, in_buffer, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        self.writeto(address, out_buffer, out_start, out_end)
        self.readfrom_into(address, in_buffer, in_start, in_end)
