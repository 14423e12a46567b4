# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A dense layer's constants: filled up to whole vectors, repeated for some images at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.step import aligned

VECTOR = 16
"""Numbers of a vector: a product's columns are filled up to whole ones."""
RUN = 4096
"""Numbers that a row is spread over: rows as short as a layer's outputs take longer to repeat than
to add, and these still lie in the nearest cache."""


def filled(rows: NDArray[Any], content: int) -> NDArray[Any]:
    """(..., width) up to whole vectors: a product takes as long for 92 columns as for 110."""
    sides = [(0, 0)] * (rows.ndim - 1)
    return np.pad(rows, (*sides, (0, -rows.shape[-1] % VECTOR)), constant_values=content)


def spread(row: NDArray[Any], images: int) -> NDArray[Any]:
    """(width,) for some images at a time: (1, images of those, width), filled up with zeros."""
    full = filled(row, 0)
    most = max(1, RUN // len(full))
    some = max(n for n in range(1, images + 1) if images % n == 0 and n <= most)
    whole = aligned((1, some, len(full)), row.dtype.type)
    whole += full
    return whole
