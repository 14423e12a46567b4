# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Dense layers in packed lanes: each input's weights are one integer, rows are added by value.

Integers do not wrap, so rows are sums of shifted weights with their signs, and sums of rows may
have negative lanes on the way. Only the last sum must have its lanes apart, and the certificate
says that it has. Rows whose inputs have the same value are added up first: ``sum(v * rows[v])`` is
a sum of running sums, without a product.
"""

from array import array

from lanecam.engines.packed import (
    Cut,
    Phases,
    int_bytes,
    lane_bits,
    lanes_of,
    ones,
    rows_of_weights,
    tidily,
)


class Rows:
    """Accumulators in lanes of a dense op, by adding rows of lanes of 16 bits."""

    def __init__(self, op, most, lanes, order=None):
        """``most``: the largest input; ``order``: the rows to take, all by default."""
        self.op = op
        self.lanes = lanes
        self.order = order
        self.start = biases(op, lanes)
        self.rows = None
        # Sums of rows of one value pay where there are many more inputs than values.
        self.sums = [0] * (most + 1) if len(op.weights) // op.channels > 3 * most else None

    def fill(self, release):
        """Make the rows; ``release``: and take the weights from the op."""
        count = len(self.op.weights) // self.op.channels
        self.rows = tidily(self.numbers(release), count)

    def numbers(self, release):
        """``sum(weights[out] << lane of out)``, row by row."""
        # From bytes in two's complement to a sum with signs: flip the sign bit, take it away.
        lanes = self.lanes
        flip = ones(8, self.op.channels) * 128
        signs = lanes.together(lanes.split(flip))
        for row in rows_of_weights(self.op, self.order, release):
            yield lanes.together(lanes.split(int.from_bytes(row, "little") ^ flip)) - signs

    def add(self, parts):
        """``bias + sum(weight * x)`` in lanes, for inputs that lie one after the other in parts."""
        rows = self.rows
        acc = self.start
        sums = self.sums
        at = 0
        if sums is None:
            for part in parts:
                for value in part:
                    if value:
                        acc += rows[at] * value
                    at += 1
            return acc
        for value in range(len(sums)):
            sums[value] = 0
        for part in parts:
            for value in part:
                if value:
                    sums[value] += rows[at]
                at += 1
        running = 0
        for value in range(len(sums) - 1, 0, -1):
            running += sums[value]
            acc += running
        return acc


def biases(op, lanes):
    """The accumulators to start from: biases, offset to the middle of their lanes."""
    offset = 1 << (lanes.bits - 1)
    return lanes_of(lanes.order([b + offset for b in op.bias]), lanes.bits)


def rows_memory(op):
    """Bytes that the rows of a dense op, or of a convolution by rows, take at most."""
    return len(op.weights) // op.channels * int_bytes(op.channels * lane_bits(op) // 8)


class PackedDense:
    """A dense op: ``run(values)`` gives its activations."""

    def __init__(self, op, most):
        lanes = Phases(lane_bits(op), op.channels)
        self.lanes = lanes
        self.cut = Cut(lanes.bits, lanes.lanes, lanes.order(op.shifts), op.most, op.acc_hi)
        self.outputs = op.channels
        self.dense = Rows(op, most, lanes)
        self.fill = self.dense.fill

    def run(self, values):
        """The activations of the first of ``values``."""
        return self.lanes.to_bytes(self.cut(self.dense.add(values[:1])))[: self.outputs]


class PackedLogits:
    """The last dense op: ``run(values)`` gives its accumulators as a list."""

    def __init__(self, op, most):
        lanes = Phases(lane_bits(op), op.channels)
        self.lanes = lanes
        self.code = "H" if lanes.bits == 16 else "I"
        self.size = lanes.bits // 8 * lanes.lanes
        self.outputs = op.channels
        self.dense = Rows(op, most, lanes)
        self.fill = self.dense.fill

    def run(self, values):
        """The logits of the first of ``values``."""
        lanes = self.lanes
        offset = 1 << (lanes.bits - 1)
        found = array(self.code, self.dense.add(values[:1]).to_bytes(self.size, "little"))
        step = lanes.distance // lanes.bits
        return [
            found[out % lanes.phases * step + out // lanes.phases] - offset
            for out in range(self.outputs)
        ]
