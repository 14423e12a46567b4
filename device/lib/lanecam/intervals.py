# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Intervals of accumulators with ulab: the sums of certificate.py row by row."""

from ulab import numpy as np


def weighted_interval(op, reach):
    """Lowest and highest accumulator of each output of an ungrouped ``op``, as two lists.

    ``reach``: highest activation of each input channel. Rows of weights are taken a few at a time,
    so few that their products with ``reach`` cannot leave int16.
    """
    outputs = op.channels
    weights = np.frombuffer(op.weights, dtype=np.int8)
    fields = len(op.weights) // outputs
    area = fields // op.source[0]
    weights = weights.reshape((fields, outputs))
    count = min(16, 1500 // outputs, 32767 // (128 * max(max(reach), 1)))
    count = max(1, count)
    zero = np.array([0], dtype=np.int8)
    lows = list(op.bias)
    highs = list(op.bias)
    for first in range(0, fields, count):
        last = min(first + count, fields)
        rows = weights[first:last]
        column = np.array([[reach[field // area]] for field in range(first, last)], dtype=np.int16)
        above = rows * (rows > zero)
        below = rows - above
        above *= column
        below *= column
        _add(highs, np.sum(above, axis=0).tolist())
        _add(lows, np.sum(below, axis=0).tolist())
    return lows, highs


def _add(totals, parts):
    at = 0
    for part in parts:
        if part:
            totals[at] += part
        at += 1
