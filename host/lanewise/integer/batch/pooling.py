# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Windows of pooling on maps: largest values, columns first, and sums."""

from __future__ import annotations

import numpy as np

from lanewise.integer.batch.columns import runs
from lanewise.integer.batch.step import Float, Scratch, Step, Summed
from lanewise.integer.program import Pool


class Windows:
    """Largest value of each window.

    spoil: ``source`` may be overwritten. Its columns' largest values then stay in their place,
    which takes two thirds of the time, as a third less memory goes through the caches.
    """

    def __init__(
        self, op: Pool, source: Float, out: Float, scratch: Scratch, spoil: bool = False
    ) -> None:
        width = len(source)
        wide, high = out.shape[:2]
        seen = source[:, : (high - 1) * op.stride + op.size]
        spoil = spoil and op.stride >= op.size  # no column is seen twice
        between = seen if spoil else scratch.take((wide, *seen.shape[1:]))
        self.passes: list[tuple[Float, Float, Float]] = []
        for blocks in zip(
            *(runs(width, at, wide, op.stride) for at in range(op.size)), strict=True
        ):
            mine, first = blocks[0]
            columns = between[first if spoil else mine]
            self._largest([seen[theirs] for _, theirs in blocks], columns)
            ends = [at + (high - 1) * op.stride + 1 for at in range(op.size)]
            rows = [columns[:, at : end : op.stride] for at, end in enumerate(ends)]
            self._largest(rows, out[mine])

    def _largest(self, parts: list[Float], target: Float) -> None:
        self.passes.append((parts[0], parts[min(1, len(parts) - 1)], target))
        self.passes += [(target, part, target) for part in parts[2:]]

    def run(self) -> None:
        """Fill ``out``."""
        for left, right, target in self.passes:
            np.maximum(left, right, out=target)


class MaxPool(Step):
    """Largest values, which keep their bits."""

    def __init__(self, op: Pool, source: Float, value: Float, scratch: Scratch) -> None:
        super().__init__(op, value)
        self.windows = Windows(op, source, value, scratch)

    def run(self) -> None:
        self.windows.run()


class SumPool(Summed):
    """Rounded and shifted sums."""

    def __init__(self, op: Pool, source: Float, value: Float) -> None:
        super().__init__(op, value)
        wide, high = value.shape[:2]
        self.parts = [
            (value[mine], source[theirs, y : y + (high - 1) * op.stride + 1 : op.stride])
            for x in range(op.size)
            for mine, theirs in runs(len(source), x, wide, op.stride)
            for y in range(op.size)
        ]
        self.rounding = value.dtype.type(op.rounding)
        self.scale = value.dtype.type(2.0**-op.shift)

    def accumulate(self) -> None:
        self.value.fill(self.rounding)
        for target, part in self.parts:
            target += part
        self.value *= self.scale
