# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Convolutions in packed lanes: as products of an image and a kernel, or as a dense layer a place.

As a product: an input channel is one integer, a lane a pixel, its rows side by side; times the
mirrored kernel with its rows as far apart, all taps of all places at once. Product and sum over
the input channels, for each output channel. Lanes lie in phases (packed.py): even columns of the
image, then odd ones, so the taps of even columns and those of odd ones make a product each.

As rows: each place of the result is a dense layer of the window under it. It skips zeros, its
integers have a lane an output channel, and it needs them for each tap and input channel, not for
each pair of channels.
"""

from lanecam.engines.packed import Cut, Phases, int_bytes, lane_bits, lanes_of, tidily
from lanecam.engines.packed_dense import Rows, rows_memory

WIDE = 32
"""From so many output channels on, rows are faster than products."""


def products(op, lean):
    """Whether ``op`` runs by products; ``lean``: only where rows cannot."""
    return op.groups > 1 or op.source[0] == 1 or (op.channels < WIDE and not lean)


def conv_memory(op, lean):
    """Bytes that the integers of a convolution take at most."""
    if not products(op, lean):
        return rows_memory(op)
    bits = lane_bits(op)
    line = (op.source[2] + 2 * op.padding) * 8 // bits + 1
    phases = min(bits // 8, op.columns)
    pairs = op.channels * (op.source[0] // op.groups)
    return pairs * (44 + phases * int_bytes(((op.rows - 1) * line + 2) * bits // 8))


class ProductConv:
    """``run(values)`` gives the activations, by one product a phase and pair of channels."""

    def __init__(self, op):
        channels, height, width = op.source
        self.op = op
        bits = lane_bits(op)
        phases = bits // 8
        # Whole lines of phases. A kernel that reaches over the end of a line disturbs only lanes
        # that no window belongs to.
        self.line = width + 2 * op.padding
        self.line += -self.line % phases
        reach = (op.rows - 1) * (self.line // phases) + (op.columns - 1) // phases
        size = (height + 2 * op.padding) * self.line
        self.reach = reach
        self.lanes = Phases(bits, size, reach)
        # Lines as the input has them need no laying out.
        self.field = None
        if op.padding or self.line > width:
            self.field = bytearray(size)
        offset = 1 << (bits - 1)
        self.starts = [b + offset for b in op.bias]
        cuts = {}
        for shift in op.shifts:
            if shift not in cuts:
                cuts[shift] = Cut(bits, self.lanes.lanes, shift, op.most, op.acc_hi)
                cuts[shift].ones = cuts[op.shifts[0]].ones
        self.cuts = [cuts[shift] for shift in op.shifts]
        self.ones = self.cuts[0].ones
        self.members = channels // op.groups
        self.share = op.channels // op.groups
        self.kernels = None
        self.made = bytearray(op.channels * op.height * op.width)

    def fill(self, release):
        """Make the kernels; ``release``: and take the weights from the op."""
        pairs = self.op.channels * self.members
        self.kernels = tidily(map(self.kernel, range(pairs)), pairs)
        if release:
            self.op.weights = None

    def kernel(self, pair):
        """The mirrored kernel of a pair of channels, its columns sorted by phase."""
        op = self.op
        out = pair // self.members
        member = pair % self.members
        phases = self.lanes.phases
        parts = []
        for phase in range(min(phases, op.columns)):
            taps = [0] * (self.reach + 1)
            for row in range(op.rows):
                for column in range(phase, op.columns, phases):
                    tap = (member * op.rows + row) * op.columns + column
                    at = self.reach - row * (self.line // phases) - column // phases
                    taps[at] = op.weights[tap * op.channels + out]
            parts.append(lanes_of(taps, self.lanes.bits))
        return parts

    def image(self, x, channel):
        """A channel, once for each phase of columns: what that tap of a kernel lies on."""
        op = self.op
        lanes = self.lanes
        _, height, width = op.source
        at = channel * height * width
        if self.field is None:
            number = int.from_bytes(bytes(x[at : at + height * width]), "little")
        else:
            place = op.padding * (self.line + 1)
            for _ in range(height):
                self.field[place : place + width] = x[at : at + width]
                place += self.line
                at += width
            number = int.from_bytes(self.field, "little")
        if not number:
            return None
        parts = lanes.split(number)
        images = []
        for _ in range(min(lanes.phases, op.columns)):
            images.append(lanes.together(parts))
            # The next column: one phase on, and from the last to the first, one lane on.
            parts = parts[1:] + [parts[0] >> lanes.bits]
        return images

    def run(self, values):
        """The activations of the first of ``values``."""
        op = self.op
        images = [self.image(values[0], channel) for channel in range(op.source[0])]
        made = self.made
        at = 0
        pair = 0
        for out, start in enumerate(self.starts):
            number = self.ones * start
            channel = out // self.share * self.members
            for channel in range(channel, channel + self.members):
                if images[channel]:
                    for image, taps in zip(images[channel], self.kernels[pair]):
                        number += image * taps
                pair += 1
            data = self.lanes.to_bytes(self.cuts[out](number), self.reach)
            for first in range(0, op.height * op.stride * self.line, op.stride * self.line):
                if op.stride == 1:
                    made[at : at + op.width] = data[first : first + op.width]
                    at += op.width
                else:
                    for place in range(first, first + op.width * op.stride, op.stride):
                        made[at] = data[place]
                        at += 1
        return made


class RowsConv:
    """``run(values)`` gives the activations, place by place."""

    def __init__(self, op, most):
        channels, height, width = op.source
        self.op = op
        order = [
            (channel * op.rows + row) * op.columns + column
            for row in range(op.rows)
            for column in range(op.columns)
            for channel in range(channels)
        ]
        lanes = Phases(lane_bits(op), op.channels)
        self.cut = Cut(lanes.bits, lanes.lanes, lanes.order(op.shifts), op.most, op.acc_hi)
        self.dense = Rows(op, most, lanes, order)
        self.fill = self.dense.fill
        # The input with its padding, channels innermost: a row of a window lies in one piece.
        self.line = (width + 2 * op.padding) * channels
        self.field = bytearray((height + 2 * op.padding) * self.line)
        self.made = bytearray(op.channels * op.height * op.width)

    def run(self, values):
        """The activations of the first of ``values``."""
        op = self.op
        self.lay_out(values[0])
        field = memoryview(self.field)
        dense = self.dense
        line = self.line
        channels = op.source[0]
        reach = op.columns * channels
        outputs = op.channels
        area = op.height * op.width
        made = self.made
        place = 0
        for row in range(op.height):
            start = row * op.stride * line
            for _ in range(op.width):
                window = [
                    field[at : at + reach] for at in range(start, start + op.rows * line, line)
                ]
                data = dense.lanes.to_bytes(self.cut(dense.add(window)))
                at = place
                for out in range(outputs):
                    made[at] = data[out]
                    at += area
                place += 1
                start += op.stride * channels
        return made

    def lay_out(self, x):
        """Put the input, channels outermost, into the field."""
        channels, height, width = self.op.source
        padding = self.op.padding
        field = self.field
        at = 0
        for channel in range(channels):
            place = padding * (self.line + channels) + channel
            for _ in range(height):
                for value in x[at : at + width]:
                    field[place] = value
                    place += channels
                at += width
                place += 2 * padding * channels
