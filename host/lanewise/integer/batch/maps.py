# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Any program on a block of images, images innermost, every buffer made once.

A value is an array ``(height, channels, width, images)``. A convolution first writes its input once
for each kernel column, shifted, as ``(row, kernel column, channel, width, images)``. The kernel's
rows then lie one after the other in memory: what an output row sees is one matrix, without a copy,
``kernel rows * kernel columns * channels`` high and ``width * images`` wide. Copying threefold
instead of ninefold, and long products, is where the speed comes from.

Requantization costs two passes: ``2**-shift`` is part of the weights (exact: a power of two), so
``floor`` is the shift, then the clip. Largest-value pooling comes before it where it can: both are
monotone, and there is a quarter of the work left. A map's edge that no pooling window reads is not
computed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.conv import Conv
from lanewise.integer.batch.pairs import Pairs, pairs_of
from lanewise.integer.batch.step import Float, Real, Scratch, Step, Windows, scaled
from lanewise.integer.certificate import Int64, accumulator_interval, activation_reach
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.shapes import validate

PAIRED = 96
"""Fewest inputs of a convolution's output that pairs pay for: taking them apart takes as long."""


class Maps:
    """``program`` for blocks of ``images`` images in ``real``, float32 or float64.

    The caller has made sure that ``real`` holds every partial sum of the program.
    """

    def __init__(self, program: Program, images: int, real: Real) -> None:
        shapes = validate(program)
        self.input = _value(shapes[0], images, real)
        values: list[Float] = [self.input]
        self._steps: list[Step] = []
        orders: dict[int, NDArray[np.intp]] = {}
        reaches = _reaches(program)
        scratch = Scratch(floats_per_image(program) * images, real)
        skipped = -1
        for index, op in enumerate(program.ops):
            if index == skipped:
                continue
            op = _in_order(op, shapes, orders)
            pool = _pool_after(program, index)
            at = index + (2 if pool else 1)
            value = _value(shapes[at], images, real)
            pairs = None
            if isinstance(op, Conv2d) and not pool and _may_be_paired(program, index):
                pairs = pairs_of(op, *reaches[index], real)
            if pairs:
                orders[at] = pairs.order
            sources = [values[source] for source in op.inputs]
            self._steps.append(_step(op, pool, sources, value, pairs, scratch))
            values += [value] * (at - index)
            skipped = index + 1 if pool else -1
        self._logits = value.transpose(3, 1, 0, 2)

    def run(self, block: NDArray[np.integer[Any]], logits: NDArray[np.int32]) -> None:
        """``block`` (n, channels, height, width) to ``logits`` (n, labels); n at most as made."""
        count = len(block)
        np.copyto(self.input[..., :count], block.transpose(2, 1, 3, 0), casting="unsafe")
        for step in self._steps:
            step.run()
        logits[:] = self._logits[:count].reshape(count, -1)


def floats_per_image(program: Program) -> int:
    """Numbers that a block holds for one image: what decides how many images fit a cache."""
    shapes = validate(program)
    sizes = [channels * height * width for channels, height, width in shapes]
    for op in program.ops:
        if isinstance(op, Conv2d):
            channels, height, width = shapes[op.inputs[0]]
            sizes.append(channels * (height + 2 * op.padding) * width * op.weights.shape[3])
    return sum(sizes)


def _value(shape: Shape, images: int, real: Real) -> Float:
    channels, height, width = shape
    return np.zeros((height, channels, width, images), real)


def _pool_after(program: Program, index: int) -> Pool | None:
    """The max pooling that is the one reader of a weighted op's value and comes next."""
    readers = [at for at, op in enumerate(program.ops) if index + 1 in op.inputs]
    if readers != [index + 1] or not isinstance(program.ops[index], Conv2d):
        return None
    after = program.ops[index + 1]
    return after if isinstance(after, Pool) and after.kind == "max" else None


def _reaches(program: Program) -> list[tuple[Int64, Int64]]:
    """Certified accumulator interval of every op, channel by channel."""
    shapes = validate(program)
    tops = [np.full(program.input_shape[0], (1 << program.input_bits) - 1, np.int64)]
    found = []
    for op in program.ops:
        sources = [tops[source] for source in op.inputs]
        found.append(accumulator_interval(op, sources, shapes[op.inputs[0]]))
        tops.append(activation_reach(op, found[-1][1]))
    return found


