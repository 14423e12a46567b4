# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the ops on maps share: aligned memory, a step that fills one value, scaled weights."""

from __future__ import annotations

import abc
import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Conv2d, Dense, Op

Float = NDArray[np.floating[Any]]
Real = type[np.floating[Any]]

SMALLEST = 16
"""Elements of the smallest buffer that NumPy takes."""
LINE = 64
"""Bytes of a cache line and of the longest vector: what crosses one takes twice as long."""


def aligned(shape: tuple[int, ...], real: Real) -> Float:
    """Zeros that begin at a cache line."""
    size = np.dtype(real).itemsize
    flat = np.zeros(math.prod(shape) + LINE // size, real)
    begin = -flat.ctypes.data % LINE // size
    return flat[begin : begin + math.prod(shape)].reshape(shape)


def aligned_copy(array: Float) -> Float:
    """``array`` in one piece that begins at a cache line."""
    copy = aligned(array.shape, array.dtype.type)
    copy[...] = array
    return copy


@contextlib.contextmanager
def unbuffered() -> Iterator[None]:
    """Ufuncs work where their operands lie. NumPy 2.4 copies operands whose runs are shorter than
    its buffers there and back otherwise, which takes twice as long as the work."""
    before = np.setbufsize(SMALLEST)
    try:
        yield
    finally:
        np.setbufsize(before)


class Scratch:
    """Memory for what a step needs during its run only; every step begins at its start."""

    def __init__(self, real: Real, count: int = 0) -> None:
        """Without ``count``, to learn how much the steps take."""
        self.most = self._used = 0
        self._flat = aligned((count,), real)

    def begin(self) -> None:
        """The next step takes its pieces."""
        self._used = 0

    def take(self, shape: tuple[int, ...]) -> Float:
        """The next piece, of any finite content; memory of its own where no room is left."""
        start, count = self._used, math.prod(shape)
        self._used += -(-count // LINE) * LINE
        self.most = max(self.most, self._used)
        if self._used > len(self._flat):
            return aligned(shape, self._flat.dtype.type)
        return self._flat[start : start + count].reshape(shape)


class Step(abc.ABC):
    """One op, perhaps with the pooling after it."""

    def __init__(self, op: Op, value: Float) -> None:
        self.value = value
        bits = getattr(op, "activation_bits", None)
        self.top = None if bits is None else value.dtype.type((1 << bits) - 1)
        self.zero = value.dtype.type(0)

    @abc.abstractmethod
    def run(self) -> None:
        """Make the op's value from those of its inputs."""


class Summed(Step):
    """A step that is sums first, then ``floor`` and clip in place."""

    @abc.abstractmethod
    def accumulate(self) -> None:
        """Leave ``accumulator * 2**-shift`` in ``value``."""

    def run(self) -> None:
        self.accumulate()
        if self.top is not None:
            np.floor(self.value, out=self.value)
            self.value.clip(self.zero, self.top, out=self.value)


def scaled(op: Dense | Conv2d, real: Real) -> tuple[Float, Float]:
    """Weights and biases times ``2**-shift``, exactly; biases ``(outputs,)``."""
    scale = np.exp2(-op.shift.astype(real)).astype(real)
    weights = op.weights.astype(real) * scale.reshape(-1, *[1] * (op.weights.ndim - 1))
    return weights, op.bias.astype(real) * scale
