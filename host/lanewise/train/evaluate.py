# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How often a network is right."""

from __future__ import annotations

import torch
from torch import Tensor

from lanewise.nn.network import Network


@torch.no_grad()
def evaluate(network: Network, inputs: Tensor, labels: Tensor, batch: int = 500) -> float:
    """Share of ``inputs`` (n, 1, size, size) that ``network`` answers with ``labels`` (n,)."""
    network.eval()
    right = 0
    for start in range(0, len(inputs), batch):
        answer = network(inputs[start : start + batch]).argmax(dim=1)
        right += int((answer == labels[start : start + batch]).sum())
    return right / len(labels)
