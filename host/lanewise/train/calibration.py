# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What logits mean: temperature scaling and the margin below which a reading is unsure. NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.integer]


def negative_log_likelihood(logits: Int, labels: Int, units: float) -> float:
    """Mean of ``-log softmax(logits / units)[label]``: (n, k) logits, (n,) labels."""
    scaled = logits.astype(np.float64) / units
    scaled -= scaled.max(axis=1, keepdims=True)
    right = scaled[np.arange(len(labels)), labels]
    return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - right))


def logits_per_nat(logits: Int, labels: Int) -> int:
    """Integer logit units per nat with the least validation loss (Guo et al., arXiv:1706.04599).

    The loss is convex in 1 / units, so golden-section search over its logarithm finds the minimum.
    """
    spread = float(np.ptp(logits, axis=1).mean()) or 1.0
    low, high = np.log(spread / 1000), np.log(spread * 10)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if negative_log_likelihood(logits, labels, np.exp(left)) <= negative_log_likelihood(
            logits, labels, np.exp(right)
        ):
            high = right
        else:
            low = left
    return max(1, round(float(np.exp((low + high) / 2))))


def margins(logits: Int) -> NDArray[np.int64]:
    """Best logit less the second best, of each reading."""
    top = np.partition(logits.astype(np.int64), -2, axis=1)
    return np.asarray(top[:, -1] - top[:, -2])


def reject_margin(
    logits: Int,
    labels: Int,
    share: float = 0.002,
    others: Int | None = None,
    given: float = 0.02,
) -> int:
    """Largest margin below which at most ``share`` of the right answers fall.

    ``others``: logits (m, k) of what is no digit. With them it is no larger than needed for at most
    ``given`` of them to be given a digit.
    """
    right = np.sort(margins(logits)[logits.argmax(axis=1) == labels])
    if not len(right):
        return 0
    most = int(right[int(share * len(right))])
    if others is None or not len(others):
        return most
    apart = np.sort(margins(others))[::-1]
    return min(most, int(apart[int(given * len(apart))]) + 1)
