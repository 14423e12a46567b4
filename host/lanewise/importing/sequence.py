# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Builds a sequential network operator by operator, whatever order the file keeps its axes in.

``view`` follows the value at hand: an array shaped as the file shapes it (batch 1), holding at each
place the number of that element in (channel, row, column) order. Transposing and reshaping only
move these numbers, and a dense layer's weights are put in order by them. Batch norms and other
scaling by constants fold into the layer before, or else wait for the one after.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Listed
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import ModelFileError
from lanewise.importing.net import (
    MAX_PRODUCTS,
    MAX_WEIGHTS,
    Float,
    Layer,
    Linear,
    Net,
    Pooling,
    after,
)
from lanewise.importing.padding import Window, even_padding
from lanewise.importing.scaling import Scaling
from lanewise.integer.program import Shape
from lanewise.integer.shapes import MAX_ELEMENTS


class Sequence:
    """The layers so far; every method raises ``ModelFileError`` naming the operator."""

    def __init__(self, sides: Listed[int], channels_last: bool) -> None:
        """sides: of one input, without the batch."""
        if not 1 <= len(sides) <= 3 or min(sides) < 1 or math.prod(sides) > MAX_ELEMENTS:
            raise ModelFileError(f"an input of {tuple(sides)} is no picture")
        self.input_shape = self.shape = _picture(sides, channels_last)
        numbers = np.arange(math.prod(sides), dtype=np.int32).reshape(self.shape)
        if len(sides) == 3 and channels_last:
            numbers = numbers.transpose(1, 2, 0)
        self.view: NDArray[np.int32] = numbers.reshape(1, *sides)
        self.layers: list[Layer] = []
        self.pending: Scaling | None = None
        self.margins: NDArray[np.int64] | None = None
        self.ended = False
        self.products = 0

    # What only moves elements.

    def reshape(self, name: str, sides: Listed[int]) -> None:
        """Give the value the shape ``sides``, batch first; one may be -1."""
        if self.margins is not None:
            raise ModelFileError(f"{name}: follows padding; only convolutions may")
        try:
            self.view = self.view.reshape([int(side) for side in sides])
        except ValueError:
            raise ModelFileError(f"{name}: {self.view.shape} cannot become {sides}") from None

    def transpose(self, name: str, order: Listed[int]) -> None:
        """Permute the axes, batch included."""
        if sorted(order) != list(range(self.view.ndim)):
            raise ModelFileError(f"{name}: order {list(order)} of {self.view.ndim} axes")
        self.view = self.view.transpose(list(order))
        if self.margins is not None:
            self.margins = self.margins[:, list(order)]

    def pad(self, name: str, margins: NDArray[np.integer]) -> None:
        """Note zeros around the value, (begin and end, axes); a convolution takes them in."""
        if margins.shape != (2, self.view.ndim) or self.margins is not None:
            raise ModelFileError(f"{name}: pads {margins.tolist()} around {self.view.shape}")
        if (margins < 0).any() or (margins > 64).any():
            raise ModelFileError(f"{name}: pads {margins.tolist()}; 0 to 64 are read")
        self.margins = margins.astype(np.int64) if margins.any() else None

    # What computes.

    def conv(
        self, name: str, weights: Float, bias: Float, window: Window, groups: int, last: bool
    ) -> None:
        """Add a convolution; weights (outputs, inputs / groups, rows, columns); ``last``: the file
        keeps channels behind rows and columns."""
        self._maps(name, last)
        if weights.ndim != 4 or not 0 < weights.size <= MAX_WEIGHTS:
            raise ModelFileError(f"{name}: weights {weights.shape}")
        if self.margins is not None:
            spatial = self.margins[:, 1:3] if last else self.margins[:, 2:]
            if self.margins.sum() != spatial.sum():
                raise ModelFileError(f"{name}: follows padding of channels")
            begin, end = spatial.tolist()
            top, left, bottom, right = window.pads
            pads = (top + begin[0], left + begin[1], bottom + end[0], right + end[1])
            window, self.margins = replace(window, pads=pads), None
        kernel, padding, stride = even_padding(name, weights, window)
        self._linear(Linear(name, kernel, bias, stride, padding, groups), last)

    def dense(self, name: str, weights: Float, bias: Float) -> None:
        """Add a dense layer: weights (outputs, inputs), inputs in the file's order."""
        if weights.ndim != 2 or not 0 < weights.size <= MAX_WEIGHTS:
            raise ModelFileError(f"{name}: weights {weights.shape}")
        count = math.prod(self.shape)
        sides = self.view.shape
        if weights.shape[1] == sides[-1] < count and len(sides) == 4:
            self.conv(name, weights[:, :, None, None], bias, Window(), 1, last=True)
            return
        if self.margins is not None or weights.shape[1] != count or sides[-1] != count:
            raise ModelFileError(f"{name}: weights {weights.shape} on a value of {sides}")
        ordered = np.empty_like(weights)
        ordered[:, self.view.reshape(-1)] = weights
        kernel = ordered.reshape(len(weights), *self.shape)
        self._linear(Linear(name, kernel, bias, dense=True), False)
        self.view = np.arange(len(weights), dtype=np.int32).reshape(*sides[:-1], len(weights))

    def pool(self, name: str, kind: str, window: Window, size: tuple[int, int], last: bool) -> None:
        """Add ``max`` or ``mean`` pooling."""
        self._maps(name, last)
        if self.margins is not None or any(window.pads):
            raise ModelFileError(f"{name}: pooling with padding is not supported")
        strides = window.strides
        whole = size == self.shape[1:]
        if size[0] != size[1] or (strides[0] != strides[1] and not whole):
            raise ModelFileError(f"{name}: a window of {size[0]}x{size[1]}, strides {strides}")
        if size == (1, 1) and strides == (1, 1):
            return
        if self.pending is not None:
            found = self.pending.by_channel()
            if found is None or (kind == "max" and (found[0] < 0).any()):
                raise ModelFileError(f"{name}: follows a scaling that it does not commute with")
        pooling = Pooling(name, kind, size[0], 1 if whole else strides[0])
        self._append(pooling)
        if self.pending is not None:
            kept = (self.pending.factor, self.pending.offset)
            self.pending = Scaling(*(np.broadcast_to(p[:, :1, :1], self.shape) for p in kept))
        self._arrange(last)

    def reduce(self, name: str, kind: str, axes: Listed[int], keep: bool) -> None:
        """Pool over whole axes, which must be rows and columns."""
        places = {axis % self.view.ndim for axis in axes} if self.view.ndim == 4 else set()
        if places not in ({2, 3}, {1, 2}):
            raise ModelFileError(f"{name}: reduces axes {list(axes)} of {self.view.shape}")
        last = places == {1, 2}
        self._maps(name, last)
        self.pool(name, kind, Window(), (self.shape[1], self.shape[2]), last)
        if not keep:
            self.reshape(name, (1, self.shape[0]))

    def relu(self, name: str, most: float = float("inf")) -> None:
        """Fold a ReLU into the weighted layer before it; max pooling may stand between."""
        if self.ended:
            raise ModelFileError(f"{name}: comes after softmax, which must be last")
        for at in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[at]
            if isinstance(layer, Linear) and self.pending is None:
                if layer.relu is not None:
                    most = min(most, layer.relu)
                if not most > 0:
                    raise ModelFileError(f"{name}: clips at {most}")
                self.layers[at] = replace(layer, relu=most)
                return
            if isinstance(layer, Linear) or layer.kind != "max":
                break
        raise ModelFileError(f"{name}: no dense or conv layer right before it")

    def ceiling(self, most: float) -> None:
        """State the largest output of the last weighted layer, if it is the value at hand."""
        last = self.layers[-1] if self.layers and self.pending is None else None
        if isinstance(last, Linear) and 0 < most < math.inf:
            self.layers[-1] = replace(last, ceiling=most)

    def floor(self, name: str) -> None:
        """Levels that begin at 0 clip like a ReLU; converters leave the ReLU itself out."""
        for layer in reversed(self.layers if self.pending is None else []):
            if isinstance(layer, Linear) and layer.relu is None:
                self.relu(name)
            if isinstance(layer, Linear) or layer.kind != "max":
                return

    def scale(self, name: str, factor: NDArray[np.floating], offset: NDArray[np.floating]) -> None:
        """``factor * y + offset``, both broadcast over the value as the file shapes it."""
        if self.margins is not None:
            raise ModelFileError(f"{name}: follows padding; only convolutions may")
        if self.ended:
            raise ModelFileError(f"{name}: comes after softmax, which must be last")
        parts = []
        for part in (factor, offset):
            try:
                spread = np.broadcast_to(part.astype(np.float64), self.view.shape)
            except ValueError:
                raise ModelFileError(f"{name}: {part.shape} on {self.view.shape}") from None
            if not np.isfinite(part).all():
                raise ModelFileError(f"{name}: a constant is not finite")
            ordered = np.empty(self.view.size)
            ordered[self.view.reshape(-1)] = spread.reshape(-1)
            parts.append(ordered.reshape(self.shape))
        scaling = Scaling(parts[0], parts[1])
        if self.pending is not None:
            before, after_ = self.pending, scaling
            offset_ = before.offset * after_.factor + after_.offset
            self.pending = Scaling(before.factor * after_.factor, offset_)
        elif not self._fold_back(scaling):
            self.pending = scaling

    def softmax(self) -> None:
        """Drop a softmax: it does not change which label is best."""
        self.ended = True

    def finish(self, name: str, low: float, high: float) -> Net:
        """The network; raises ``ModelFileError`` when it is empty."""
        if not self.layers:
            raise ModelFileError("no layers")
        if self.pending is not None or self.margins is not None:
            raise ModelFileError("it ends in a scaling or padding that belongs to no layer")
        if not high > low:
            raise ModelFileError(f"an input range from {low:g} to {high:g}")
        return Net(name, self.input_shape, tuple(self.layers), low, high)

    def _fold_back(self, scaling: Scaling) -> bool:
        """Fold into the last weighted layer, where that is the same."""
        found = scaling.by_channel()
        pooled = False
        for at in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[at]
            if isinstance(layer, Pooling):
                pooled = pooled or layer.kind == "max"
                continue
            if layer.relu is not None or found is None or (pooled and (found[0] < 0).any()):
                return False
            factor, offset = found
            weights = (layer.weights * factor[:, None, None, None]).astype(np.float32)
            bias = (layer.bias * factor + offset).astype(np.float32)
            if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
                raise ModelFileError(f"{layer.name}: a scaled weight is not finite")
            # What was known of its range was known of it unscaled.
            self.layers[at] = replace(layer, weights=weights, bias=bias, ceiling=None)
            return True
        return False

    def _linear(self, layer: Linear, last: bool) -> None:
        if layer.bias.shape != layer.weights.shape[:1]:
            raise ModelFileError(f"{layer.name}: {layer.bias.shape} biases")
        if layer.groups < 1 or len(layer.bias) % layer.groups:
            raise ModelFileError(f"{layer.name}: {layer.groups} groups, {len(layer.bias)} maps")
        if self.pending is not None:
            layer, self.pending = self.pending.into(layer), None
        if not (np.isfinite(layer.weights).all() and np.isfinite(layer.bias).all()):
            raise ModelFileError(f"{layer.name}: a weight is not finite")
        self._append(layer)
        if not layer.dense:
            self._arrange(last)

    def _append(self, layer: Layer) -> None:
        if self.ended:
            raise ModelFileError(f"{layer.name}: comes after softmax, which must be last")
        self.shape = after(self.shape, layer)
        if isinstance(layer, Linear):
            self.products += layer.weights.size * self.shape[1] * self.shape[2]
        if self.products > MAX_PRODUCTS:
            raise ModelFileError(f"{layer.name}: over {MAX_PRODUCTS} multiply-accumulates so far")
        self.layers.append(layer)

    def _arrange(self, last: bool) -> None:
        numbers = np.arange(math.prod(self.shape), dtype=np.int32).reshape(self.shape)
        self.view = (numbers.transpose(1, 2, 0) if last else numbers)[None]

    def _maps(self, name: str, last: bool) -> None:
        """The value must be maps, with their axes where the operator takes them to be."""
        if self.view.ndim != 4 or self.view.shape[0] != 1:
            raise ModelFileError(f"{name}: works on maps, its value has {self.view.shape}")
        maps = self.view[0].transpose(2, 0, 1) if last else self.view[0]
        in_order = np.array_equal(maps.reshape(-1), np.arange(maps.size))
        if in_order and not self.layers and self.pending is None:
            self.input_shape = self.shape = (maps.shape[0], maps.shape[1], maps.shape[2])
        if not in_order or maps.shape != self.shape:
            raise ModelFileError(f"{name}: takes other axes for channels than the layers before it")


def _picture(sides: Listed[int], channels_last: bool) -> Shape:
    if len(sides) == 3:
        return (sides[2], sides[0], sides[1]) if channels_last else (sides[0], sides[1], sides[2])
    if len(sides) == 2:
        return (1, sides[0], sides[1])
    side = math.isqrt(sides[0])
    if side * side != sides[0]:
        raise ModelFileError(f"an input of {sides[0]} values is not a square picture")
    return (1, side, side)


def refuse_all(unsupported: list[tuple[str, int]], what: str) -> None:
    """Raise one ``ModelFileError`` for all operators, (name, position), that are not supported."""
    places: dict[str, list[int]] = {}
    for name, at in unsupported:
        places.setdefault(name, []).append(at)
    if places:
        listed = (f"operator {name} at {', '.join(map(str, at))}" for name, at in places.items())
        raise ModelFileError(f"{what} has what cannot be imported: {'; '.join(listed)}")
