# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A chain of dense layers on a block of images, an image a row, outputs in pairs where they fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.pairs import Float, Pairs, Real, pairs_of
from lanewise.integer.certificate import activation_reach, weighted_interval
from lanewise.integer.program import Dense, Program
from lanewise.integer.shapes import validate

PAIRED = 64
"""Fewest inputs of a layer whose rows are paired: taking pairs apart takes as long as about 30."""


def is_chain(program: Program) -> bool:
    """Whether every op is dense and reads the value before it."""
    return all(isinstance(op, Dense) and op.inputs == (at,) for at, op in enumerate(program.ops))


class Chain:
    """``program`` for blocks of ``images`` images in ``real``, float32 or float64.

    The caller has made sure that ``real`` holds every partial sum of the program.
    """

    def __init__(self, program: Program, images: int, real: Real) -> None:
        shapes = validate(program)
        count = int(np.prod(program.input_shape))
        self.input = np.ones((images, count + 1), real)  # the last column carries the bias
        reach = np.full(shapes[0][0], (1 << program.input_bits) - 1, np.int64)
        self._layers: list[_Layer] = []
        source, order = self.input[None], np.arange(count)[None]
        for op, shape in zip(program.ops, shapes, strict=False):
            assert isinstance(op, Dense)
            lo, hi = weighted_interval(op, reach, shape)
            pairs = pairs_of(op, lo, hi, real) if op.weights.shape[1] >= PAIRED else None
            layer = _Layer(op, source, order, pairs)
            self._layers.append(layer)
            reach, source, order = activation_reach(op, hi), layer.value, layer.order

    def run(self, block: NDArray[np.integer[Any]], logits: NDArray[np.int32]) -> None:
        """``block`` (n, channels, height, width) to ``logits`` (n, labels); n at most as made."""
        count = len(block)
        np.copyto(self.input[:count, :-1], block.reshape(count, -1), casting="unsafe")
        for layer in self._layers:
            layer.run()
        np.copyto(logits, self._layers[-1].value[0, :count], casting="unsafe")


class _Layer:
    """One dense layer. Values are ``(parts, images, width)``; two parts where rows are paired.

    order: (parts, width), which element of the op's input, or output, a value's columns hold. The
    first layer's source has one column more: ones, which carry the bias.
    """

    def __init__(
        self,
        op: Dense,
        source: Float,
        order: NDArray[np.intp],
        pairs: Pairs | None,
    ) -> None:
        real = source.dtype.type
        images = source.shape[1]
        self.pairs = pairs
        if pairs:
            columns, bias = pairs.rows.T, pairs.bias
            self.order = np.stack([pairs.low, pairs.high])
            # In full for every image: rows this short take longer to spread than to multiply.
            factors = np.stack([pairs.scale_low, pairs.scale_high])[:, None]
            self.factors = np.repeat(factors, images, axis=1)
            self.bottom = np.repeat(pairs.bottom_low[None], images, axis=0)
        else:
            scale = np.exp2(-op.shift.astype(real))
            columns, bias = op.weights.T.astype(real) * scale, op.bias.astype(real) * scale
            self.order = np.arange(len(bias))[None]
        weights = columns[order]
        self.bias: Float | None = bias
        if source.shape[2] > order.shape[1]:
            weights, self.bias = np.concatenate([weights, bias[None, None]], axis=1), None
        self.weights = np.ascontiguousarray(weights)
        self.source = source
        self.sums = np.empty((len(source), images, len(bias)), real)
        self.value = np.empty((2 if pairs else 1, images, len(bias)), real)
        self.zero = real(0)
        bits = op.activation_bits
        self.top = None if bits is None else real((1 << bits) - 1)

    def run(self) -> None:
        """Activations of the present source, or logits."""
        value = self.value
        np.matmul(self.source, self.weights, out=self.sums)
        acc = self.sums[0]
        if len(self.sums) == 2:
            acc += self.sums[1]
        if self.bias is not None:
            acc += self.bias
        if self.pairs:
            np.floor(acc, out=value[1])
            np.subtract(acc, value[1], out=value[0])
            value *= self.factors
            value[0] += self.bottom
            acc = value
        if self.top is None:
            np.copyto(value, acc)
            return
        np.floor(acc, out=value)
        value.clip(self.zero, self.top, out=value)
