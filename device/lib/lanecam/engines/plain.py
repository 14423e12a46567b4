# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The definition of every op in plain Python loops. Slow, obvious, exact on any interpreter.

Every other engine must return the integers that this one returns. The only liberty taken: inputs
that are zero are skipped, because ``weight * 0`` adds nothing.
"""

from lanecam.op import CONCAT, CONV2D, DENSE, MAX_POOL, MIX


class Plain:
    """Runs a ``Model``; ``run(ink)`` returns the logits as a list of integers."""

    name = "plain"

    def __init__(self, model):
        self.model = model
        self.last_uses = last_uses(model)

    def run(self, ink):
        """Logits for ``ink``: channels * height * width values from 0 to 2**input_bits - 1."""
        values = [ink]
        for op, done in zip(self.model.ops, self.last_uses):
            values.append(run_op(op, values))
            for value in done:
                values[value] = None
        return values[-1]


def last_uses(model):
    """For each op, the values that no later op reads: they need not stay in memory."""
    reader = {}
    for index, op in enumerate(model.ops):
        for value in op.inputs:
            reader[value] = index
    return [
        [value for value in reader if reader[value] == index] for index in range(len(model.ops))
    ]


def run_op(op, values):
    """What ``op`` makes of the values named in its inputs: bytes, or the list of logits."""
    x = values[op.inputs[0]]
    if op.kind == DENSE:
        return requantize(op, dense(op, x))
    if op.kind == CONV2D:
        return convolve(op, x)
    if op.kind == MIX:
        return mix(op, x, values[op.inputs[1]] if len(op.inputs) == 2 else None)
    if op.kind == CONCAT:
        return bytes(x) + bytes(values[op.inputs[1]])
    return pool(op, x)


def dense(op, x):
    """Accumulators ``bias + sum(weight * x)``, one an output."""
    outputs = op.channels
    weights = op.weights
    acc = list(op.bias)
    at = 0
    for value in x:
        if value:
            for out in range(outputs):
                acc[out] += weights[at + out] * value
        at += outputs
    return acc


def convolve(op, x):
    """A convolution, one row of its result at a time: accumulators take eight times their bytes."""
    outputs, out_height, out_width = op.shape
    made = bytearray(outputs * out_height * out_width)
    if not op.most:
        made = list(made)
    for out_row in range(out_height):
        acc = list(op.bias) * out_width
        for kernel_row in range(op.rows):
            row = out_row * op.stride - op.padding + kernel_row
            if 0 <= row < op.source[1]:
                add_row(op, x, row, kernel_row, acc)
        store(op, acc, made, out_row * out_width)
    return made


def add_row(op, x, row, kernel_row, acc):
    """Add what one row of the input gives to a row of accumulators, channels innermost.

    Every non-zero input is carried to each output whose kernel covers it.
    """
    channels, height, width = op.source
    outputs = op.channels
    out_width = op.width
    stride = op.stride
    weights = op.weights
    members = channels // op.groups
    share = outputs // op.groups
    for channel in range(channels):
        first = channel // members * share
        tap = (channel % members * op.rows + kernel_row) * op.columns
        at = (channel * height + row) * width
        for column in range(op.padding, op.padding + width):
            value = x[at]
            at += 1
            if not value:
                continue
            for kernel_column in range(op.columns):
                out_column, rest = divmod(column - kernel_column, stride)
                if rest or not 0 <= out_column < out_width:
                    continue
                w = (tap + kernel_column) * outputs + first
                a = out_column * outputs + first
                for step in range(share):
                    acc[a + step] += weights[w + step] * value


def requantize(op, acc):
    """``clip(acc >> shift, 0, most)`` of a dense op; logits stay as they are."""
    if not op.most:
        return acc
    made = bytearray(len(acc))
    store(op, acc, made, 0)
    return made


def store(op, acc, made, first):
    """Requantize ``acc``, channels innermost, into ``made``, outermost, from place ``first`` on."""
    outputs = op.channels
    most = op.most
    for out in range(outputs):
        shift = op.shifts[out]
        at = out * op.height * op.width + first
        for position in range(out, len(acc), outputs):
            value = acc[position]
            if most:
                value >>= shift
                value = 0 if value < 0 else most if value > most else value
            made[at] = value
            at += 1


def mix(op, x, branch):
    """Output stream ``i``: ``(sum_j matrix[i][j] * x_j + gain[i] * branch) >> shift``, clipped."""
    rows = op.rows
    streams = op.columns
    size = len(x) // streams
    rounding = (1 << op.shift) >> 1
    made = bytearray(rows * size)
    for row in range(rows):
        for at in range(size):
            acc = rounding
            for stream in range(streams):
                acc += op.weights[row * streams + stream] * x[stream * size + at]
            if branch is not None:
                acc += op.bias[row] * branch[at]
            made[row * size + at] = min(acc >> op.shift, op.most)
    return made


def pool(op, x):
    """Largest value, or rounded and shifted sum, of each window."""
    channels, height, width = op.source
    rounding = (1 << op.shift) >> 1
    made = bytearray(op.channels * op.height * op.width)
    at = 0
    for channel in range(channels):
        for row in range(op.height):
            for column in range(op.width):
                largest = 0
                total = rounding
                for window_row in range(op.rows):
                    start = (channel * height + row * op.stride + window_row) * width
                    start += column * op.stride
                    for value in x[start : start + op.rows]:
                        total += value
                        if value > largest:
                            largest = value
                if op.kind == MAX_POOL:
                    made[at] = largest
                else:
                    made[at] = min(total >> op.shift, op.most)
                at += 1
    return made
