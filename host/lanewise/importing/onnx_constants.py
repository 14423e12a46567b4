# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Operators of an ONNX graph that only handle constants: shapes on the way to a Reshape, weights
that are transposed, cast or dequantized. Sizes are checked before anything is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from lanewise.errors import ModelFileError
from lanewise.importing.net import MAX_WEIGHTS

Array = NDArray[Any]
Attributes = dict[str, Any]


def _sized(name: str, shape: Any) -> None:
    if math.prod(shape) > MAX_WEIGHTS:
        raise ModelFileError(f"{name}: a constant of over {MAX_WEIGHTS} elements")


def _binary(rule: Callable[[Array, Array], Any]) -> Callable[..., Array]:
    def run(name: str, _: Attributes, a: Array, b: Array) -> Array:
        _sized(name, np.broadcast_shapes(a.shape, b.shape))
        return np.asarray(rule(a, b)).astype(a.dtype)

    return run


def _divide(a: Array, b: Array) -> Any:
    return a // b if a.dtype.kind in "iu" else a / b


def _gather(name: str, attributes: Attributes, data: Array, places: Array) -> Array:
    axis = int(attributes.get("axis", 0))
    _sized(name, (places.size, data.size // max(1, data.shape[axis])))
    return np.take(data, places.astype(np.int64), axis)


def _axes(attributes: Attributes, given: Array | None) -> tuple[int, ...] | None:
    listed = attributes.get("axes") if given is None else given.reshape(-1).tolist()
    return None if listed is None else tuple(int(axis) for axis in listed)


def _squeeze(name: str, attributes: Attributes, data: Array, axes: Array | None = None) -> Array:
    return np.squeeze(data, _axes(attributes, axes))


def _unsqueeze(name: str, attributes: Attributes, data: Array, axes: Array | None = None) -> Array:
    return np.expand_dims(data, _axes(attributes, axes) or ())


def _slice(name: str, attributes: Attributes, data: Array, *bounds: Array) -> Array:
    if len(bounds) < 2:
        starts, ends = attributes["starts"], attributes["ends"]
        axes, steps = attributes.get("axes"), None
    else:
        starts, ends = bounds[0].tolist(), bounds[1].tolist()
        axes = bounds[2].tolist() if len(bounds) > 2 else None
        steps = bounds[3].tolist() if len(bounds) > 3 else None
    cut = [slice(None)] * data.ndim
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = at if axes is None else int(axes[at])
        cut[axis] = slice(int(start), int(end), 1 if steps is None else int(steps[at]))
    return np.asarray(data[tuple(cut)])


def _concat(name: str, attributes: Attributes, *parts: Array) -> Array:
    _sized(name, (sum(part.size for part in parts),))
    return np.concatenate(parts, int(attributes["axis"]))


def _cast(name: str, attributes: Attributes, data: Array) -> Array:
    kind = helper.tensor_dtype_to_np_dtype(int(attributes["to"]))
    return data.astype(kind)


def _transpose(name: str, attributes: Attributes, data: Array) -> Array:
    return np.transpose(data, attributes.get("perm"))


def _reshape(name: str, attributes: Attributes, data: Array, sides: Array) -> Array:
    return data.reshape([int(side) for side in sides.reshape(-1)])


def dequantized(
    name: str, attributes: Attributes, data: Array, scale: Array, zero: Array | None = None
) -> Array:
    """The reals of a quantized constant: scale times (stored - zero point), per axis or whole."""
    if scale.size > 1:
        axis = int(attributes.get("axis", 1))
        spread = [1] * data.ndim
        spread[axis] = -1
        scale = scale.reshape(spread)
        zero = None if zero is None else zero.reshape(spread)
    _sized(name, np.broadcast_shapes(data.shape, scale.shape))
    levels = data.astype(np.float64) - (0.0 if zero is None else zero.astype(np.float64))
    return np.asarray(levels * scale, np.float32)


FOLDED: dict[str, Callable[..., Array]] = {
    "Identity": lambda name, attributes, data: data,
    "Cast": _cast,
    "Gather": _gather,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Concat": _concat,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "DequantizeLinear": dequantized,
    "Add": _binary(np.add),
    "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply),
    "Div": _binary(_divide),
}
"""What each operator makes of constants: name, attributes, inputs -> array."""
