# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``os`` as a board has it, whose ``uname`` names the chip."""

import os

from wire import ask


class _Os:
    def __getattr__(self, name):
        return ask("machine") if name == "machine" else getattr(os, name)

    def uname(self):
        return self  # only ``machine`` is told: ``... with rp2040``


board_os = _Os()
