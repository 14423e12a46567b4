# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pictures as vision frames them for a model: of its own side, labelled or showing no digit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lanewise.data.digits import SIDE, Digits, check_labels
from lanewise.errors import DataError


@dataclass(frozen=True, eq=False)
class FramedPictures:
    """Pictures of one side, to learn from beside a set of digits.

    ``images``: (n, cells, cells) uint8 ink, 0 = paper, 255 = full ink, of the middle ``crop`` 28ths
    of MNIST's square. ``labels``: (n,) uint8 in 0 .. 9, or None where what they show is no digit.
    ``name`` says where they come from. Raises DataError where shapes, types, counts or label values
    disagree.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8] | None
    name: str
    crop: int = SIDE

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2]:
            raise DataError(
                f"{self.name}: images are {images.dtype} of shape {images.shape}, expected uint8 "
                "(n, cells, cells)"
            )
        if labels is None:
            return
        if labels.dtype != np.uint8 or labels.shape != (len(images),):
            raise DataError(
                f"{self.name}: labels are {labels.dtype} of shape {labels.shape}, expected uint8 "
                f"({len(images)},), one for each image"
            )
        check_labels(labels, self.name)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def cells(self) -> int:
        """Side in cells."""
        return int(self.images.shape[1])


def as_framed(digits: Digits) -> FramedPictures:
    """Digits in MNIST's own framing, 28 of 28."""
    return FramedPictures(digits.images, digits.labels, digits.name)
