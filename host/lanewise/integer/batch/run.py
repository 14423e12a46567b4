# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Chooses type, layout and block for a certified program, and runs batches through it.

Measured against the interpreters of others, one thread each: ``tools/bench_host.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.dense import Chain, is_chain
from lanewise.integer.batch.maps import Maps
from lanewise.integer.batch.step import unbuffered
from lanewise.integer.certificate import Certificate
from lanewise.integer.program import Conv2d, Dense, Program

CHAIN_BLOCK = 2000
"""Images at once through a chain of dense layers."""
MAP_BLOCKS = (16, 64)
"""Fewest and most images at once through maps; between them what fits ``CACHE_BYTES``."""
CACHE_BYTES = 16 << 20
"""Buffers of a block: half a desk's usual last-level cache. A nearer one holds fewer images than
fill vectors and make up for NumPy's calls: blocks of 16 and 32 take longer."""

Real = type[np.floating[Any]]


def real_type(program: Program, certificate: Certificate) -> Real | None:
    """The fastest float that is exact for every partial sum of ``program``, if there is one.

    A bound holds with the bias in the sum; a product may add the bias first or last, so its size
    comes on top.
    """
    reach = 0
    for bound in certificate.bounds:
        op = program.ops[bound.op]
        bias = 0
        if isinstance(op, Dense | Conv2d):
            bias = int(np.abs(op.bias.astype(np.int64)).max())
        reach = max(reach, max(-bound.lo, bound.hi) + bias)
    for real in (np.float32, np.float64):
        if reach < 1 << np.finfo(real).nmant + 1:
            return real
    return None


class BatchRunner:
    """``program`` ready to run batches: weights scaled and laid out, buffers made.

    Not for two threads at a time: the buffers are shared.
    """

    def __init__(self, program: Program, real: Real, most_images: int) -> None:
        """``most_images``: the largest batch to expect; blocks are no larger."""
        self._kernels: Chain | Maps
        if is_chain(program):
            self.block = max(1, min(CHAIN_BLOCK, most_images))
            self._kernels = Chain(program, self.block, real)
        else:
            one = Maps(program, 1, real)
            bytes_each = (one.kept + one.shared) * np.dtype(real).itemsize
            fewest, most = MAP_BLOCKS
            block = min(max(CACHE_BYTES // bytes_each // 16 * 16, fewest), most)
            self.block = max(1, min(block, most_images))
            self._kernels = Maps(program, self.block, real, one.shared * self.block)
        self._labels = len(program.labels)

    def logits(self, batch: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """``batch`` (n, channels, height, width) of the input's range -> (n, labels)."""
        out = np.empty((len(batch), self._labels), np.int32)
        with unbuffered():
            for start in range(0, len(batch), self.block):
                part = slice(start, start + self.block)
                self._kernels.run(batch[part], out[part])
        return out
