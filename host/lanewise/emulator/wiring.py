# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The emulated boards by name, their pins, and where each pin of the camera is soldered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wiring:
    """GPIO numbers of the camera's pins; ``data0`` is D0, D1 to D7 follow it.

    ``xclk=None``: the module has its own 24 MHz oscillator. ``pwdn=None``: tied to ground.
    ``reset=None``: tied to 3.3 V.
    """

    scl: int
    sda: int
    data0: int
    pclk: int
    vsync: int
    href: int
    xclk: int | None = None
    pwdn: int | None = None
    reset: int | None = None

    def captured(self) -> dict[str, int]:
        """GPIO of D0 to D7, PCLK, VSYNC and HREF by the camera's pin name, in this order."""
        data = {f"D{i}": self.data0 + i for i in range(8)}
        return data | {"PCLK": self.pclk, "VSYNC": self.vsync, "HREF": self.href}


PICO_WIRING = Wiring(scl=9, sda=8, data0=12, pclk=11, vsync=7, href=21, xclk=20, pwdn=22, reset=10)
"""As in the driver's ``examples/ov7670_displayio_pico_st7789_2in.py``, which leaves PWDN open."""

_PICO_PINS = {f"GP{n}": n for n in (*range(23), 26, 27, 28)}
_PICO_PLAIN = _PICO_PINS | {"GP25": 25, "LED": 25, "GP23": 23, "GP24": 24}

# SAMD51 pins are numbered as the chip does: PA00 is 0, PB00 32, PC00 64.
_SAMD_PINS = {
    **{f"PCC_D{i}": 16 + i for i in range(8)},
    **{f"D{37 - i}": 16 + i for i in range(8)},
    "PCC_DEN1": 12, "D26": 12,
    "PCC_DEN2": 13, "D27": 13,
    "PCC_CLK": 14, "D28": 14,
    "PCC_XCLK": 51, "D29": 51,
    "D38": 47, "D39": 46,
    "SCL1": 81, "D24": 81,
    "SDA1": 80, "D25": 80,
    "D22": 108, "D8": 50, "D10": 54,
    "SCK": 105, "MOSI": 104,
}  # fmt: skip
GRAND_CENTRAL_WIRING = Wiring(
    scl=81, sda=80, data0=16, pclk=14, vsync=12, href=13, xclk=51, pwdn=46, reset=47
)
"""As in the driver's ``examples/ov7670_displayio_gcm4_tftshield18.py``."""


@dataclass(frozen=True)
class BoardKind:
    """What the emulator knows of a board: chip, CPU clock in Hz, the camera's usual wiring, and
    the GPIO number of each name in ``board``."""

    cpu_hz: int
    wiring: Wiring
    chip: str = "rp2040"
    pins: Mapping[str, int] = field(default_factory=lambda: _PICO_PLAIN)
    display: tuple[int, int, int, int] = (2, 3, 0, 1)
    """GPIO of a display's clock, data, command and select."""


BOARDS: dict[str, BoardKind] = {
    "raspberry_pi_pico": BoardKind(125_000_000, PICO_WIRING),
    "raspberry_pi_pico_w": BoardKind(125_000_000, PICO_WIRING, "rp2040", _PICO_PINS),
    "raspberry_pi_pico2": BoardKind(150_000_000, PICO_WIRING, "rp2350"),
    "grandcentral_m4_express": BoardKind(
        120_000_000, GRAND_CENTRAL_WIRING, "samd51", _SAMD_PINS, (105, 104, 50, 54)
    ),
}
"""The emulated boards by CircuitPython's board id."""