def _may_be_paired(program: Program, index: int) -> bool:
    """Whether pairs pay, and whoever reads the value can take its channels in any order."""
    op = program.ops[index]
    readers = [reader for reader in program.ops if index + 1 in reader.inputs]
    return (
        isinstance(op, Conv2d)
        and op.groups == 1
        and op.weights[0].size >= PAIRED
        and all(
            isinstance(reader, Dense) or (isinstance(reader, Conv2d) and reader.groups == 1)
            for reader in readers
        )
    )


def _in_order(op: Op, shapes: list[Shape], orders: dict[int, NDArray[np.intp]]) -> Op:
    """``op`` with its weights in the order of the channels that it will see."""
    order = orders.get(op.inputs[0])
    if order is None:
        return op
    assert isinstance(op, Dense | Conv2d)
    channels = shapes[op.inputs[0]][0]
    split = op.weights.reshape(len(op.weights), channels, -1)
    return replace(op, weights=split[:, order].reshape(op.weights.shape))


def _step(
    op: Op,
    pool: Pool | None,
    sources: list[Float],
    value: Float,
    pairs: Pairs | None,
    scratch: Scratch,
) -> Step:
    scratch.begin()
    if isinstance(op, Dense):
        return _Dense(op, sources[0], value)
    if isinstance(op, Conv2d):
        return Conv(op, pool, sources[0], value, pairs, scratch)
    if isinstance(op, Mix):
        return _Mix(op, sources, value)
    if isinstance(op, Pool):
        if op.kind == "max":
            return _MaxPool(op, sources[0], value, scratch)
        return _SumPool(op, sources, value)
    return _Concat(op, sources, value)


class _Dense(Step):
    def __init__(self, op: Dense, source: Float, value: Float) -> None:
        super().__init__(op, value)
        height, channels, width, images = source.shape
        weights, bias = scaled(op, value.dtype.type)
        as_stored = weights.reshape(-1, channels, height, width)
        self.weights = np.ascontiguousarray(as_stored.transpose(0, 2, 1, 3).reshape(len(bias), -1))
        self.bias = bias[:, None]
        self.source = source.reshape(-1, images)
        self.acc = value.reshape(len(bias), images)

    def accumulate(self) -> None:
        np.matmul(self.weights, self.source, out=self.acc)
        self.acc += self.bias


class _MaxPool(Step):
    def __init__(self, op: Pool, source: Float, value: Float, scratch: Scratch) -> None:
        super().__init__(op, value)
        self.windows = Windows(op, source, value, scratch)

    def run(self) -> None:
        self.windows.run()


class _SumPool(Step):
    def __init__(self, op: Pool, sources: list[Float], value: Float) -> None:
        super().__init__(op, value)
        source = sources[0]
        high, wide, step = value.shape[0], value.shape[2], op.stride
        self.parts = [
            source[y : y + (high - 1) * step + 1 : step, :, x : x + (wide - 1) * step + 1 : step]
            for y in range(op.size)
            for x in range(op.size)
        ]
        self.rounding = value.dtype.type(op.rounding)
        self.scale = value.dtype.type(2.0**-op.shift)

    def accumulate(self) -> None:
        value = self.value
        value.fill(self.rounding)
        for part in self.parts:
            value += part
        value *= self.scale


class _Mix(Step):
    def __init__(self, op: Mix, sources: list[Float], value: Float) -> None:
        super().__init__(op, value)
        real = value.dtype.type
        height = len(sources[0])
        made, streams = op.matrix.shape
        scale = real(2.0**-op.shift)
        self.matrix = op.matrix.astype(real) * scale
        self.rounding = real(op.rounding) * scale
        self.source = sources[0].reshape(height, streams, -1)
        self.acc = value.reshape(height, made, -1)
        self.branch = None
        if len(sources) == 2:
            self.branch = sources[1].reshape(height, -1)
            self.gains = [real(gain) * scale for gain in op.branch]
            self.part = np.empty_like(self.branch)

    def accumulate(self) -> None:
        np.matmul(self.matrix, self.source, out=self.acc)
        if self.rounding:
            self.acc += self.rounding
        if self.branch is not None:
            for row, gain in enumerate(self.gains):
                np.multiply(self.branch, gain, out=self.part)
                self.acc[:, row] += self.part


class _Concat(Step):
    def __init__(self, op: Concat, sources: list[Float], value: Float) -> None:
        super().__init__(op, value)
        edge = sources[0].shape[1]
        self.parts = [(value[:, :edge], sources[0]), (value[:, edge:], sources[1])]

    def run(self) -> None:
        for target, source in self.parts:
            np.copyto(target, source)
