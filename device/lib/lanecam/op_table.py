# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Reads ops from the table of a ``.lanes`` file and refuses those that contradict themselves."""

from lanecam.errors import ModelError
from lanecam.op import CONCAT, CONV2D, DENSE, MIX, Op


def read_op(fields, shapes):
    """The ``Op`` of one record; ``shapes``: of the values before it. Raises ModelError."""
    op = Op()
    (
        op.kind,
        op.storage,
        bits,
        op.shift,
        op.rows,
        op.columns,
        op.stride,
        op.padding,
        op.groups,
        count,
        op.bias_width,
        op.channels,
        op.height,
        op.width,
        first,
        second,
        _worst,
        op.weights_at,
        op.weights_bytes,
        op.bias_at,
        op.shifts_at,
        op.acc_lo,
        op.acc_hi,
    ) = fields
    if not 1 <= op.kind <= CONCAT or not 1 <= count <= 2:
        raise ModelError("kind %d with %d inputs is unknown" % (op.kind, count))
    if bits > 8:
        raise ModelError("%d activation bits are over 8" % bits)
    op.inputs = (first, second)[:count]
    for source in op.inputs:
        if source >= len(shapes):
            raise ModelError("reads value %d, which is not made yet" % source)
    op.most = (1 << bits) - 1
    op.source = shapes[first]
    op.shape = (op.channels, op.height, op.width)
    check_shape(op, shapes)
    return op


def check_shape(op, shapes):
    """Refuse an output shape that the inputs and the kernel do not make."""
    channels, height, width = op.source
    if op.kind == DENSE:
        made = (op.channels, 1, 1)
    elif op.kind == MIX:
        if not op.rows or not op.columns or channels % op.columns:
            raise ModelError("%d channels are not %d streams" % (channels, op.columns))
        stream = (channels // op.columns, height, width)
        if len(op.inputs) == 2 and shapes[op.inputs[1]] != stream:
            raise ModelError("branch %s does not fit a stream" % (shapes[op.inputs[1]],))
        made = (stream[0] * op.rows, height, width)
    elif op.kind == CONCAT:
        if len(op.inputs) != 2 or shapes[op.inputs[1]][1:] != (height, width):
            raise ModelError("cannot put together maps of different sizes")
        made = (channels + shapes[op.inputs[1]][0], height, width)
    else:
        made = window_shape(op)
    if made != op.shape or not min(made):
        raise ModelError("makes %s, the table says %s" % (made, op.shape))


def window_shape(op):
    """Shape that a convolution or a pool makes."""
    channels, height, width = op.source
    tall = height + 2 * op.padding - op.rows
    wide = width + 2 * op.padding - op.columns
    if not (op.stride and op.rows and op.columns) or tall < 0 or wide < 0:
        raise ModelError("window %dx%d does not fit" % (op.rows, op.columns))
    if op.kind == CONV2D:
        if not op.groups or channels % op.groups or op.channels % op.groups:
            raise ModelError("%d groups do not divide its channels" % op.groups)
        channels = op.channels
    return (channels, tall // op.stride + 1, wide // op.stride + 1)


def weight_count(op):
    """How many weights a dense op or a convolution has."""
    channels, height, width = op.source
    if op.kind == DENSE:
        return channels * height * width * op.channels
    return channels // op.groups * op.rows * op.columns * op.channels
