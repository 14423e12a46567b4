# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pools and mixes in packed lanes: a lane an element, whole channels or streams at once."""

from lanecam.engines.packed import Cut, Phases, lane_bits, ones


class MaxPool:
    """``run(values)`` gives the largest values of the windows.

    A byte a lane, the top bit free: ``max(a, b)`` is ``b + clip(a - b, 0)``, and the top bit of
    ``128 + a - b`` says whether ``a - b`` is negative.
    """

    def __init__(self, op):
        channels, height, width = op.source
        self.op = op
        self.area = height * width
        self.tops = ones(8, self.area) * 128
        self.made = bytearray(op.channels * op.height * op.width)

    def run(self, values):
        """The activations of the first of ``values``."""
        x = values[0]
        op = self.op
        made = self.made
        at = 0
        for first in range(0, len(x), self.area):
            number = int.from_bytes(bytes(x[first : first + self.area]), "little")
            for distance in (8, 8 * op.source[2]):
                largest = number
                for step in range(1, op.rows):
                    largest = self.larger(largest, number >> (distance * step))
                number = largest
            at = pick(op, number.to_bytes(self.area, "little"), made, at)
        return made

    def larger(self, a, b):
        """The larger of each two lanes."""
        difference = (a | self.tops) - b
        signs = difference & self.tops
        return (difference & (signs - (signs >> 7))) + b


class SumPool:
    """``run(values)`` gives the rounded, shifted and clipped sums of the windows."""

    def __init__(self, op):
        channels, height, width = op.source
        self.op = op
        self.area = height * width
        bits = lane_bits(op)
        self.lanes = Phases(bits, self.area)
        self.cut = Cut(bits, self.lanes.lanes, op.shift, op.most, op.acc_hi, False)
        self.rounding = self.cut.ones * ((1 << op.shift) >> 1)
        self.made = bytearray(op.channels * op.height * op.width)

    def run(self, values):
        """The activations of the first of ``values``."""
        x = values[0]
        op = self.op
        lanes = self.lanes
        made = self.made
        at = 0
        for first in range(0, len(x), self.area):
            number = int.from_bytes(bytes(x[first : first + self.area]), "little")
            total = self.rounding
            for row in range(op.rows):
                for column in range(op.rows):
                    moved = number >> (8 * (row * op.source[2] + column))
                    total += lanes.together(lanes.split(moved))
            at = pick(op, lanes.to_bytes(self.cut(total)), made, at)
        return made


def pick(op, data, made, at):
    """Put the byte of the first place of each window of ``op`` into ``made`` from ``at`` on."""
    width = op.source[2]
    for first in range(0, op.height * op.stride * width, op.stride * width):
        for place in range(first, first + op.width * op.stride, op.stride):
            made[at] = data[place]
            at += 1
    return at


class Mix:
    """``run(values)`` gives the mixed streams: products of whole streams and small numbers."""

    def __init__(self, op):
        channels, height, width = op.source
        self.op = op
        self.size = channels // op.columns * height * width
        bits = lane_bits(op)
        self.lanes = Phases(bits, self.size)
        self.cut = Cut(bits, self.lanes.lanes, op.shift, op.most, op.acc_hi, False)
        self.rounding = self.cut.ones * ((1 << op.shift) >> 1)
        self.made = bytearray(op.channels * op.height * op.width)

    def run(self, values):
        """The activations of the streams and, where there is one, the branch in ``values``."""
        op = self.op
        x = values[0]
        size = self.size
        streams = [self.stream(x[at : at + size]) for at in range(0, len(x), size)]
        branch = self.stream(values[1]) if len(values) > 1 else 0
        made = self.made
        at = 0
        for row in range(op.rows):
            acc = self.rounding
            for stream in streams:
                if op.weights[at]:
                    acc += stream * op.weights[at]
                at += 1
            if branch:
                acc += branch * op.bias[row]
            made[row * size : (row + 1) * size] = self.lanes.to_bytes(self.cut(acc))[:size]
        return made

    def stream(self, x):
        """A stream in lanes."""
        number = int.from_bytes(bytes(x), "little")
        return self.lanes.together(self.lanes.split(number))
