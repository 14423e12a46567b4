# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Convolutions on maps with images innermost: one matrix product for each output row and group."""

from __future__ import annotations

import numpy as np

from lanewise.integer.batch.pairs import Pairs
from lanewise.integer.batch.step import Float, Scratch, Step, Windows, scaled
from lanewise.integer.program import Conv2d, Pool

LARGEST_PRODUCT = 500_000
"""Multiply-adds of one matrix product. OpenBLAS runs products up to a million without packing their
operands first; measured on 36 x 144 x n with AVX-512: 119 G a second, and 100 above the limit."""


class Conv(Step):
    """A convolution, one product of matrices for each output row and group.

    A row of ones below each line of channels carries the bias into the product. Where the output is
    larger than what is copied, the columns that a pooling window compares are put into one block
    each, so that the comparison runs over long stretches.

    pairs: rows that hold two outputs each; ``value`` then has its channels in ``pairs.order``.
    Neither goes with groups, nor with pooling. scratch: memory that steps share, as none needs it
    after its run: fewer bytes in turn stay in a nearer cache.
    """

    def __init__(
        self,
        op: Conv2d,
        pool: Pool | None,
        source: Float,
        value: Float,
        pairs: Pairs | None,
        scratch: Scratch,
    ) -> None:
        super().__init__(op, value)
        real = value.dtype.type
        images = source.shape[3]
        outputs, per_group, rows, columns = op.weights.shape
        groups, stride, pad = op.groups, op.stride, op.padding
        height, width = value.shape[0], value.shape[2]
        if pool:  # only what a window reads
            height = (height - 1) * pool.stride + pool.size
            width = (width - 1) * pool.stride + pool.size
        blocks = 1
        if pool and pool.size == pool.stride and columns * per_group < outputs // groups:
            blocks = pool.size
        self.copies: list[tuple[Float, Float]] = []
        if pad:
            padded = np.pad(source, ((pad, pad), (0, 0), (pad, pad), (0, 0)))
            self.copies.append((padded[pad:-pad, :, pad:-pad], source))
            source = padded
        lines = columns * per_group + 1
        high = (height - 1) * stride + rows
        fields = scratch.take((groups, high, lines, width, images))
        self.ones = fields[:, :, -1]
        row, channel, across, each = source.strides
        split = (groups, high, columns, per_group, blocks, width // blocks, images)
        seen = np.lib.stride_tricks.as_strided(
            source,
            split,
            (per_group * channel, row, across, channel, stride * across, stride * blocks * across,
             each),
            writeable=False,
        )  # fmt: skip
        self.copies.append((fields[:, :, :-1].reshape(split), seen))
        if pairs:
            outputs //= 2
            self.kernel = _kernel(pairs.rows, pairs.bias, 1)
        else:
            self.kernel = _kernel(*scaled(op, real), groups)
        self.acc = scratch.take((groups, height, outputs // groups, width * images))
        line = fields.strides[1]
        whole = np.lib.stride_tricks.as_strided(
            fields,
            (groups, height, rows * lines, width * images),
            (fields.strides[0], stride * line, fields.strides[2], fields.itemsize),
            writeable=False,
        )
        parts = _parts(width * images, self.kernel.shape[-2] * self.kernel.shape[-1])
        self.fields, self.sums = _parted(whole, parts), _parted(self.acc, parts)
        made = self.acc.reshape(groups, height, -1, width, images).transpose(1, 0, 2, 3, 4)
        self.pairs = None
        if pairs:
            self.pairs = _Apart(pairs, self.acc[0], value.reshape(height, 2 * outputs, -1))
            made = value.reshape(height, 1, 2 * outputs, width, images)
        out = value.reshape(value.shape[0], groups, -1, value.shape[2], images)
        self.made, self.out = (made[:, 0], out[:, 0]) if groups == 1 else (made, out)
        self.windows = None
        if pool:
            parted = self.acc.reshape(groups, height, -1, blocks, width // blocks * images)
            parted = parted.transpose(1, 0, 2, 3, 4)
            self.windows = Windows(
                pool, self.made, self.out, scratch, parted if blocks > 1 else None
            )

    def accumulate(self) -> None:
        self.ones.fill(1)
        for field, seen in self.copies:
            np.copyto(field, seen)
        np.matmul(self.kernel, self.fields, out=self.sums)
        if self.pairs:
            self.pairs.run()

    def run(self) -> None:
        self.accumulate()
        source = self.made
        if self.windows:
            self.windows.run()
            source = self.out
        if self.top is None:
            np.copyto(self.out, source)
            return
        np.floor(source, out=self.out)
        self.value.clip(self.zero, self.top, out=self.value)


class _Apart:
    """Takes sums of pairs (height, pairs, n) apart into a value (height, 2 * pairs, n)."""

    def __init__(self, pairs: Pairs, acc: Float, value: Float) -> None:
        self.acc = acc
        count = len(pairs.low)
        self.low, self.high = value[:, :count], value[:, count:]
        self.scale_low, self.scale_high = pairs.scale_low[:, None], pairs.scale_high[:, None]
        self.bottom_low = pairs.bottom_low[:, None]

    def run(self) -> None:
        """Both outputs of each pair, times ``2**-shift``."""
        np.floor(self.acc, out=self.high)
        np.subtract(self.acc, self.high, out=self.low)
        self.low *= self.scale_low
        self.low += self.bottom_low
        self.high *= self.scale_high


def _kernel(weights: Float, bias: Float, groups: int) -> Float:
    """(groups, 1, 1, outputs of a group, rows * (columns * channels + 1)): weights and bias."""
    outputs, per_group, rows, columns = weights.shape
    by_row = weights.transpose(0, 2, 3, 1).reshape(outputs, rows, columns * per_group)
    constant = np.zeros((outputs, rows, 1), weights.dtype)
    constant[:, 0, 0] = bias
    whole = np.concatenate((by_row, constant), axis=2)
    return np.ascontiguousarray(whole.reshape(groups, 1, 1, outputs // groups, -1))


def _parts(columns: int, macs: int) -> int:
    """In how many parts a product ``columns`` wide, of ``macs`` a column, is done."""
    for parts in range(1, columns + 1):
        if columns % parts == 0 and columns // parts * macs <= LARGEST_PRODUCT:
            return parts
    return columns


def _parted(matrices: Float, parts: int) -> Float:
    """(..., rows, columns) as a view (..., parts, rows, columns / parts)."""
    *outer, rows, columns = matrices.shape
    *strides, row, each = matrices.strides
    return np.lib.stride_tricks.as_strided(
        matrices,
        (*outer, parts, rows, columns // parts),
        (*strides, each * (columns // parts), row, each),
    )
