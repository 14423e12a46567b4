# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Convolutions on maps: one product of matrices for each output column, row and group.

What an output sees is one matrix without a copy: fields hold, column by column and row after row,
what the kernel sees there, so that the rows under a kernel follow each other in memory. A kernel
three columns wide makes two output columns from four products instead of six (Winograd's F(2, 3);
Lavin and Gray, arXiv:1509.09308, equation 5): its sums and differences cost less than the copies of
plain fields. Its halves are exact in floating point where ``tiles_exact`` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from lanewise.integer.batch.columns import new_map, runs
from lanewise.integer.batch.pooling import Windows
from lanewise.integer.batch.step import Float, Real, Scratch, Step, aligned, aligned_copy, scaled
from lanewise.integer.certificate import Int64
from lanewise.integer.program import Conv2d, Pool

FEWEST = 18
"""Fewest weights in a kernel column that tiles pay for: sums and differences take their time."""


def tiles_exact(op: Conv2d, tops: Int64, real: Real) -> bool:
    """Whether tiles of ``op`` hold every partial sum exactly in ``real``, in any order.

    tops: (channels,) upper ends of the input. All numbers are multiples of half an accumulator's
    unit, so twice the largest sum has to fit.
    """
    if op.groups != 1 or op.stride != 1 or op.weights.shape[3] != 3:
        return False
    left, middle, right = np.moveaxis(op.weights.astype(np.int64), 3, 0)
    each = (
        2 * np.abs(left)  # times a difference, which reaches as far as an input
        + 2 * np.abs(left + middle + right)  # half of it times a sum: twice as far
        + np.abs(left - middle + right)
        + 2 * np.abs(right)
    )
    reach = (each.sum(axis=2) * tops).sum(axis=1) + 2 * np.abs(op.bias.astype(np.int64))
    return bool((reach < 1 << np.finfo(real).nmant + 1).all())


