# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a recipe adds to the loss for work that the network makes for a board."""

from __future__ import annotations

import torch
from torch import Tensor

from lanewise.nn.network import Network
from lanewise.train.activity import Activity
from lanewise.train.cycles import Cycles
from lanewise.train.recipe import Recipe


class Penalty:
    """Listens for what ``recipe`` weighs: nothing, mean activations, predicted cycles, or both.

    rows: how many pictures of a batch count, its first ones; None: all.
    """

    def __init__(self, network: Network, recipe: Recipe, rows: int | None = None) -> None:
        self._parts: list[tuple[float, Activity | Cycles]] = []
        if recipe.sparsity:
            self._parts.append((recipe.sparsity, Activity(network, rows)))
        if recipe.cycles:
            self._parts.append((recipe.cycles, Cycles(network, rows)))

    def take(self) -> Tensor:
        """The weighted sum for the last forward pass."""
        return sum((weight * part.take() for weight, part in self._parts), torch.zeros(()))

    def close(self) -> None:
        """Stop listening."""
        for _, part in self._parts:
            part.close()
