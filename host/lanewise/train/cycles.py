# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The predicted cycles that a network's activations cost a board, for a loss that asks for fewer.

A board pays for each element of a value that is not zero, whatever its size, and how much is the
cost model's to say (``lanewise.cost.marginal``). The count has no gradient, so going back it is
``q / (q + 1)`` with ``q`` the activation in integer steps: small activations are drawn to zero
and large ones are let alone, where an l1 penalty would shrink all by the same (the penalty of
Geman and Reynolds, IEEE PAMI 14(3), 1992, eq. 3.1, for the integers of a value).

That lets a channel alone which is large on blank paper, and so nearly everywhere. A convolution's
bias is what it answers to nothing: while it is above 0 it is drawn down by what all its places
cost, for each integer step. Going forward this adds nothing, since the count has it already.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from lanewise.cost.marginal import Price, prices
from lanewise.nn.layers import QuantConv2d, QuantPool
from lanewise.nn.network import Network, build
from lanewise.nn.quantizers import straight_through
from lanewise.train.fold import fold, quantize_after_training

MILLION = 1e6


class Cycles:
    """Listens to every value that a board is charged for, at the layer that makes it.

    ``take()`` after a forward pass is the predicted millions of RP2040 cycles a picture that the
    non-zero elements of hidden values cost with ``ulab16``: a scalar with a gradient. What costs
    the same whatever the values (borders, finishing) is not in it. ``rows``: only so many pictures
    of a batch count, its first ones. ``close()`` stops listening.
    """

    def __init__(self, network: Network, rows: int | None = None) -> None:
        self._rows = rows
        self._heard: list[Tensor] = []
        self._hooks = []
        self._blank: list[tuple[QuantConv2d, float]] = []
        for value, price in enumerate(hidden_prices(network)):
            if price.cycles:
                steps = 2.0 ** network.exponents[value + 1]
                hear = partial(self._hear, price, steps)
                self._hooks.append(network.layers[value].register_forward_hook(hear))
                maker = _maker(network, value)
                if isinstance(maker, QuantConv2d):
                    places = price.height * price.width
                    self._blank.append((maker, price.cycles * places * steps / MILLION))

    def _hear(self, price: Price, steps: float, layer: nn.Module, _: object, made: Tensor) -> None:
        if not layer.training:
            return
        made = made[: self._rows]
        part = made[:, :, : price.height, : price.width] if made.dim() == 4 else made
        share = price.cycles / MILLION / len(part)
        self._heard.append(active(part * steps).sum() * share)

    def take(self) -> Tensor:
        """Millions of cycles a picture of the last forward pass."""
        total = sum(self._heard, torch.zeros(()))
        self._heard.clear()
        nothing = torch.zeros(())
        for layer, share in self._blank:
            answer = layer.folded()[1].relu().sum() * share
            total = total + straight_through(answer, nothing)
        return total

    def close(self) -> None:
        """Take the listeners off the network."""
        for hook in self._hooks:
            hook.remove()


def active(steps: Tensor) -> Tensor:
    """1 where an activation, in integer steps, rounds to at least 1, else 0; the gradient going
    back is that of ``q / (q + 1)``."""
    return straight_through(steps / (steps + 1), (steps >= 0.5).to(steps.dtype))


def _maker(network: Network, value: int) -> nn.Module:
    """The layer that makes what layer ``value`` gives out: itself, or the one that it pools."""
    layer = network.layers[value]
    while isinstance(layer, QuantPool):
        value = network.architecture.sources(value)[0] - 1
        if value < 0:
            break
        layer = network.layers[value]
    return layer


def hidden_prices(network: Network) -> list[Price]:
    """The price of each value that a layer but the last makes, in order."""
    twin = build(network.architecture, network.acc_bits, 0)
    quantize_after_training(twin)
    return prices(fold(twin))[1:]
