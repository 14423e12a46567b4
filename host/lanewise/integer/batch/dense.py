# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A chain of dense layers on a block of images, an image a row, two outputs a float if they fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.fields import Fields, fields_of
from lanewise.integer.batch.pairs import Pairs, pairs_of
from lanewise.integer.batch.spread import filled, spread
from lanewise.integer.batch.step import Float, Real, aligned, aligned_copy
from lanewise.integer.batch.sums import Sums, sums_of
from lanewise.integer.certificate import Int64, activation_reach
from lanewise.integer.program import Dense, Program
from lanewise.integer.shapes import validate

LARGEST_PRODUCT = 1_000_000
"""Multiply-adds of one product with AVX-512: OpenBLAS runs products up to this without packing
their operands first. Measured on n x 197 x 96: 127 G a second, and 100 above the limit. Its kernels
for other processors always pack, and large products are a tenth faster there."""
WIDE_VECTORS = not {"X86_V4", "AVX512_SKX"}.isdisjoint(
    np.show_config("dicts").get("SIMD Extensions", {}).get("found", [])
)
"""Whether this processor has AVX-512, as NumPy says."""
FEWEST_ROWS = 24
"""Images that a product is worth its call with."""
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
        validate(program)
        count = int(np.prod(program.input_shape))
        self.input = aligned((images, count), real)
        tops = np.full(count, (1 << program.input_bits) - 1, np.int64)
        self._layers: list[_Layer] = []
        source, order, above = self.input[None], np.arange(count)[None], 0
        for at, op in enumerate(program.ops):
            assert isinstance(op, Dense)
            sums = sums_of(op, tops, above)
            tops = activation_reach(op, sums.hi)
            after = program.ops[at + 1] if at + 1 < len(program.ops) else None
            assert isinstance(after, Dense | None)
            layer = _Layer(op, sums, source, order, _shared(op, after, sums, tops, real))
            self._layers.append(layer)
            source, order, above = layer.value, layer.order, layer.above

    def run(self, block: NDArray[np.integer[Any]], logits: NDArray[np.int32]) -> None:
        """``block`` (n, channels, height, width) to ``logits`` (n, labels); n at most as made."""
        count = len(block)
        np.copyto(self.input[:count], block.reshape(count, -1), casting="unsafe")
        for layer in self._layers:
            layer.run()
        last = self._layers[-1].value[0, :count, : logits.shape[1]]
        np.copyto(logits, last, casting="unsafe")


def _shared(
    op: Dense, after: Dense | None, sums: Sums, tops: Int64, real: Real
) -> Fields | Pairs | None:
    """How two outputs of ``op`` share a float, if that pays and is exact, also for ``after``.

    tops: upper ends of its outputs.
    """
    if after is None or op.activation_bits is None or op.weights.shape[1] < PAIRED:
        return None
    fields = fields_of(sums, real)
    if fields and sums_of(after, tops, fields.above).exact(1 << np.finfo(real).nmant + 1):
        return fields
    return pairs_of(sums, real)


class _Layer:
    """One dense layer. Values are ``(parts, images, width)``; two parts where outputs share floats.

    order: (parts, width), which element of the op's input, or output, a value's columns hold; -1
    for those that only fill up a vector, last. above: by what all of its values are too large.
    """

    def __init__(
        self,
        op: Dense,
        sums: Sums,
        source: Float,
        order: NDArray[np.intp],
        shared: Fields | Pairs | None,
    ) -> None:
        real = source.dtype.type
        images = source.shape[1]
        self.shared = shared
        if shared:
            columns, bias = shared.rows.T, shared.bias
            self.order = filled(np.stack([shared.low, shared.high]), -1)
        else:
            scale = np.exp2(-op.shift.astype(real))
            columns, bias = op.weights.T.astype(real) * scale, sums.bias.astype(real) * scale
            self.order = filled(np.arange(len(bias))[None], -1)
        columns = filled(columns, 0)
        known = int((order[0] >= 0).sum())  # what only fills up comes last, in both parts
        weights = columns[order[:, :known]]
        self.bias = spread(bias, images)
        width = columns.shape[1]
        self.value = aligned((2 if shared else 1, images, width), real)
        total = self.value[-1:]  # straight into their place, if there is one part only
        if len(source) == 2:
            total = aligned((2, images, width), real)
        rows = _rows(images, weights[0].size)
        self.product = (
            source.reshape(len(source), images // rows, rows, -1)[..., :known],
            aligned_copy(weights[:, None]),
            total.reshape(len(source), images // rows, rows, width),
        )
        some = self.bias.shape[1]
        parted = self.value.reshape(-1, images // some, some, width)
        self.acc = parted[-1]
        self.parts = None
        if len(source) == 2:
            self.parts = total.reshape(2, *self.acc.shape)
        self.above = shared.above if isinstance(shared, Fields) else 0
        self.apart = shared.apart(parted) if shared else None
        bits = op.activation_bits
        self.bounds = None
        if bits is not None:
            self.bounds = real(self.above), real(self.above + (1 << bits) - 1)

    def run(self) -> None:
        """Activations of the present source, or logits."""
        value, acc = self.value, self.acc
        source, weights, sums = self.product
        np.matmul(source, weights, out=sums)
        if self.parts is not None:
            np.add(self.parts[0], self.parts[1], out=acc)
        np.add(acc, self.bias, out=acc)
        if self.apart:
            self.apart()
        elif self.bounds:
            np.floor(value, out=value)
        if self.bounds:
            value.clip(*self.bounds, out=value)


def _rows(images: int, weights: int) -> int:
    """Images of one product: a part of ``images``, all where even the fewest are too many."""
    if not WIDE_VECTORS:
        return images
    for rows in range(images, FEWEST_ROWS - 1, -1):
        if images % rows == 0 and rows * weights <= LARGEST_PRODUCT:
            return rows
    return images
