# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Windows of other frameworks as the one kind there is here: padding alike on all sides, no
dilation. A kernel that is widened by zeros computes the very same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanewise.errors import ModelFileError
from lanewise.importing.net import MAX_WEIGHTS, Float


@dataclass(frozen=True)
class Window:
    """strides and dilations (rows, columns); pads (top, left, bottom, right)."""

    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)


def same_pads(
    size: tuple[int, int], kernel: tuple[int, int], window: Window, lower: bool = False
) -> tuple[int, int, int, int]:
    """Pads by the rule SAME: as many outputs as strides, rounded up; an odd one out goes to the
    end, or with ``lower`` to the beginning."""
    begin, end = [], []
    for side, taps, stride, dilation in zip(
        size, kernel, window.strides, window.dilations, strict=True
    ):
        wanted = -(-side // max(1, stride))
        whole = max(0, (wanted - 1) * stride + (taps - 1) * dilation + 1 - side)
        half = whole // 2
        begin.append(whole - half if lower else half)
        end.append(half if lower else whole - half)
    return begin[0], begin[1], end[0], end[1]


def even_padding(name: str, weights: Float, window: Window) -> tuple[Float, int, int]:
    """Kernel (outputs, inputs, rows, columns), padding and stride that compute the same.

    Padding ``p`` is the largest of the four; a side with less gets ``p`` minus its own zeros in the
    kernel. Raises ``ModelFileError`` where strides differ or the kernel grows out of bounds.
    """
    strides, pads, (rows, columns) = window.strides, window.pads, weights.shape[2:]
    down, across = window.dilations
    if strides[0] != strides[1] or strides[0] < 1 or min(down, across) < 1:
        raise ModelFileError(f"{name}: strides {strides}, dilations {(down, across)}")
    if min(pads) < 0 or max(pads) > 64:
        raise ModelFileError(f"{name}: pads {pads}; 0 to 64 are read")
    most = max(pads)
    top, left, bottom, right = (most - pad for pad in pads)
    high, wide = (rows - 1) * down + 1, (columns - 1) * across + 1
    count = weights.shape[0] * weights.shape[1] * (top + high + bottom) * (left + wide + right)
    if count > MAX_WEIGHTS:
        raise ModelFileError(f"{name}: its kernel grows to {count} weights, over {MAX_WEIGHTS}")
    if (top, left, bottom, right, down, across) == (0, 0, 0, 0, 1, 1):
        return weights, most, strides[0]
    kernel = np.zeros((*weights.shape[:2], top + high + bottom, left + wide + right), weights.dtype)
    kernel[:, :, top : top + high : down, left : left + wide : across] = weights
    return kernel, most, strides[0]
