# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Any program on a block of images, images innermost, every buffer made once.

A value is an array ``(columns, rows, channels, images)``, see ``columns.py``. Requantization costs
two passes: ``2**-shift`` is part of the weights (exact: a power of two), so ``floor`` is the shift,
then the clip. Largest-value pooling comes before it where it can: both are monotone, and there is a
quarter of the work left. A map's edge that no pooling window reads is not computed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.columns import new_map, order
from lanewise.integer.batch.conv import FEWEST, Conv, tiles_exact
from lanewise.integer.batch.pooling import MaxPool, SumPool
from lanewise.integer.batch.step import (
    Float,
    Real,
    Scratch,
    Step,
    Summed,
    aligned_copy,
    scaled,
)
from lanewise.integer.certificate import Int64, accumulator_interval, activation_reach
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program
from lanewise.integer.shapes import validate


class Maps:
    """``program`` for blocks of ``images`` images in ``real``, float32 or float64.

    The caller has made sure that ``real`` holds every partial sum of the program.
    """

    def __init__(self, program: Program, images: int, real: Real, shared: int = 0) -> None:
        """``shared``: numbers that steps share; ``self.shared`` says how many they take, and
        ``self.kept`` how many values an image has."""
        shapes = validate(program)
        self.input = new_map(shapes[0], images, real)
        values: list[Float] = [self.input]
        self._steps: list[Step] = []
        tops = _tops(program)
        scratch = Scratch(real, shared)
        skipped = -1
        for index, op in enumerate(program.ops):
            if index == skipped:
                continue
            pool = _pool_after(program, index)
            at = index + (2 if pool else 1)
            value = new_map(shapes[at], images, real)
            sources = [values[source] for source in op.inputs]
            scratch.begin()
            self._steps.append(_step(op, pool, sources, value, tops[op.inputs[0]], scratch))
            values += [value] * (at - index)
            skipped = index + 1 if pool else -1
        self._logits = value.transpose(3, 2, 1, 0)
        half = (shapes[0][2] + 1) // 2
        halves = (self.input[:half], slice(0, None, 2)), (self.input[half:], slice(1, None, 2))
        self._columns = halves
        self.kept = sum(map(math.prod, shapes))
        self.shared = scratch.most

    def run(self, block: NDArray[np.integer[Any]], logits: NDArray[np.int32]) -> None:
        """``block`` (n, channels, height, width) to ``logits`` (n, labels); n at most as made."""
        count = len(block)
        for mine, theirs in self._columns:
            np.copyto(mine[..., :count], block.T[theirs], casting="unsafe")
        for step in self._steps:
            step.run()
        logits[:] = self._logits[:count].reshape(count, -1)


def _pool_after(program: Program, index: int) -> Pool | None:
    """The max pooling that is the one reader of a weighted op's value and comes next."""
    readers = [at for at, op in enumerate(program.ops) if index + 1 in op.inputs]
    if readers != [index + 1] or not isinstance(program.ops[index], Conv2d):
        return None
    after = program.ops[index + 1]
    return after if isinstance(after, Pool) and after.kind == "max" else None


def _tops(program: Program) -> list[Int64]:
    """Certified upper end of every value, the input first, channel by channel."""
    shapes = validate(program)
    tops = [np.full(program.input_shape[0], (1 << program.input_bits) - 1, np.int64)]
    for op in program.ops:
        sources = [tops[source] for source in op.inputs]
        tops.append(
            activation_reach(op, accumulator_interval(op, sources, shapes[op.inputs[0]])[1])
        )
    return tops


def _step(
    op: Op, pool: Pool | None, sources: list[Float], value: Float, tops: Int64, scratch: Scratch
) -> Step:
    if isinstance(op, Dense):
        return _Dense(op, sources[0], value)
    if isinstance(op, Conv2d):
        tiled = op.weights[0, :, :, 0].size >= FEWEST and tiles_exact(op, tops, value.dtype.type)
        return Conv(op, pool, sources[0], value, tiled, scratch)
    if isinstance(op, Mix):
        return _Mix(op, sources, value, scratch)
    if isinstance(op, Pool):
        if op.kind == "max":
            return MaxPool(op, sources[0], value, scratch)
        return SumPool(op, sources[0], value)
    return _Concat(op, sources, value)


class _Dense(Summed):
    def __init__(self, op: Dense, source: Float, value: Float) -> None:
        super().__init__(op, value)
        width, height, channels, images = source.shape
        weights, bias = scaled(op, value.dtype.type)
        as_stored = weights.reshape(-1, channels, height, width)[..., order(width)]
        self.weights = aligned_copy(as_stored.transpose(0, 3, 2, 1).reshape(len(bias), -1))
        self.bias = bias[:, None]
        self.source = source.reshape(-1, images)
        self.acc = value.reshape(len(bias), images)

    def accumulate(self) -> None:
        np.matmul(self.weights, self.source, out=self.acc)
        self.acc += self.bias


class _Mix(Summed):
    def __init__(self, op: Mix, sources: list[Float], value: Float, scratch: Scratch) -> None:
        super().__init__(op, value)
        real = value.dtype.type
        area = value.shape[0] * value.shape[1]
        made, streams = op.matrix.shape
        scale = real(2.0**-op.shift)
        self.matrix = op.matrix.astype(real) * scale
        self.rounding = real(op.rounding) * scale
        self.source = sources[0].reshape(area, streams, -1)
        self.acc = value.reshape(area, made, -1)
        self.branch = None
        if len(sources) == 2:
            self.branch = sources[1].reshape(area, -1)
            self.gains = [real(gain) * scale for gain in op.branch]
            self.part = scratch.take(self.branch.shape)

    def accumulate(self) -> None:
        if self.source.shape[1] > 1:
            np.matmul(self.matrix, self.source, out=self.acc)
        else:  # a product of matrices takes longer where there is one thing to add
            np.multiply(self.matrix, self.source, out=self.acc)
        if self.rounding:
            self.acc += self.rounding
        if self.branch is not None:
            for row, gain in enumerate(self.gains):
                np.multiply(self.branch, gain, out=self.part)
                self.acc[:, row] += self.part


class _Concat(Step):
    def __init__(self, op: Concat, sources: list[Float], value: Float) -> None:
        super().__init__(op, value)
        edge = sources[0].shape[2]
        self.parts = [(value[:, :, :edge], sources[0]), (value[:, :, edge:], sources[1])]

    def run(self) -> None:
        for target, source in self.parts:
            np.copyto(target, source)
