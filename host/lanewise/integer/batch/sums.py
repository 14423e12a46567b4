# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a dense layer sums and how far that reaches, for inputs too large by a constant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lanewise.integer.certificate import Int64
from lanewise.integer.program import Dense


@dataclass(frozen=True)
class Sums:
    """weights: (outputs, inputs); the rest (outputs,).

    bias: with the constant of the inputs taken off. lo, hi: certified interval of the accumulator,
    bias included. reach: the largest absolute value of any partial sum, bias or not.
    """

    weights: Int64
    bias: Int64
    shift: Int64
    lo: Int64
    hi: Int64
    reach: Int64

    def exact(self, most: int) -> bool:
        """Whether no partial sum reaches ``most``."""
        return bool((self.reach < most).all())


def sums_of(op: Dense, tops: Int64, above: int) -> Sums:
    """``tops``: (inputs,) upper ends of the inputs, which are too large by ``above``."""
    weights = op.weights.astype(np.int64)
    shift, told = op.shift.astype(np.int64), op.bias.astype(np.int64)
    falls, rises = np.minimum(weights, 0), np.maximum(weights, 0)
    bias = told - above * weights.sum(axis=1)
    most = tops + above
    furthest = np.maximum(-(falls * most).sum(axis=1), (rises * most).sum(axis=1))
    lo, hi = told + (falls * tops).sum(axis=1), told + (rises * tops).sum(axis=1)
    return Sums(weights, bias, shift, lo, hi, furthest + np.abs(bias))
