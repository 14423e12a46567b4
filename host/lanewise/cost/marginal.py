# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What one more non-zero element of each value costs: the cost model's slope, for training."""

from __future__ import annotations

from dataclasses import dataclass

from lanewise.cost.predict import live_parts, predict
from lanewise.integer.program import Program
from lanewise.integer.shapes import validate

_MANY = 4096.0
"""Elements over which a slope is taken: predictions are whole cycles, and linear in each count."""


@dataclass(frozen=True)
class Price:
    """cycles: of one more non-zero element; height, width: the part of the value that is read,
    outside of which elements cost nothing."""

    cycles: float
    height: int
    width: int


def prices(program: Program, engine: str = "ulab16") -> list[Price]:
    """The price of each value but the logits, the input first. Raises ``UsageError`` for an unknown
    engine. A value that its maker pools before it is stored costs nothing: the pooled one does."""
    shapes, live = validate(program), live_parts(program)
    none = [0.0] * len(program.ops)
    base = sum(predict(program, none, engine))
    found = []
    for value, ((_, height, width), part) in enumerate(zip(shapes[:-1], live[:-1], strict=True)):
        counts = [*none[:value], _MANY, *none[value + 1 :]]
        slope = (sum(predict(program, counts, engine)) - base) / _MANY
        # The model spreads a count evenly over the value; those that are read bear all of it.
        found.append(Price(slope * height * width / (part[0] * part[1]), *part))
    return found
