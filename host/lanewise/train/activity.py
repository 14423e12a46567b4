# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How active a network's hidden layers are, for a loss that asks for zeros."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lanewise.nn.network import Network


class Activity:
    """Listens to what each weighted layer but the last makes, after its pooling if it has one.

    ``take()`` after a forward pass is the sum over layers of the mean activation: a scalar with a
    gradient, of the first ``rows`` pictures, or of all. ``close()`` stops listening.
    """

    def __init__(self, network: Network, rows: int | None = None) -> None:
        self._rows = rows
        self._heard: list[Tensor] = []
        layers = list(network.weighted())[:-1]
        self._hooks = [layer.register_forward_hook(self._hear) for layer in layers]

    def _hear(self, layer: nn.Module, _: object, made: Tensor) -> None:
        if layer.training:
            self._heard.append(made[: self._rows])

    def take(self) -> Tensor:
        """The sum of means of the last forward pass."""
        total = sum((made.mean() for made in self._heard), torch.zeros(()))
        self._heard.clear()
        return total

    def close(self) -> None:
        """Take the listeners off the network."""
        for hook in self._hooks:
            hook.remove()
