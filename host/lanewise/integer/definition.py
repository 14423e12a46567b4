# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a program means: every op in int64, one plain line after the other.

This is the definition that every runtime, exporter and engine is held against. It is not fast;
``lanewise.integer.reference`` runs certified programs through ``lanewise.integer.batch``, which is,
and which is tested to be equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program

Int64 = NDArray[np.int64]


def dense(op: Dense, x: Int64) -> Int64:
    """Accumulators (n, outputs, 1, 1)."""
    acc = x.reshape(len(x), -1) @ op.weights.astype(np.int64).T + op.bias
    return np.asarray(acc[:, :, None, None], np.int64)


def conv2d(op: Conv2d, x: Int64) -> Int64:
    """Accumulators (n, outputs, height, width): one kernel position after the other."""
    outputs, per_group, rows, columns = op.weights.shape
    pad, step = op.padding, op.stride
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height = (x.shape[2] - rows) // step + 1
    width = (x.shape[3] - columns) // step + 1
    acc: Int64 = np.zeros((len(x), outputs, height, width), np.int64)
    acc += op.bias[:, None, None]
    each = outputs // op.groups
    for group in range(op.groups):
        made = slice(group * each, (group + 1) * each)
        weights = op.weights[made].astype(np.int64)
        seen = x[:, group * per_group : (group + 1) * per_group]
        for row in range(rows):
            for column in range(columns):
                at = seen[:, :, row::step, column::step][:, :, :height, :width]
                part = np.tensordot(weights[:, :, row, column], at, axes=(1, 1))
                acc[:, made] += part.transpose(1, 0, 2, 3)
    return acc


def pool(op: Pool, x: Int64) -> Int64:
    """Largest value or rounded sum of each window, (n, channels, height, width)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (op.size, op.size), axis=(2, 3))
    windows = windows[:, :, :: op.stride, :: op.stride]
    made = windows.max(axis=(4, 5)) if op.kind == "max" else windows.sum(axis=(4, 5)) + op.rounding
    return np.asarray(made, np.int64)


def mix(op: Mix, x: Int64, branch: Int64 | None) -> Int64:
    """Streams mixed, the branch added, rounded: (n, output streams * c, height, width)."""
    count, channels, height, width = x.shape
    streams = op.matrix.shape[1]
    split = x.reshape(count, streams, channels // streams, height, width)
    acc = np.tensordot(split, op.matrix.astype(np.int64), axes=(1, 1))  # streams come last
    acc = np.moveaxis(acc, -1, 1) + op.rounding
    if branch is not None:
        acc += op.branch.astype(np.int64)[:, None, None, None] * branch[:, None]
    return np.asarray(acc.reshape(count, -1, height, width), np.int64)


def accumulate(op: Op, inputs: list[Int64]) -> Int64:
    """Accumulators of one op."""
    if isinstance(op, Dense):
        return dense(op, inputs[0])
    if isinstance(op, Conv2d):
        return conv2d(op, inputs[0])
    if isinstance(op, Pool):
        return pool(op, inputs[0])
    if isinstance(op, Mix):
        return mix(op, inputs[0], inputs[1] if len(inputs) == 2 else None)
    assert isinstance(op, Concat)
    return np.concatenate(inputs, axis=1)


def requantize(op: Op, acc: NDArray[Any]) -> Int64:
    """``clip(acc >> shift, 0, 2**bits - 1)``; logits and joined values pass unchanged."""
    acc = np.asarray(acc, np.int64)
    if isinstance(op, Concat) or op.activation_bits is None:
        return acc
    shift = np.asarray(op.shift, np.int64)
    shifted = acc >> (shift[:, None, None] if shift.ndim else shift)
    return np.asarray(np.clip(shifted, 0, (1 << op.activation_bits) - 1), np.int64)


def accumulators(program: Program, batch: NDArray[np.integer[Any]]) -> list[Int64]:
    """Accumulators of every op on ``batch`` (n, channels, height, width), in order."""
    values: list[Int64] = [batch.astype(np.int64)]
    made: list[Int64] = []
    for op in program.ops:
        made.append(accumulate(op, [values[source] for source in op.inputs]))
        values.append(requantize(op, made[-1]))
    return made
