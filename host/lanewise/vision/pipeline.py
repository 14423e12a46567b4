# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From luma to the model's input in one call: the board's decisions on NumPy planes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.resources import import_lanecam
from lanewise.vision.planes import NumpyPlanes

UInt8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""(x, y, width, height) in frame pixels."""


@dataclass(frozen=True, eq=False)
class Framed:
    """What a look ended in.

    outcome: one of ``lanewise.vision.outcome``; box: of the (leftmost) object, or None; ink:
    ``(cells, cells)`` uint8 where the outcome is a digit, or None; boxes: of all objects.
    """

    outcome: str
    box: Box | None
    ink: UInt8 | None
    boxes: tuple[Box, ...] = ()


@lru_cache(maxsize=16)
def _vision(width: int, height: int, cells: int, bits: int, crop: int) -> Any:
    import_lanecam()
    from lanecam.vision.look import Vision

    return Vision(width, height, "grey", cells, bits, crop, NumpyPlanes)


def read_frame(luma: UInt8, cells: int, bits: int, crop: int = 28) -> Framed:
    """Find and frame the digit in luma ``(height, width)`` uint8, to ``cells`` and ``bits``.

    ``crop``: the input shows the middle ``crop`` 28ths of MNIST's square.

    Raises ValueError for a picture of a size that the camera does not have.
    """
    height, width = luma.shape
    vision = _vision(width, height, cells, bits, crop)
    found = vision.look(luma)
    boxes = tuple(vision.boxes)
    ink = None
    if found == "digit":
        ink = np.frombuffer(bytes(vision.ink), np.uint8).reshape(cells, cells)
    return Framed(found, vision.box, ink, boxes)