class Conv(Step):
    """A convolution, perhaps with the largest-value pooling after it; only what that reads.

    tiled: two output columns at a time. scratch: memory that steps share, as none needs it after
    its run: fewer bytes in turn stay in a nearer cache. Padded maps have memory of their own, as
    their rims stay zero.
    """

    def __init__(
        self,
        op: Conv2d,
        pool: Pool | None,
        source: Float,
        value: Float,
        tiled: bool,
        scratch: Scratch,
    ) -> None:
        super().__init__(op, value)
        self.tiled = tiled
        self.jobs: list[Callable[[], object]] = []
        self.bias = aligned((len(op.bias), value.shape[3]), value.dtype.type)
        width, height = value.shape[:2]
        if pool:
            width = (width - 1) * pool.stride + pool.size
            height = (height - 1) * pool.stride + pool.size
        weights, bias = scaled(op, value.dtype.type)
        self.bias += bias[:, None]
        if op.padding:
            source = self._padded(source, op.padding)
        products = self._tiles if tiled else self._fields
        sums = products(op, weights, source, (width, height), scratch, bool(pool))
        if pool:
            self._job(Windows(pool, sums, value, scratch, spoil=True).run)
            self._job(np.add, value, self.bias, value)
            sums = value
        if self.top is None:
            self._job(np.copyto, value, sums)
        else:
            self._job(np.floor, sums, value)
            self._job(value.clip, self.zero, self.top, value)

    def _job(self, work: Callable[..., object], *operands: object) -> None:
        self.jobs.append(partial(work, *operands))

    def run(self) -> None:
        for job in self.jobs:
            job()

    def _padded(self, source: Float, pad: int) -> Float:
        across, down, channels, images = source.shape
        shape = (channels, down + 2 * pad, across + 2 * pad)
        padded = new_map(shape, images, source.dtype.type)
        for mine, theirs in runs(len(padded), pad, across, 1):
            self._job(np.copyto, padded[theirs, pad:-pad], source[mine])
        return padded

    def _fields(
        self,
        op: Conv2d,
        weights: Float,
        source: Float,
        size: tuple[int, int],
        scratch: Scratch,
        bare: bool,
    ) -> Float:
        """Sums (columns, rows, outputs, images), ``bare`` without their biases."""
        width, height = size
        outputs, members, rows, columns = weights.shape
        images, groups = source.shape[3], op.groups
        high = (height - 1) * op.stride + rows
        fields = scratch.take((groups, width, high, columns, members, images))
        parted = source[:, :high].reshape(len(source), high, groups, members, images)
        for at in range(columns):
            for mine, theirs in runs(len(source), at, width, op.stride):
                self._job(
                    np.copyto, fields[:, mine, :, at], parted[theirs].transpose(2, 0, 1, 3, 4)
                )
        seen = _windows(fields.reshape(groups, width, high, -1, images), rows, op.stride)
        kernel = weights.transpose(0, 2, 3, 1).reshape(groups, 1, 1, outputs // groups, -1)
        sums = scratch.take((width, height, groups, outputs // groups, images))
        made = sums.transpose(2, 0, 1, 3, 4)
        self._job(np.matmul, aligned_copy(kernel), seen, made)
        sums = sums.reshape(width, height, outputs, images)
        if not bare:
            self._job(np.add, sums, self.bias, sums)
        return sums

    def _tiles(
        self,
        op: Conv2d,
        weights: Float,
        source: Float,
        size: tuple[int, int],
        scratch: Scratch,
        bare: bool,
    ) -> Float:
        """The same by tiles of two output columns."""
        width, height = size
        outputs, channels, rows, _ = weights.shape
        images = source.shape[3]
        tiles, odd = (width + 1) // 2, width // 2
        high = height - 1 + rows
        fields = scratch.take((4, tiles, high, channels, images))
        seen, half = source[:, :high], (len(source) + 1) // 2
        first, third = seen[:tiles], seen[1 : tiles + 1]
        second, fourth = seen[half : half + tiles], seen[half + 1 : half + 1 + odd]
        self._job(np.subtract, first, third, fields[0])
        self._job(np.add, second, third, fields[1])
        self._job(np.subtract, third, second, fields[2])
        self._job(np.subtract, second[:odd], fourth, fields[3, :odd])
        left, middle, right = np.moveaxis(weights, 3, 0)
        both = (left + right) / 2
        kernel = np.stack([left, both + middle / 2, both - middle / 2, right])
        kernel = kernel.transpose(0, 1, 3, 2).reshape(4, 1, 1, outputs, -1)
        parts = scratch.take((4, tiles, height, outputs, images))
        kernel, windows = aligned_copy(kernel), _windows(fields, rows, 1)
        # Only a whole tile has a fourth column.
        self._job(np.matmul, kernel[:3], windows[:3], parts[:3])
        self._job(np.matmul, kernel[3], windows[3, :odd], parts[3, :odd])
        if not bare:
            self._job(np.add, parts[1], self.bias, parts[1])
        self._job(np.add, parts[0], parts[1], parts[0])
        self._job(np.add, parts[0], parts[2], parts[0])
        self._job(np.subtract, parts[1, :odd], parts[2, :odd], parts[1, :odd])
        self._job(np.subtract, parts[1, :odd], parts[3, :odd], parts[1, :odd])
        return parts[:2].reshape(2 * tiles, height, outputs, images)[:width]


def _windows(fields: Float, rows: int, stride: int) -> Float:
    """Fields (..., columns, rows, lines, images) as (..., columns, output rows, lines under a
    kernel, images)."""
    *outer, high, lines, images = fields.shape
    *strides, row, line, each = fields.strides
    return np.lib.stride_tricks.as_strided(
        fields,
        (*outer, (high - rows) // stride + 1, rows * lines, images),
        (*strides, row * stride, line, each),
        writeable=False,
    )
