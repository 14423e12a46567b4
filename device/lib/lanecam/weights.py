# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Unpack stored weights to one signed byte each: int8, int4, int3, int2 and ternary."""

from array import array

from lanecam.errors import ModelError

try:
    from lanecam.nibbles import UlabNibbles
except ImportError:  # no ulab here: a plain loop does
    UlabNibbles = None

BITS = {1: 8, 2: 4, 3: 3, 4: 2}
TERNARY = 5
CHUNK = 480
"""Bytes read at a time: whole weights in every storage, and little memory beside the weights."""


def read_weights(stream, stored, count, storage):
    """``count`` weights as array('b') from the next ``stored`` bytes of ``stream``.

    ``storage`` is the file's code. Raises ModelError where code, count and bytes do not agree.
    """
    bits = BITS.get(storage, 0)
    if bits:
        need = (count * bits + 7) // 8
        unpack = {8: None, 4: (UlabNibbles or Nibbles)(), 3: Window(3), 2: Window(2)}[bits]
    elif storage == TERNARY:
        need = (count + 4) // 5
        unpack = Ternary()
    else:
        raise ModelError("weight storage %d is unknown" % storage)
    if stored != need:
        raise ModelError("%d weights take %d bytes, found %d" % (count, need, stored))
    weights = zeros(count)
    if bits == 8:
        return stream.into(weights)
    buffer = memoryview(bytearray(min(CHUNK, stored)))
    at = 0
    while stored:
        raw = stream.into(buffer[: min(CHUNK, stored)])
        at = unpack.add(raw, weights, at)
        stored -= len(raw)
    return weights


def zeros(count):
    """array('b') of zeros, made at once: growing it or copying it would take its memory twice."""
    try:
        return array("b", [0]) * count
    except TypeError:  # MicroPython multiplies no arrays, but asks what it is to hold for a length
        return array("b", Zeros(count))


class Zeros:
    """``count`` zeros that take no memory."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        return map(_zero, range(self.count))


def _zero(_):
    return 0


class Nibbles:
    """Two weights a byte, the first in the low half."""

    def __init__(self):
        self.low = array("b", [(n & 15 ^ 8) - 8 for n in range(256)])
        self.high = array("b", [(n >> 4 ^ 8) - 8 for n in range(256)])

    def add(self, raw, weights, at):
        """Unpack ``raw`` into ``weights`` from ``at`` on; returns where it ended."""
        low = self.low
        high = self.high
        pairs = min(len(raw), (len(weights) - at) // 2)
        for byte in raw[:pairs]:
            weights[at] = low[byte]
            at += 1
            weights[at] = high[byte]
            at += 1
        if pairs < len(raw):
            weights[at] = low[raw[pairs]]
            at += 1
        return at


class Window:
    """Weights of 2 or 3 bits: bytes enter a window at the top, weights leave at the bottom."""

    def __init__(self, bits):
        self.bits = bits

    def add(self, raw, weights, at):
        """Unpack ``raw`` into ``weights`` from ``at`` on; returns where it ended."""
        bits = self.bits
        mask = (1 << bits) - 1
        sign = 1 << (bits - 1)
        count = len(weights)
        window = 0
        held = 0
        for byte in raw:
            window |= byte << held
            held += 8
            while held >= bits and at < count:
                weights[at] = ((window & mask) ^ sign) - sign
                at += 1
                window >>= bits
                held -= bits
        return at


class Ternary:
    """Five weights a byte, base 3."""

    def add(self, raw, weights, at):
        """Unpack ``raw`` into ``weights`` from ``at`` on; ModelError where a byte is no code."""
        count = len(weights)
        for byte in raw:
            if byte > 242:
                raise ModelError("byte %d is no ternary code" % byte)
            for _ in range(5):
                if at < count:
                    weights[at] = byte % 3 - 1
                    at += 1
                byte //= 3
        return at
