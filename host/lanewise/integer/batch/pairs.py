# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Two accumulators in one float: half the multiplications where intervals are narrow.

Where ``w_a . x`` is certified to lie in an interval narrower than ``2**m`` and ``2**m * (w_b . x)``
still is exact, the one row ``w_a + 2**m * w_b`` gives both sums in one product. With the bottom of
a's interval taken off within the sum, ``floor(sum / 2**m)`` is b and the rest is a, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.certificate import Int64
from lanewise.integer.program import Dense

Float = NDArray[np.floating[Any]]
Real = type[np.floating[Any]]


@dataclass(frozen=True)
class Pairs:
    """Rows of weights and biases that hold two outputs each, and how to take their sums apart.

    rows: (outputs / 2, inputs); bias: (outputs / 2,). ``value = floor(row's sum)``
    is output ``high[i]`` before its shift; the rest, times ``scale_low`` plus ``bottom_low``, is
    output ``low[i]`` after its own; ``scale_high`` shifts the other. All (outputs / 2,).
    """

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    rows: Float
    bias: Float
    scale_low: Float
    bottom_low: Float
    scale_high: Float


def pairs_of(op: Dense, lo: Int64, hi: Int64, real: Real) -> Pairs | None:
    """All outputs of ``op`` in pairs exact in ``real``; None where that cannot be.

    lo, hi: certified interval of each output, bias included. The narrowest interval goes below the
    sum of the largest reach.
    """
    outputs = len(op.bias)
    if outputs % 2 or op.activation_bits is None:
        return None
    bias = op.bias.astype(np.int64)
    reach = np.maximum(np.abs(lo), np.abs(hi)) + np.abs(bias)  # of any partial sum, bias or not
    by_width = np.argsort(hi - lo, kind="stable")
    low, wide = by_width[: outputs // 2], by_width[outputs // 2 :]
    high = wide[np.argsort(-reach[wide], kind="stable")]
    unit = np.int64(1) << np.ceil(np.log2((hi - lo)[low] + 1)).astype(np.int64)
    # Twice the low reach: the bottom of its interval is taken off within the sum.
    # In floating point, which is exact where it matters: int64 would wrap around.
    whole = unit.astype(np.float64) * reach[high] + 2 * reach[low]
    if bool((whole >= 1 << np.finfo(real).nmant + 1).any()):
        return None
    weights = op.weights.astype(np.int64)
    flat = unit[:, None]
    rows = (weights[low] + flat * weights[high]).astype(real) / flat.astype(real)
    summed = (bias[low] - lo[low] + unit * bias[high]).astype(real) / unit.astype(real)
    scale = np.exp2(-op.shift.astype(real))
    return Pairs(
        low,
        high,
        rows,
        summed,
        unit.astype(real) * scale[low],
        lo[low].astype(real) * scale[low],
        scale[high],
    )
