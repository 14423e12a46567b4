# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the emulated chip offers beside pins: clock, watchdog, serial console, latched edges.

``supervisor``, ``watchdog``, ``usb_cdc`` and ``memorymap`` as CircuitPython has them, as far as
device code uses them. They act on the board that is switched on.
"""

from __future__ import annotations

import enum
import time
from collections import deque
from typing import TYPE_CHECKING

from lanewise.emulator import power
from lanewise.errors import EmulatorError

if TYPE_CHECKING:
    from lanewise.emulator.board import EmulatedBoard

_WRAP = 1 << 29
_INTR = {"rp2040": (0x400140F0, 16), "rp2350": (0x40028230, 24)}
"""First address and bytes of INTR0 onwards (RP2040 datasheet 2.19.6.1, RP2350 datasheet 9.11.1)."""
_EDGES = 0b1100
_RX_BYTES = 256


class WatchdogReset(BaseException):
    """The watchdog was not fed in time: the chip starts again."""


class Reload(BaseException):
    """``supervisor.reload()``: the program starts again, as Ctrl-D has it."""


def reload() -> None:
    """End the program, to start it again with an empty heap."""
    raise Reload


def sleep_memory(chip: str) -> bytearray | None:
    """``alarm.sleep_memory``, which outlives a program and a reset; None: the chip has none."""
    return None if chip == "rp2350" else bytearray(256)


class Console:
    """Bytes on their way from the host to the board: ``send`` there, ``usb_cdc.console`` here."""

    def __init__(self) -> None:
        self._bytes: deque[int] = deque(maxlen=_RX_BYTES)
        self.timeout: float | None = None

    def send(self, data: bytes) -> None:
        """What a host writes to the port; beyond 256 bytes the oldest are lost."""
        self._bytes.extend(data)

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read without waiting."""
        return len(self._bytes)

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes; with the timeout 0 that device code sets, what is there."""
        count = min(size, len(self._bytes))
        return bytes(self._bytes.popleft() for _ in range(count))


class WatchDogMode(enum.Enum):
    """What happens when the time is over."""

    RAISE = "raise"
    RESET = "reset"


class Watchdog:
    """``microcontroller.watchdog`` of an RP2: RESET only, 8 seconds at most."""

    def __init__(self, board: EmulatedBoard) -> None:
        self._board = board
        self._mode: WatchDogMode | None = None
        self._timeout = 8.0
        self._fed_at = 0.0
        self.feeds = 0

    @property
    def timeout(self) -> float:
        """Seconds."""
        return self._timeout

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        if not 0 < seconds <= 8:
            raise ValueError("timeout must be <= 8")
        self._timeout = seconds

    @property
    def mode(self) -> WatchDogMode | None:
        """None: not running."""
        return self._mode

    @mode.setter
    def mode(self, mode: WatchDogMode | None) -> None:
        if mode is WatchDogMode.RAISE:
            raise NotImplementedError
        self._mode = mode
        self._fed_at = self._board.clock.now_s()

    def feed(self) -> None:
        """Start the time again; it may be over already."""
        if self._mode is not None and self._board.clock.now_s() - self._fed_at > self._timeout:
            self.bite()
        self._fed_at = self._board.clock.now_s()
        self.feeds += 1

    def bite(self) -> None:
        """The time is over."""
        self._board.clock.wait(self._fed_at + self._timeout - self._board.clock.now_s())
        self._mode = None
        raise WatchdogReset


class AddressRange:
    """``memorymap.AddressRange`` over the latched edges of the GPIOs; no other address is there."""

    def __init__(self, *, start: int, length: int) -> None:
        self._board = power.powered_board()
        if self._board.chip not in _INTR:
            raise ValueError("Address range not allowed")
        first, count = _INTR[self._board.chip]
        if start < first or start + length > first + count:
            raise ValueError("Address range not allowed")
        self._first_pin = (start - first) * 2
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: slice) -> bytearray:
        start, stop, _ = self._aligned(place)
        word = bytearray(stop - start)
        for pin in range(self._first_pin + 2 * start, self._first_pin + 2 * stop):
            if self._board.edge_latched(pin):
                word[(pin - self._first_pin) // 2 - start] |= _EDGES << 4 * (pin & 1)
        return word

    def __setitem__(self, place: slice, value: bytes) -> None:
        start, stop, _ = self._aligned(place)
        for pin in range(self._first_pin + 2 * start, self._first_pin + 2 * stop):
            if value[(pin - self._first_pin) // 2 - start] >> 4 * (pin & 1) & _EDGES:
                self._board.clear_edges(pin)

    def _aligned(self, place: slice) -> tuple[int, int, int]:
        start, stop, step = place.indices(self._length)
        if start % 4 or stop % 4:
            raise RuntimeError("Unable to access unaligned IO register")
        return start, stop, step


def ticks_ms() -> int:
    """``supervisor.ticks_ms``: the board's milliseconds, wrapping at 2**29."""
    try:
        now = power.powered_board().clock.now_s()
    except EmulatorError:
        now = time.monotonic()  # a module that outlives its board goes on counting
    return int(now * 1000) % _WRAP


class Runtime:
    """``supervisor.runtime``."""

    @property
    def serial_bytes_available(self) -> int:
        """Bytes from the host that wait."""
        return power.powered_board().console.in_waiting
