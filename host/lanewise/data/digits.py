# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The one value every data source yields: labelled ink pictures of 28x28."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lanewise.errors import DataError

SIDE = 28
"""Height and width of every picture, in pixels."""

CLASSES = 10
"""Labels are 0 .. CLASSES - 1."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled digits in MNIST's framing.

    ``images``: (n, 28, 28) uint8 ink, 0 = paper, 255 = full ink. ``labels``: (n,) uint8 in 0 .. 9.
    ``name`` says where they come from, for tables and messages. Raises DataError where shapes,
    types, counts or label values disagree.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    name: str

    def __post_init__(self) -> None:
        for what, array in (("images", self.images), ("labels", self.labels)):
            if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
                found = getattr(array, "dtype", type(array).__name__)
                raise DataError(f"{self.name}: {what} are {found}, expected a uint8 array")
        if self.images.ndim != 3 or self.images.shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"{self.name}: images have shape {self.images.shape}, expected (n, {SIDE}, {SIDE});"
                " resize them first"
            )
        if self.labels.ndim != 1:
            raise DataError(f"{self.name}: labels have shape {self.labels.shape}, expected (n,)")
        if len(self.images) != len(self.labels):
            raise DataError(
                f"{self.name}: {len(self.images)} images but {len(self.labels)} labels;"
                " they must come from the same set"
            )
        check_labels(self.labels, self.name)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: slice | Sequence[int] | npt.NDArray[np.integer]) -> Digits:
        """The digits of a slice or of a list of positions, in that order.

        Raises DataError for positions outside 0 .. n - 1.
        """
        if isinstance(which, slice):
            return Digits(self.images[which], self.labels[which], self.name)
        index = np.asarray(which)
        if index.size == 0:
            index = index.astype(np.intp)
        if index.ndim != 1 or not np.issubdtype(index.dtype, np.integer):
            raise DataError(f"{self.name}: positions must be a flat list of integers")
        if index.size and not (int(index.min()) >= 0 and int(index.max()) < len(self)):
            raise DataError(
                f"{self.name}: positions {int(index.min())} .. {int(index.max())} asked for,"
                f" there are 0 .. {len(self) - 1}"
            )
        return Digits(self.images[index], self.labels[index], self.name)


def check_labels(labels: npt.NDArray[np.uint8], where: str) -> None:
    """Raise DataError naming the first label above 9."""
    wrong = np.flatnonzero(labels >= CLASSES)
    if len(wrong):
        raise DataError(
            f"{where}: label {int(labels[wrong[0]])} at position {int(wrong[0])}"
            f" ({len(wrong)} such), expected 0 .. {CLASSES - 1}"
        )
