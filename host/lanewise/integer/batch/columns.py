# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Maps as arrays (columns, rows, channels, images), even columns before odd ones.

Columns outermost: a map moved by a column is the same memory from further on. Even before odd: the
columns that a stride of two, a pooling window or a Winograd tile takes lie one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.batch.step import Float, Real, aligned
from lanewise.integer.program import Shape


def order(width: int) -> NDArray[np.intp]:
    """Columns of a map ``width`` wide, as they lie."""
    columns = np.arange(width)
    return np.concatenate([columns[0::2], columns[1::2]])


def place(width: int, column: int) -> int:
    """Where a column of a map ``width`` wide lies."""
    return column // 2 + column % 2 * ((width + 1) // 2)


def runs(width: int, first: int, count: int, step: int) -> Iterator[tuple[slice, slice]]:
    """``count`` columns ``first``, ``first + step``, ... of a map ``width`` wide.

    Pairs of slices: of those columns, as a map of their own lies, and of the map.
    """
    half = (count + 1) // 2
    for odd, some in ((0, half), (1, count - half)):
        if some:
            begin = place(width, first + odd * step)
            yield slice(odd * half, odd * half + some), slice(begin, begin + some * step, step)


def new_map(shape: Shape, images: int, real: Real) -> Float:
    """Zeros for a value of ``shape``."""
    channels, height, width = shape
    return aligned((width, height, channels, images), real)
