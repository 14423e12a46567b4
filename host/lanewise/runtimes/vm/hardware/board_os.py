# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``os`` as a board has it, whose ``uname`` names the chip."""

from os import *  # noqa: F403

from wire import ask


class _Name:
    machine = ask("machine")


def uname():
    """Only ``machine`` is told: ``... with rp2040``."""
    return _Name
