# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``usb_cdc.console``, what the computer sends to the serial port."""

import binascii

from wire import ask


class _Console:
    timeout = None

    @property
    def in_waiting(self):
        return ask("waiting")

    def read(self, count=1):
        return binascii.unhexlify(ask("read", count))


console = _Console()
data = None
