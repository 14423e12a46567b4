# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A chain of dense layers on a block of images, an image a row, outputs in pairs where they fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.pairs import Float, Pairs, Real, pairs_of
from lanewise.integer.batch.step import aligned, aligned_copy, unbuffered
from lanewise.integer.certificate import activation_reach, weighted_interval
from lanewise.integer.program import Dense, Program
from lanewise.integer.shapes import validate

VECTOR = 16
"""Numbers of a vector: a product's columns are filled up to whole ones."""
LARGEST_PRODUCT = 1_000_000
"""Multiply-adds of one product of matrices: OpenBLAS runs products up to this without packing their
operands first. Measured on n x 197 x 96 with AVX-512: 127 G a second, and 100 above the limit."""
FEWEST_ROWS = 24
"""Images that a product is worth its call with."""
RUN = 4096
"""Numbers that a row is spread over: rows as short as a layer's outputs take longer to repeat than
to add, and these still lie in the nearest cache."""
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
        self.input = aligned((images, count), real)
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
        np.copyto(self.input[:count], block.reshape(count, -1), casting="unsafe")
        with unbuffered():
            for layer in self._layers:
                layer.run()
        last = self._layers[-1].value[0, :count, : logits.shape[1]]
        np.copyto(logits, last, casting="unsafe")


class _Layer:
    """One dense layer. Values are ``(parts, images, width)``; two parts where rows are paired.

    order: (parts, width), which element of the op's input, or output, a value's columns hold; -1
    for those that only fill up a vector.
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
            self.order = _filled(np.stack([pairs.low, pairs.high]), -1)
            factors = _filled(np.stack([pairs.scale_low, pairs.scale_high]), 0)
            self.factors = _spread(factors, images)
            self.bottom = _spread(_filled(pairs.bottom_low[None], 0), images)[0]
        else:
            scale = np.exp2(-op.shift.astype(real))
            columns, bias = op.weights.T.astype(real) * scale, op.bias.astype(real) * scale
            self.order = _filled(np.arange(len(bias))[None], -1)
        columns, bias = _filled(columns, 0), _filled(bias[None], 0)
        weights = np.concatenate([columns, np.zeros_like(bias)])[order]  # -1 takes the zeros
        self.bias = _spread(bias, images)[0]
        width = bias.shape[1]
        self.value = aligned((2 if pairs else 1, images, width), real)
        self.acc = self.value[-1]
        self.sums = self.value[-1:]  # straight into their place, if there is one part only
        if len(source) == 2:
            self.sums = aligned((2, images, width), real)
        rows = _rows(images, weights[0].size)
        self.product = (
            source.reshape(len(source), images // rows, rows, -1),
            aligned_copy(weights[:, None]),
            self.sums.reshape(len(source), images // rows, rows, width),
        )
        some = self.bias.shape[1]
        self.parted = self.value.reshape(-1, images // some, some, width)
        self.zero = real(0)
        bits = op.activation_bits
        self.top = None if bits is None else real((1 << bits) - 1)

    def run(self) -> None:
        """Activations of the present source, or logits."""
        value, acc = self.value, self.acc
        source, weights, sums = self.product
        np.matmul(source, weights, out=sums)
        if len(sums) == 2:
            np.add(self.sums[0], self.sums[1], out=acc)
        self.parted[-1] += self.bias
        if self.pairs:
            low = value[0]
            np.floor(acc, out=low)
            np.subtract(acc, low, out=low)
            self.parted *= self.factors
            self.parted[0] += self.bottom
        if self.top is not None:
            np.floor(value, out=value)
            value.clip(self.zero, self.top, out=value)


def _filled(rows: NDArray[Any], content: int) -> NDArray[Any]:
    """(..., width) up to whole vectors: a product takes as long for 92 columns as for 110."""
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % VECTOR)), constant_values=content)


def _spread(rows: Float, images: int) -> Float:
    """(parts, width) for some images at a time: (parts, 1, images of those, width)."""
    some = max(
        n for n in range(1, images + 1) if images % n == 0 and n <= max(1, RUN // rows.shape[1])
    )
    whole = aligned((len(rows), 1, some, rows.shape[1]), rows.dtype.type)
    whole += rows[:, None, None]
    return whole


def _rows(images: int, weights: int) -> int:
    """Images of one product: a part of ``images``, all where even the fewest are too many."""
    for rows in range(images, FEWEST_ROWS - 1, -1):
        if images % rows == 0 and rows * weights <= LARGEST_PRODUCT:
            return rows
    return images
