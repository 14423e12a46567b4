# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``alarm.sleep_memory`` of the emulated board, which outlives this VM."""

import binascii

from wire import ask


class _SleepMemory:
    def __len__(self):
        return len(self[:])

    def __getitem__(self, place):
        return binascii.unhexlify(ask("sleep memory"))[place]

    def __setitem__(self, place, data):
        ask("remember", place.start or 0, binascii.hexlify(data).decode())


sleep_memory = _SleepMemory()
