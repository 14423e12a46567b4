# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ``ulab16`` leaves out of a program: parts of maps that nobody reads, pools taken along."""

from lanecam.op import CONCAT, CONV2D, DENSE, MAX_POOL, MIX, SUM_POOL


def depthwise(op):
    """Whether a convolution has one kernel for each channel."""
    return op.groups > 1 and op.groups == op.source[0] == op.channels


def live_parts(model):
    """(height, width) of each value, the input first, beyond which no reader looks.

    A pool of 7x7 by 2x2 does not read the last row, so the convolution before need not make it.
    """
    shapes = [(model.channels, model.height, model.width)] + [op.shape for op in model.ops]
    parts = [(0, 0)] * len(model.ops) + [shapes[-1][1:]]
    before = None
    while parts != before:
        before = list(parts)
        for index in range(len(model.ops) - 1, -1, -1):
            op = model.ops[index]
            made = parts[index + 1]
            if not made[0]:
                continue
            if op.kind in (CONCAT, MIX):
                # They go through whole maps: what they read and make is of one size.
                for source in op.inputs:
                    made = larger(made, parts[source])
                parts[index + 1] = made
            for source in op.inputs:
                height, width = shapes[source][1:]
                if op.kind in (CONV2D, MAX_POOL, SUM_POOL):
                    # A pool has the size of its window in ``rows`` alone.
                    columns = op.columns if op.kind == CONV2D else op.rows
                    # Where all that is read is padding, an element stays.
                    down = (made[0] - 1) * op.stride + op.rows - op.padding
                    across = (made[1] - 1) * op.stride + columns - op.padding
                    height = max(min(height, down), 1)
                    width = max(min(width, across), 1)
                elif op.kind != DENSE:
                    height, width = made
                parts[source] = larger(parts[source], (height, width))
    return parts


def larger(part, other):
    """(height, width) of a part that holds both."""
    return max(part[0], other[0]), max(part[1], other[1])


def pools_after(model):
    """{convolution: max pool}: those that read nothing but it, in windows that tile the map."""
    found = {}
    for index, op in enumerate(model.ops):
        if op.kind != MAX_POOL or op.rows != op.stride or op.inputs[0] == 0:
            continue
        before = op.inputs[0] - 1
        source = model.ops[before]
        readers = [other for other in model.ops if before + 1 in other.inputs]
        if source.kind == CONV2D and source.most and len(readers) == 1 and not depthwise(source):
            found[before] = index
    return found
