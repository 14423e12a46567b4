# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Two accumulators in one float: half the multiplications where intervals are narrow.

Where ``w_a . x`` is certified to lie in an interval narrower than ``2**m`` and ``2**m * (w_b . x)``
still is exact, the one row ``w_a + 2**m * w_b`` gives both sums in one product. With the bottom of
a's interval taken off within the sum, ``floor(sum / 2**m)`` is b and the rest is a, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.spread import spread
from lanewise.integer.batch.step import Float, Real
from lanewise.integer.batch.sums import Sums


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

    def apart(self, value: Float) -> Callable[[], None]:
        """Takes ``value[1]``'s sums apart: ``value[0]`` is low then, both whole, not clipped.

        value: (2, n, images, outputs / 2 filled up).
        """
        low, high = value
        images = low.shape[0] * low.shape[1]
        factors = np.stack([spread(row, images) for row in (self.scale_low, self.scale_high)])
        bottom = spread(self.bottom_low, images)

        def part() -> None:
            np.floor(high, out=low)
            np.subtract(high, low, out=low)
            np.multiply(value, factors, out=value)
            np.add(low, bottom, out=low)
            np.floor(value, out=value)

        return part


def pairs_of(sums: Sums, real: Real) -> Pairs | None:
    """All outputs of a layer in pairs exact in ``real``; None where that cannot be.

    The narrowest interval goes below the sum of the largest reach.
    """
    lo, hi, reach, bias, weights = sums.lo, sums.hi, sums.reach, sums.bias, sums.weights
    outputs = len(bias)
    if outputs % 2:
        return None
    by_width = np.argsort(hi - lo, kind="stable")
    low, wide = by_width[: outputs // 2], by_width[outputs // 2 :]
    high = wide[np.argsort(-reach[wide], kind="stable")]
    unit = np.int64(1) << np.ceil(np.log2((hi - lo)[low] + 1)).astype(np.int64)
    # Twice the low reach: the bottom of its interval is taken off within the sum.
    # In floating point, which is exact where it matters: int64 would wrap around.
    whole = unit.astype(np.float64) * reach[high] + 2 * reach[low]
    if bool((whole >= 1 << np.finfo(real).nmant + 1).any()):
        return None
    flat = unit[:, None]
    rows = (weights[low] + flat * weights[high]).astype(real) / flat.astype(real)
    summed = (bias[low] - lo[low] + unit * bias[high]).astype(real) / unit.astype(real)
    scale = np.exp2(-sums.shift.astype(real))
    return Pairs(
        low,
        high,
        rows,
        summed,
        unit.astype(real) * scale[low],
        lo[low].astype(real) * scale[low],
        scale[high],
    )
