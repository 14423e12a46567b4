# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs in MicroPython: ``board`` with the pins of the emulated board."""

import wire


class Pin:
    """A pin by its name."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "board." + self.name


board_id = wire.ask("board")
for _name in wire.ask("pins"):
    globals()[_name] = Pin(_name)
_shared = []


def I2C():
    """The bus on the camera's SCL and SDA."""
    import busio

    if not _shared:
        scl, sda = wire.ask("bus")
        _shared.append(busio.I2C(globals()[scl], globals()[sda]))
    return _shared[0]
