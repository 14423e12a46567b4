# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the ops on maps share: a step that fills one value, scaled weights, windows of pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Conv2d, Dense, Op, Pool

Float = NDArray[np.floating[Any]]
Real = type[np.floating[Any]]


class Scratch:
    """Memory for what a step needs during its run only; every step begins at its start."""

    def __init__(self, count: int, real: Real) -> None:
        self._flat = np.zeros(count, real)
        self._used = 0

    def begin(self) -> None:
        """The next step takes its pieces."""
        self._used = 0

    def take(self, shape: tuple[int, ...]) -> Float:
        """The next piece, of any content; memory of its own where no room is left."""
        start, self._used = self._used, self._used + math.prod(shape)
        if self._used > len(self._flat):
            return np.zeros(shape, self._flat.dtype)
        return self._flat[start : self._used].reshape(shape)


class Step:
    """One op, perhaps with the pooling after it: sums, then ``floor`` and clip in place."""

    def __init__(self, op: Op, value: Float) -> None:
        self.value = value
        bits = getattr(op, "activation_bits", None)
        self.top = None if bits is None else value.dtype.type((1 << bits) - 1)
        self.zero = value.dtype.type(0)

    def accumulate(self) -> None:
        """Leave ``accumulator * 2**-shift`` in ``value``."""
        raise NotImplementedError

    def run(self) -> None:
        """Make the op's value from those of its inputs."""
        self.accumulate()
        if self.top is not None:
            np.floor(self.value, out=self.value)
            self.value.clip(self.zero, self.top, out=self.value)


def scaled(op: Dense | Conv2d, real: Real) -> tuple[Float, Float]:
    """Weights and biases times ``2**-shift``, exactly; biases ``(outputs,)``."""
    scale = np.exp2(-op.shift.astype(real)).astype(real)
    weights = op.weights.astype(real) * scale.reshape(-1, *[1] * (op.weights.ndim - 1))
    return weights, op.bias.astype(real) * scale


class Windows:
    """Largest value of each window: rows first, then columns. Arrays (rows, ..., columns, n).

    parted: the source as (rows, ..., blocks, columns * n), if its columns are parted so that block
    ``k`` holds the ``k``-th column of every window.
    """

    def __init__(
        self,
        op: Pool,
        source: Float,
        out: Float,
        scratch: Scratch,
        parted: Float | None = None,
    ) -> None:
        high, wide = out.shape[0], out.shape[-2]
        if parted is not None:
            source = parted
        rows = [source[at : at + (high - 1) * op.stride + 1 : op.stride] for at in range(op.size)]
        between = scratch.take(rows[0].shape)
        if parted is not None:
            columns = [between[..., at, :] for at in range(op.size)]
            out = out.reshape(columns[0].shape)
        else:
            columns = [
                between[..., at : at + (wide - 1) * op.stride + 1 : op.stride, :]
                for at in range(op.size)
            ]
        self.passes: list[tuple[Float, Float, Float]] = []
        for parts, target in ((rows, between), (columns, out)):
            if op.size == 1:
                self.passes.append((parts[0], parts[0], target))
            for at in range(1, op.size):
                self.passes.append((target if at > 1 else parts[0], parts[at], target))

    def run(self) -> None:
        """Fill ``out``."""
        for left, right, target in self.passes:
            np.maximum(left, right, out=target)
