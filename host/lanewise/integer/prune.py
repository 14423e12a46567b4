# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Leaves out channels that cannot matter: the same logits for every input, from fewer integers.

Training that asks for few activations lets channels die: their accumulator's certified upper end
does not reach 1 after the shift, so they are 0 whatever the input. They would cost bytes, lanes of
every addition, and shifts that no live channel needs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.certificate import accumulator_interval, activation_reach
from lanewise.integer.program import Conv2d, Dense, Op, Pool, Program, Shape
from lanewise.integer.shapes import validate

Bools = NDArray[np.bool_]


def pruned(program: Program) -> Program:
    """``program`` without hidden channels that are always 0 or that no weight reads.

    Looks at what dense ops and convolutions of a single group make and read, pools in between
    included; other channels stay. One channel of each value is kept. Raises ``ProgramError`` when
    the program is malformed.
    """
    ops = list(program.ops)
    while True:
        found = _first_idle(program, ops)
        if found is None:
            return replace(program, ops=tuple(ops))
        maker, kept, shape = found
        _cut(ops, maker, kept, shape)


def _first_idle(program: Program, ops: list[Op]) -> tuple[int, Bools, Shape] | None:
    """The first op that makes idle channels, those to keep of it, and the shape it makes."""
    shapes = validate(replace(program, ops=tuple(ops)))
    reaches = [np.full(program.input_shape[0], (1 << program.input_bits) - 1, dtype=np.int64)]
    for index, op in enumerate(ops):
        _, high = accumulator_interval(op, [reaches[at] for at in op.inputs], shapes[op.inputs[0]])
        reaches.append(activation_reach(op, high))
        readers = _readers(ops, index + 1)
        if not isinstance(op, Dense | Conv2d) or _groups(op) > 1 or not readers:
            continue
        read = np.zeros(len(op.bias), dtype=bool)
        for reader in readers:
            read |= _looked_at(ops[reader], len(op.bias))
        kept = read & (reaches[-1] > 0)
        kept[0] |= not kept.any()
        if not kept.all():
            return index, kept, shapes[index + 1]
    return None


def _readers(ops: list[Op], value: int) -> list[int]:
    """Weighted ops that read ``value``, through pools; none where any other op does."""
    found: list[int] = []
    for index, op in enumerate(ops):
        if value not in op.inputs:
            continue
        if isinstance(op, Pool):
            behind = _readers(ops, index + 1)
            if not behind:
                return []
            found += behind
        elif isinstance(op, Dense | Conv2d) and _groups(op) == 1:
            found.append(index)
        else:
            return []
    return found


def _groups(op: Dense | Conv2d) -> int:
    return op.groups if isinstance(op, Conv2d) else 1


def _by_channel(op: Op, channels: int) -> NDArray[np.int8]:
    """Weights as (outputs, channels read, weights a channel)."""
    assert isinstance(op, Dense | Conv2d)
    return op.weights.reshape(len(op.weights), channels, -1)


def _looked_at(op: Op, channels: int) -> Bools:
    return np.asarray((_by_channel(op, channels) != 0).any(axis=(0, 2)))


def _cut(ops: list[Op], maker: int, kept: Bools, shape: Shape) -> None:
    """Take the channels that are not ``kept`` out of an op and of all that read it."""
    op = ops[maker]
    assert isinstance(op, Dense | Conv2d)
    for reader in _readers(ops, maker + 1):
        behind = ops[reader]
        assert isinstance(behind, Dense | Conv2d)
        weights = _by_channel(behind, shape[0])[:, kept]
        tail = behind.weights.shape[2:]
        flat = weights.reshape(len(weights), *((-1, *tail) if tail else (-1,)))
        ops[reader] = replace(behind, weights=flat)
    ops[maker] = replace(op, weights=op.weights[kept], bias=op.bias[kept], shift=op.shift[kept])
