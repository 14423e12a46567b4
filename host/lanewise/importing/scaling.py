# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A scaling by constants that waits for the layer after it, and how that layer takes it in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ModelFileError
from lanewise.importing.net import Linear


@dataclass(frozen=True)
class Scaling:
    """``factor * x + offset``, an element each, (channels, rows, columns)."""

    factor: NDArray[np.float64]
    offset: NDArray[np.float64]

    def by_channel(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Factor and offset of each channel, or None where pixels differ."""
        for part in (self.factor, self.offset):
            if (part != part[:, :1, :1]).any():
                return None
        return self.factor[:, 0, 0], self.offset[:, 0, 0]

    def into(self, layer: Linear) -> Linear:
        """``layer`` of unscaled inputs; raises ``ModelFileError`` where there is no such layer."""
        weights = layer.weights.astype(np.float64)
        if layer.dense:
            moved = (weights * self.offset).sum(axis=(1, 2, 3))
            weights = weights * self.factor
        else:
            found = self.by_channel()
            if found is None or (layer.padding and found[1].any()):
                raise ModelFileError(
                    f"{layer.name}: pads with zeros what was shifted by constants before it"
                )
            members = layer.weights.shape[1]
            if members * layer.groups != len(found[0]):
                raise ModelFileError(f"{layer.name}: {weights.shape} on {len(found[0])} maps")
            own = np.repeat(np.arange(layer.groups), len(weights) // layer.groups)
            factor, offset = (part.reshape(-1, members)[own] for part in found)
            moved = (weights * offset[:, :, None, None]).sum(axis=(1, 2, 3))
            weights = weights * factor[:, :, None, None]
        bias = (layer.bias + moved).astype(np.float32)
        return replace(layer, weights=weights.astype(np.float32), bias=bias)
