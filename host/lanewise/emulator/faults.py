# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Faults of wiring and camera, by name: each says what it changes between sensor and board.

A fault sits between the healthy sensor and the board, so the sensor's own state stays true and
the camera works again as soon as the fault is taken away (``board.fault = None``).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from lanewise.emulator import registers as reg
from lanewise.errors import UsageError


class Fault:
    """No fault. Subclasses change one thing each."""

    name = "none"
    summary = "nothing is wrong"

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.now_s: Callable[[], float] = lambda: 0.0  # the board puts its own clock here

    def answers(self, frames: int) -> bool:
        """Does the sensor acknowledge on I2C, after ``frames`` captured frames?"""
        return True

    def register(self, address: int, value: int) -> int:
        """What a read of a register returns instead of ``value``."""
        return value

    def vsync_moves(self, frames: int) -> bool:
        """Does VSYNC arrive at the board?"""
        return True

    def frame(self, data: bytes, previous: bytes, width: int) -> bytes:
        """The bytes that arrive for a frame; ``previous`` came before it, 2 * width a line."""
        return data

    def dips(self, frames: int) -> bool:
        """Does the power fail for a moment after this frame, so that the registers are reset?"""
        return False


class NoDevice(Fault):
    """The camera is not plugged in, or SDA and SCL are open."""

    name = "no-device"
    summary = "no camera answers on the bus"

    def answers(self, frames: int) -> bool:
        return False

    def vsync_moves(self, frames: int) -> bool:
        return False


class WrongId(Fault):
    """Another camera at the same address: an OV7725."""

    name = "wrong-id"
    summary = "the camera is no OV7670 (product id 0x77, version 0x21: an OV7725)"

    def register(self, address: int, value: int) -> int:
        return {reg.PID: 0x77, reg.VER: 0x21}.get(address, value)


class StuckVsync(Fault):
    """VSYNC is not connected, or the sensor never starts a frame."""

    name = "stuck-vsync"
    summary = "VSYNC never changes"

    def vsync_moves(self, frames: int) -> bool:
        return False


class TornFrame(Fault):
    """The lower part of a frame is the one before it."""

    name = "torn-frame"
    summary = "the lower lines of a frame belong to the frame before"

    def frame(self, data: bytes, previous: bytes, width: int) -> bytes:
        if len(previous) != len(data) or not width:
            return data
        cut = 2 * width * self.random.randrange(1, max(2, len(data) // (2 * width)))
        return data[:cut] + previous[cut:]


class SwappedBytes(Fault):
    """Capture began one byte late: the two bytes of every pixel change places."""

    name = "swapped-bytes"
    summary = "the two bytes of each pixel arrive in the wrong order"

    def frame(self, data: bytes, previous: bytes, width: int) -> bytes:
        swapped = bytearray(data)
        even = len(data) & ~1
        swapped[0:even:2], swapped[1:even:2] = data[1:even:2], data[0:even:2]
        return bytes(swapped)


class BitErrors(Fault):
    """Noise on long wires: one bit in about a thousand bytes is wrong."""

    name = "bit-errors"
    summary = "about one byte in a thousand has a wrong bit"

    def frame(self, data: bytes, previous: bytes, width: int) -> bytes:
        noisy = bytearray(data)
        for _ in range(len(data) // 1000 + 1):
            if noisy:
                noisy[self.random.randrange(len(noisy))] ^= 1 << self.random.randrange(8)
        return bytes(noisy)


class Vanishing(Fault):
    """The camera is pulled out after three frames, for good."""

    name = "vanishing"
    summary = "the camera disappears after three frames"
    frames_left = 3

    def answers(self, frames: int) -> bool:
        return frames < self.frames_left

    def vsync_moves(self, frames: int) -> bool:
        return frames < self.frames_left


class LoosePlug(Fault):
    """The camera drops out after every three frames, for a second of the board's time.

    When it is back it has been without power: its registers stand at their reset values.
    """

    name = "loose-plug"
    summary = "the camera drops out after every three frames and is back a second later"
    frames_left = 3
    away_s = 1.0

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self._gone_at_s: float | None = None
        self._back_at_frame = 0

    def answers(self, frames: int) -> bool:
        if self._gone_at_s is None:
            if frames - self._back_at_frame < self.frames_left:
                return True
            self._gone_at_s = self.now_s()
        if self.now_s() - self._gone_at_s < self.away_s:
            return False
        self._gone_at_s = None
        self._back_at_frame = frames
        return True

    def vsync_moves(self, frames: int) -> bool:
        return self.answers(frames)


class BrownOut(Fault):
    """The supply dips after every three frames, for less time than a frame takes.

    The camera answers and sends frames all the while, but with its registers at reset.
    """

    name = "brown-out"
    summary = "the camera loses its settings after every three frames: its power dips"
    every = 3

    def dips(self, frames: int) -> bool:
        return frames % self.every == 0


FAULTS: dict[str, Callable[[int], Fault]] = {
    fault.name: fault
    for fault in (
        NoDevice,
        WrongId,
        StuckVsync,
        TornFrame,
        SwappedBytes,
        BitErrors,
        Vanishing,
        LoosePlug,
        BrownOut,
    )
}
"""Constructor of each fault, taking a seed, by its name on the command line."""


def make_fault(fault: str | Fault | None, seed: int = 0) -> Fault:
    """The fault of that name (None: no fault); ``UsageError`` for an unknown name, listing them."""
    if fault is None:
        return Fault(seed)
    if isinstance(fault, Fault):
        return fault
    if fault not in FAULTS:
        raise UsageError(f"fault {fault!r} is not known: choose one of {', '.join(FAULTS)}")
    return FAULTS[fault](seed)
