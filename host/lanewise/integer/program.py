# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The integer program as data: ops, values and shapes.

A program is a list of ops in single-assignment form. Value 0 is the input; op ``k`` makes value
``k + 1`` from the values named in its ``inputs``. Every value has a shape ``(channels, height,
width)`` and holds unsigned integers, except the last, which holds int32 logits.

Arithmetic of every weighted op: ``acc = bias + sum(weight * x)`` exactly, then
``y = clip(acc >> shift, 0, 2**activation_bits - 1)``. Rounding half up is already folded into the
bias (``+ 2**(shift - 1)``), so a runtime only shifts. ``activation_bits=None`` marks logits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ProgramError
from lanewise.integer.weights import weight_format

Shape = tuple[int, int, int]
"""(channels, height, width) of a value."""

DIGITS = tuple("0123456789")


def _frozen_array(array: object, dtype: type[np.integer]) -> NDArray[np.integer]:
    """A read-only C-ordered copy, refusing values that ``dtype`` cannot hold."""
    source = np.asarray(array)
    if source.size and source.dtype.kind not in "iub":
        raise ProgramError(f"an integer program holds integers, not {source.dtype}")
    info = np.iinfo(dtype)
    if source.size and (int(source.min()) < info.min or int(source.max()) > info.max):
        raise ProgramError(f"values {source.min()} to {source.max()} do not fit {info.dtype}")
    copy = np.ascontiguousarray(source.astype(dtype))
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, eq=False)
class Dense:
    """Fully connected: flattens its input in (channel, row, column) order.

    weights: (outputs, inputs) int8; bias: (outputs,) int32; shift: (outputs,) uint8.
    Output shape (outputs, 1, 1).
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]
    activation_bits: int | None
    storage: str = "int8"
    inputs: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        _freeze_weighted(self)


@dataclass(frozen=True, eq=False)
class Conv2d:
    """Cross-correlation with zero padding; ``groups`` equal to the channels makes it depthwise.

    weights: (outputs, inputs / groups, kernel height, kernel width) int8; bias: (outputs,) int32;
    shift: (outputs,) uint8; stride and padding alike in both directions.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    shift: NDArray[np.uint8]
    activation_bits: int | None
    storage: str = "int8"
    inputs: tuple[int, ...] = (0,)
    stride: int = 1
    padding: int = 0
    groups: int = 1

    def __post_init__(self) -> None:
        _freeze_weighted(self)


@dataclass(frozen=True, eq=False)
class Mix:
    """Streams mixed by a non-negative integer matrix, with an optional residual branch.

    The first input holds ``n`` streams of ``c`` channels each, stream after stream; the second, if
    there is one, is the branch ``f`` of ``c`` channels.
    ``y_i = clip((sum_j matrix[i, j] * x_j + branch[i] * f + 2**(shift - 1)) >> shift, 0,
    2**activation_bits - 1)`` (no rounding term when ``shift`` is 0).

    matrix: (m, n) uint16, ``m`` output streams; branch: (m,) uint16, empty without a second input.
    Where every row and column of a square matrix sums to ``2**shift`` the mixing conserves mass.
    """

    matrix: NDArray[np.uint16]
    branch: NDArray[np.uint16]
    shift: int
    activation_bits: int
    inputs: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", _frozen_array(self.matrix, np.uint16))
        object.__setattr__(self, "branch", _frozen_array(self.branch, np.uint16))

    @property
    def rounding(self) -> int:
        """The term that makes the shift round half up."""
        return (1 << self.shift) >> 1

    @property
    def conserves_mass(self) -> bool:
        """Whether all integer row and column sums equal ``2**shift`` exactly."""
        total = 1 << self.shift
        matrix = self.matrix.astype(np.int64)
        return (
            matrix.shape[0] == matrix.shape[1]
            and bool((matrix.sum(axis=0) == total).all())
            and bool((matrix.sum(axis=1) == total).all())
        )


@dataclass(frozen=True, eq=False)
class Pool:
    """Largest value, or rounded and shifted sum, of each ``size`` x ``size`` window, no padding.

    ``sum``: ``y = clip((sum + 2**(shift - 1)) >> shift, 0, 2**activation_bits - 1)``; ``max``
    leaves values as they are (``shift`` 0, ``activation_bits`` that of its input).
    """

    kind: str
    size: int
    stride: int
    shift: int
    activation_bits: int
    inputs: tuple[int, ...]

    @property
    def rounding(self) -> int:
        """The term that makes the shift round half up."""
        return (1 << self.shift) >> 1


@dataclass(frozen=True, eq=False)
class Concat:
    """The channels of both inputs, one after the other; heights and widths agree."""

    inputs: tuple[int, ...]


Op = Dense | Conv2d | Mix | Pool | Concat


def _freeze_weighted(op: Dense | Conv2d) -> None:
    weight_format(op.storage)
    bias = _frozen_array(op.bias, np.int32)
    shift = np.broadcast_to(np.asarray(op.shift), bias.shape)
    object.__setattr__(op, "weights", _frozen_array(op.weights, np.int8))
    object.__setattr__(op, "bias", bias)
    object.__setattr__(op, "shift", _frozen_array(shift, np.uint8))


@dataclass(frozen=True, eq=False)
class Program:
    """A whole network: input shape and bits, ops, and what its logits stand for.

    input_shape: (channels, height, width) of unsigned ink values of ``input_bits`` bits
    (0 = paper, ``2**input_bits - 1`` = full ink).
    """

    input_shape: Shape
    input_bits: int
    ops: tuple[Op, ...]
    labels: tuple[str, ...] = DIGITS
    name: str = "unnamed"
    logits_per_nat: int = 1
    """Integer logit units per natural-log unit: softmax(logits / logits_per_nat) is a probability
    calibrated by temperature scaling (Guo et al. 2017, arXiv:1706.04599)."""
    reject_margin: int = 0
    """Readings whose two best logits differ by less than this are reported as unsure."""
    crop: int = 28
    """The input shows the middle ``crop`` 28ths of the framed square: 28 is MNIST's whole picture,
    20 the box that its digits are fitted into. Even."""
