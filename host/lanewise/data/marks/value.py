# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Ink pictures of marks that are not digits: beside ``Digits``, without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lanewise.data.digits import SIDE
from lanewise.errors import DataError

KINDS = ("letter", "symbol", "doodle", "scribble", "line", "blob", "crossed", "print")
"""What a mark is: a letter of some alphabet; punctuation, mathematics and arrows; a small drawing;
curves, zigzags and hatching; long strokes, bars and grids; filled shapes; a digit struck out; a
printed letter or sign."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks in MNIST's framing.

    ``images``: (n, 28, 28) uint8 ink, 0 = paper, 255 = full ink. ``kinds``: (n,) uint8, places in
    ``KINDS``. ``name`` says where they come from. Raises DataError where they disagree.
    """

    images: npt.NDArray[np.uint8]
    kinds: npt.NDArray[np.uint8]
    name: str

    def __post_init__(self) -> None:
        for what, array in (("images", self.images), ("kinds", self.kinds)):
            if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
                found = getattr(array, "dtype", type(array).__name__)
                raise DataError(f"{self.name}: {what} are {found}, expected a uint8 array")
        shapes = (len(self.kinds), SIDE, SIDE)
        if self.kinds.ndim != 1 or self.images.shape != shapes:
            raise DataError(
                f"{self.name}: images have shape {self.images.shape}, expected {shapes}, one for"
                " each kind"
            )
        if len(self) and int(self.kinds.max()) >= len(KINDS):
            raise DataError(f"{self.name}: kind {int(self.kinds.max())}, there are {len(KINDS)}")

    def __len__(self) -> int:
        return len(self.kinds)

    def take(self, which: slice | Sequence[int] | npt.NDArray[np.integer]) -> Marks:
        """The marks of a slice or of a list of positions, in that order.

        Raises DataError for positions outside 0 .. n - 1.
        """
        if isinstance(which, slice):
            return Marks(self.images[which], self.kinds[which], self.name)
        index = np.asarray(which, dtype=np.intp)
        if index.size and not 0 <= int(index.min()) <= int(index.max()) < len(self):
            raise DataError(
                f"{self.name}: positions {int(index.min())} .. {int(index.max())} asked for,"
                f" there are 0 .. {len(self) - 1}"
            )
        return Marks(self.images[index], self.kinds[index], self.name)
