# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Weights as pairs of 16-bit lanes in 32-bit words: two multiply-accumulates for one multiply.

A word ``p = hi * 65536 + lo`` (modulo ``2**32``) of two signed weights, times an activation ``x``,
is the pair ``(hi * x, lo * x)``, and sums of such words are pairs of sums: carries between the
halves cancel, whatever happens on the way, as long as the final accumulators fit int16. That is
what the certificate proves. In flash a word holds ``16 / bits`` pairs of ``bits``-bit fields, each
weight stored plus ``2**(bits - 1)``; shift, mask and one subtraction give back the pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.certificate import OpBound
from lanewise.integer.program import Dense, Shape

FIELD_BITS = {"int8": 8, "int4": 4, "int3": 4, "int2": 2, "ternary": 2}
"""Bits of a weight in flash; ``wide`` tables use 16."""

Words = NDArray[np.uint32]


def fits_pairs(bound: OpBound | None) -> bool:
    """Whether the certificate admits int16 lanes."""
    return bound is not None and "ulab16" in bound.engines


def even(count: int) -> int:
    """``count`` rounded up to whole pairs."""
    return count + count % 2


def pack_lanes(rows: NDArray[np.integer], bits: int) -> Words:
    """Weights (n, lanes) -> (n, words), lanes padded with zero weights to whole words."""
    per_word = 32 // bits
    missing = -rows.shape[1] % per_word
    lanes = np.pad(rows.astype(np.int64), ((0, 0), (0, missing)))
    low, high = lanes[:, 0::2], lanes[:, 1::2]
    if bits == 16:
        return np.asarray((high * 65536 + low) % (1 << 32), dtype=np.uint32)
    offset = 1 << (bits - 1)
    count = 16 // bits
    place = np.arange(count, dtype=np.int64) * bits
    shape = (len(rows), low.shape[1] // count, count)
    low, high = (low + offset).reshape(shape), (high + offset).reshape(shape)
    return np.asarray(((low << place) + (high << (place + 16))).sum(axis=2), dtype=np.uint32)


def pair_biases(bias: NDArray[np.int32]) -> Words:
    """Biases as unsigned pairs: 32768 is added to each, so that no half ever borrows."""
    lanes = np.pad(bias.astype(np.int64), (0, len(bias) % 2)) + 32768
    return np.asarray(lanes[0::2] + (lanes[1::2] << 16), dtype=np.uint32)


def to_rows_last(op: Dense, shape: Shape) -> NDArray[np.int8]:
    """Dense weights (inputs, outputs), inputs in (row, column, channel) order."""
    weights = op.weights.reshape(len(op.bias), *shape)
    return np.ascontiguousarray(weights.transpose(2, 3, 1, 0).reshape(-1, len(op.bias)))
