# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Mixing as a 1x1 convolution whose weights fit bytes: a weight too large is shared out over
several copies of what it multiplies, so the sum stays the same integer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Mix

MOST_COPIES = 10
"""Most values that are put together: tflite-micro's CONCATENATION takes ten."""


def copies(op: Mix, most: int) -> tuple[int, int]:
    """How often the streams, and the branch, are needed for weights of at most ``most``."""
    streams = -(-int(op.matrix.max(initial=0)) // most)
    branch = -(-int(op.branch.max(initial=0)) // most)
    return max(1, streams), max(1, branch) if op.branch.size else 0


def refusal(op: Mix, most: int) -> str | None:
    """Why ``op`` cannot be such a convolution, or None."""
    count = sum(copies(op, most))
    if count <= MOST_COPIES:
        return None
    largest = max(int(op.matrix.max(initial=0)), int(op.branch.max(initial=0)))
    return f"a mixing weight of {largest} takes {count} copies of its input, over {MOST_COPIES}"


def mixing_kernel(op: Mix, wide: int, most: int) -> NDArray[np.int64]:
    """Weights (rows * wide, (streams * copies + copies of the branch) * wide, 1, 1); ``wide``:
    channels of one stream. Input: all streams, copy after copy, then the branch's copies."""
    of_streams, of_branch = copies(op, most)
    parts = [_share(op.matrix.astype(np.int64), of_streams)]
    if of_branch:
        parts.append(_share(op.branch.astype(np.int64)[:, None], of_branch))
    gains = np.concatenate(parts, axis=1)
    spread = np.einsum("ij,ck->icjk", gains, np.eye(wide, dtype=np.int64))
    kernel: NDArray[np.int64] = spread.reshape(len(gains) * wide, gains.shape[1] * wide, 1, 1)
    return kernel


def _share(gains: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``count`` matrices side by side that add up to ``gains``, none far above an even share."""
    return np.concatenate([(gains + at) // count for at in range(count)], axis=1)
