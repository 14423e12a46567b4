# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a step of training reads: digits of one or several framings, and pictures of no digit.

A batch is a function of ``(seed, epoch, step)`` and the pictures, so it can be made ahead, on any
thread and again after a resume, with the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lanewise.data.digits import Digits
from lanewise.data.framed import FramedPictures, as_framed
from lanewise.errors import TrainingError
from lanewise.nn.architectures import FRAME, Architecture
from lanewise.train.augmentation import distort, generator, shrink
from lanewise.train.recipe import Recipe

_ORDER, _BATCH, _OUTLIERS = 1, 2, 4
"""Streams of random numbers within a run, so that none is used twice; 3 makes first weights."""


@dataclass(frozen=True)
class Batch:
    """``inputs`` (n + outliers, 1, size, size); ``labels`` (n,) of the first of them, the rest show
    no digit."""

    inputs: Tensor
    labels: Tensor


class Batches:
    """The batches of a run of ``recipe`` on ``train`` and what lies ``beside`` it.

    Digits of all sets are shuffled together; of those that show no digit ``rows - batch`` are drawn
    for each step. Raises ``TrainingError`` for pictures of another framing than MNIST's or the
    model's own, and where recipe and pictures disagree on whether there are any without a digit.
    """

    def __init__(
        self,
        architecture: Architecture,
        recipe: Recipe,
        train: Digits,
        beside: Sequence[FramedPictures] = (),
    ) -> None:
        self.architecture, self.recipe = architecture, recipe
        sets = [as_framed(train), *beside]
        for one in sets:
            _check_framing(one, architecture)
        digits = [(one, one.labels) for one in sets if one.labels is not None]
        others = [one for one in sets if one.labels is None and len(one)]
        if bool(others) is not bool(recipe.outliers):
            found = "there are none" if not others else f"there is {others[0].name}"
            raise TrainingError(
                f"recipe: outliers is {recipe.outliers:g} for pictures that show no digit, but "
                f"{found}; give both or neither"
            )
        self._digits = _Pool([one for one, _ in digits])
        self._labels = torch.from_numpy(
            np.concatenate([labels for _, labels in digits]).astype(np.int64)
        )
        self._others = _Pool(others)
        self._drawn = max(1, round(recipe.outlier_share * recipe.batch)) if others else 0
        self.steps = self._digits.count // recipe.batch
        """In an epoch; a last batch that is not full is left out."""

    def order(self, epoch: int) -> Tensor:
        """The digits in the order of ``epoch``."""
        return torch.randperm(
            self._digits.count, generator=generator(self.recipe.seed, _ORDER, epoch)
        )

    def make(self, order: Tensor, epoch: int, step: int) -> Batch:
        """The batch of ``step`` in an epoch of ``order``."""
        size, seed = self.recipe.batch, self.recipe.seed
        chosen = order[step * size : (step + 1) * size]
        parts, places = self._distorted(self._digits, chosen, generator(seed, _BATCH, epoch, step))
        if self._drawn:
            random = generator(seed, _OUTLIERS, epoch, step)
            drawn = torch.randint(self._others.count, (self._drawn,), generator=random)
            parts += self._distorted(self._others, drawn, random)[0]
        inputs = parts[0] if len(parts) == 1 else torch.cat(parts)
        return Batch(inputs, self._labels[places])

    def _distorted(
        self, pool: _Pool, chosen: Tensor, random: torch.Generator
    ) -> tuple[list[Tensor], Tensor]:
        """Inputs of the ``chosen`` of a pool, set by set, and which each of them is."""
        parts, places = [], []
        for images, crop, first in pool.sets:
            mine = chosen[(chosen >= first) & (chosen < first + len(images))]
            if len(mine):
                ink = distort(images[mine - first], self.recipe.augmentation, random, crop)
                parts.append(shrink(ink, self.architecture))
                places.append(mine)
        return parts, places[0] if len(places) == 1 else torch.cat(places)


class _Pool:
    """Sets of pictures counted through: (images, crop, number of the first) of each."""

    def __init__(self, sets: Sequence[FramedPictures]) -> None:
        self.sets: list[tuple[Tensor, int, int]] = []
        self.count = 0
        for one in sets:
            images = torch.from_numpy(np.ascontiguousarray(one.images))
            self.sets.append((images, one.crop, self.count))
            self.count += len(one)


def _check_framing(pictures: FramedPictures, architecture: Architecture) -> None:
    """MNIST's 28 of 28, or what vision gives the architecture."""
    mine = (pictures.cells, pictures.crop)
    if mine not in ((FRAME, FRAME), (architecture.size, architecture.crop)):
        raise TrainingError(
            f"{pictures.name}: {mine[0]} cells of the middle {mine[1]}; {architecture.name} learns "
            f"from {architecture.size} of {architecture.crop} or {FRAME} of {FRAME}"
        )
