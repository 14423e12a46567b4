# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Lanes packed in one Python integer: between bytes and lanes, shift and clip of all at once.

Between ops a value is bytes; an accumulator needs lanes of 16 bits (or 32). Both ways take three
masks and shifts for all lanes: ``bytes & 0x00ff00ff`` are the even ones in lanes of 16 bits, what
is left, 8 bits lower, the odd ones. So lanes lie in ``phases``: first all even ones, then all odd
ones. A Python loop over the bytes would take ten times as long.

Shift and clip: a lane holds ``accumulator + 2**(bits - 1)``, so its top bit says that the
accumulator is not negative; multiplied by ``2**(bits - 1) - 1`` it is the mask that keeps it.
The top bit after adding ``2**(bits - 1) - (most + 1 << shift)`` to that says that it is too large.
About a dozen operations on the whole integer; a loop takes 1,200 cycles a lane, these take 600.
"""

import sys

from lanecam.heap import tidy

BLOCK = 16 if sys.maxsize < 1 << 31 else 32
"""Bytes of the heap's blocks: four words."""


def int_bytes(count):
    """Bytes of memory that an integer of ``count`` bytes takes in a list, at most."""
    return BLOCK // 4 + BLOCK + (count + 4 + BLOCK - 1) // BLOCK * BLOCK


TIDY = 8
"""Integers made between two collections."""


def tidily(numbers, count):
    """A list of the ``count`` integers that the generator ``numbers`` makes, collected in between.

    Else they come to lie scattered among what was needed to make them, and no hole is left that
    holds anything longer.
    """
    made = [0] * count
    at = 0
    for number in numbers:
        made[at] = number
        at += 1
        if at % TIDY == 0:
            tidy()
    return made


def rows_of_weights(op, order, release):
    """Bytes of the rows ``order`` of ``op``'s weights, one after the other.

    ``release``: the weights are taken from ``op``, and those in natural order piece by piece.
    """
    size = op.channels
    weights = memoryview(op.weights)
    if not release or order is not None:
        for at in order or range(len(weights) // size):
            yield bytes(weights[at * size : (at + 1) * size])
        if release:
            op.weights = None
        return
    pieces = [bytes(weights[at : at + TIDY * size]) for at in range(0, len(weights), TIDY * size)]
    op.weights = weights = None
    tidy()
    for at in range(len(pieces)):
        piece = pieces[at]
        pieces[at] = None
        for first in range(0, len(piece), size):
            yield piece[first : first + size]


def ones(bits, count):
    """``sum(1 << (bits * lane))`` over ``count`` lanes."""
    return ((1 << (bits * count)) - 1) // ((1 << bits) - 1)


def lanes_of(numbers, bits):
    """``sum(numbers[lane] << (bits * lane))``; numbers may be negative."""
    lanes = 0
    for number in reversed(numbers):
        lanes = (lanes << bits) + number
    return lanes


def lane_bits(op):
    """16, or 32 where ``op``'s accumulators do not fit: whole bytes, so that bytes become lanes."""
    return 16 if -32768 <= op.acc_lo and op.acc_hi < 32768 else 32


class Phases:
    """``count`` numbers in lanes of ``bits`` bits, number ``n`` in phase ``n % phases``.

    ``spare``: lanes at the top of each phase that belong to no number.
    """

    def __init__(self, bits, count, spare=0):
        self.bits = bits
        self.count = count
        self.phases = bits // 8
        self.height = (count + self.phases - 1) // self.phases
        self.distance = (self.height + spare) * bits
        self.lanes = self.phases * (self.height + spare)
        self.bytes = ones(bits, self.height) * 255

    def split(self, number):
        """The phases, one integer each, of a number with a byte a lane."""
        return [(number >> (8 * phase)) & self.bytes for phase in range(self.phases)]

    def together(self, phases):
        """One integer of all phases."""
        number = 0
        for phase in reversed(phases):
            number = (number << self.distance) | phase
        return number

    def order(self, numbers):
        """``numbers``, one a lane, in the order of the lanes; 0 for lanes of no number."""
        lanes = [0] * self.lanes
        step = self.distance // self.bits
        for at, number in enumerate(numbers):
            lanes[at % self.phases * step + at // self.phases] = number
        return lanes

    def to_bytes(self, number, first=0):
        """The lowest byte of each lane, from lane ``first`` of the phases on, in order."""
        number >>= first * self.bits
        joined = number & self.bytes
        for phase in range(1, self.phases):
            joined |= ((number >> (phase * self.distance)) & self.bytes) << (8 * phase)
        return joined.to_bytes(self.height * self.phases, "little")


class Cut:
    """``clip(acc >> shift, 0, most)`` in all lanes at once.

    ``signed``: lanes hold ``acc + 2**(bits - 1)``; else ``acc`` itself, below ``2**(bits - 1)``.
    ``shifts``: one a lane, or one number for all; ``highest``: the largest accumulator there is.
    """

    def __init__(self, bits, count, shifts, most, highest, signed=True):
        self.top = bits - 1
        self.ones = ones(bits, count)
        self.keep = (1 << self.top) - 1 if signed else 0
        self.most = most
        self.fields = []
        single = isinstance(shifts, int)
        self.large = 0
        self.room = 0
        for shift in [shifts] if single else sorted(set(shifts)):
            where = self.ones
            if not single:
                where = lanes_of([1 if other == shift else 0 for other in shifts], bits)
            if shift < self.top:
                # Not beyond the lane's own bits.
                field = min(most, (1 << (self.top - shift)) - 1)
                self.fields.append((shift, where * field))
            if (most + 1) << shift <= highest:
                self.large |= where
                self.room |= where * ((1 << self.top) - ((most + 1) << shift))

    def __call__(self, number):
        top = self.top
        if self.keep:
            number &= ((number >> top) & self.ones) * self.keep
        made = 0
        for shift, mask in self.fields:
            made |= (number >> shift) & mask
        if self.large:
            made |= (((number + self.room) >> top) & self.large) * self.most
        return made
