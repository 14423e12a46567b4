# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What each ONNX operator does to the one value that a chain of layers follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from lanewise.errors import ModelFileError
from lanewise.importing.padding import Window, same_pads
from lanewise.importing.sequence import Sequence

Array = NDArray[Any]
_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE)

Inputs = list[Array | None]
Attributes = dict[str, Any]


def _reals(name: str, inputs: Inputs, at: int) -> NDArray[np.float32]:
    found = inputs[at] if at < len(inputs) else None
    if found is None or found.dtype.kind != "f":
        raise ModelFileError(f"{name}: input {at} is not a constant of floats")
    return found.astype(np.float32)


def _number(name: str, inputs: Inputs, at: int, default: float) -> float:
    if at >= len(inputs) or inputs[at] is None:
        return default
    return float(_reals(name, inputs, at).reshape(-1)[0])


def _constant_at(name: str, inputs: Inputs) -> int:
    """Which of two inputs is the constant."""
    places = [at for at, found in enumerate(inputs) if found is not None]
    if len(inputs) != 2 or len(places) != 1:
        raise ModelFileError(f"{name}: {len(inputs)} inputs, {len(places)} of them constant")
    return places[0]


def _conv(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    weights = _reals(name, inputs, 1)
    if weights.ndim != 4:
        raise ModelFileError(f"{name}: weights {weights.shape}")
    none = np.zeros(len(weights), np.float32)
    bias = _reals(name, inputs, 2) if len(inputs) > 2 and inputs[2] is not None else none
    window = _window(net, attributes, (weights.shape[2], weights.shape[3]))
    net.conv(name, weights, bias, window, int(attributes.get("group", 1)), last=False)


def _gemm(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    if attributes.get("transA", 0):
        raise ModelFileError(f"{name}: transA is not supported")
    weights = _reals(name, inputs, 1) * np.float32(attributes.get("alpha", 1.0))
    weights = weights if attributes.get("transB", 0) else weights.T
    bias = np.zeros(len(weights), np.float32)
    if len(inputs) > 2 and inputs[2] is not None:
        bias = bias + np.float32(attributes.get("beta", 1.0)) * _reals(name, inputs, 2).reshape(-1)
    net.dense(name, weights, bias)


def _matmul(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    weights = _reals(name, inputs, 1)
    if weights.ndim != 2:
        raise ModelFileError(f"{name}: weights {weights.shape}")
    net.dense(name, weights.T, np.zeros(weights.shape[1], np.float32))


def _arithmetic(kind: str) -> Callable[[Sequence, str, Attributes, Inputs], None]:
    def run(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
        at = _constant_at(name, inputs)
        other = _reals(name, inputs, at).astype(np.float64)
        if kind == "Div" and at == 0:
            raise ModelFileError(f"{name}: divides by what moves")
        one, none = np.ones(()), np.zeros(())
        if kind in ("Add", "Sub"):
            sign = -1.0 if kind == "Sub" and at == 0 else 1.0
            offset = -other if kind == "Sub" and at == 1 else other
            net.scale(name, sign * one, offset)
        else:
            with np.errstate(all="ignore"):
                net.scale(name, other if kind == "Mul" else 1 / other, none)

    return run


def _batch_norm(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    gain, shift, mean, variance = (_reals(name, inputs, at).astype(float) for at in (1, 2, 3, 4))
    with np.errstate(all="ignore"):
        factor = gain / np.sqrt(variance + float(attributes.get("epsilon", 1e-5)))
    spread = [1, -1, *[1] * (net.view.ndim - 2)]
    net.scale(name, factor.reshape(spread), (shift - mean * factor).reshape(spread))


def _clip(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    low = _number(name, inputs, 1, float(attributes.get("min", -math.inf)))
    high = _number(name, inputs, 2, float(attributes.get("max", math.inf)))
    if low != 0:
        raise ModelFileError(f"{name}: clips below at {low:g}; only 0 is supported")
    net.relu(name, high)


def _extreme(kind: str) -> Callable[[Sequence, str, Attributes, Inputs], None]:
    def run(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
        at = _constant_at(name, inputs)
        limits = np.unique(_reals(name, inputs, at))
        if limits.size != 1 or (kind == "Max" and limits[0] != 0):
            raise ModelFileError(
                f"{name}: limits {limits[:4]}; a ReLU's 0 or its upper end is read"
            )
        last = net.layers[-1] if net.layers else None
        if kind == "Min" and getattr(last, "relu", None) is None:
            raise ModelFileError(f"{name}: an upper end without a ReLU right before it")
        net.relu(name, math.inf if kind == "Max" else float(limits[0]))

    return run


def _pool(kind: str) -> Callable[[Sequence, str, Attributes, Inputs], None]:
    def run(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
        size = [int(side) for side in attributes.get("kernel_shape", ())]
        if len(size) != 2 or set(attributes.get("dilations", (1,))) != {1}:
            raise ModelFileError(f"{name}: a window of {size}, or dilation")
        kernel = (size[0], size[1])
        window = _window(net, attributes, kernel)
        if attributes.get("ceil_mode", 0) and any(
            (side - taps) % max(1, step)
            for side, taps, step in zip(net.shape[1:], kernel, window.strides, strict=True)
        ):
            raise ModelFileError(f"{name}: rounds the number of windows up")
        net.pool(name, kind, window, kernel, last=False)

    return run


def _reduce(kind: str) -> Callable[[Sequence, str, Attributes, Inputs], None]:
    def run(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
        axes = attributes.get("axes")
        if len(inputs) > 1 and inputs[1] is not None:
            axes = inputs[1].reshape(-1).tolist()
        net.reduce(
            name, kind, [int(axis) for axis in axes or ()], bool(attributes.get("keepdims", 1))
        )

    return run


def _flatten(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    axis = int(attributes.get("axis", 1)) % max(1, net.view.ndim)
    net.reshape(name, (math.prod(net.view.shape[:axis]), -1))


def _reshape(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    target = inputs[1] if len(inputs) > 1 else None
    if target is None or target.size > 8:
        raise ModelFileError(f"{name}: its shape is not a constant")
    sides = [int(side) for side in target.reshape(-1)]
    if not attributes.get("allowzero", 0):
        sides = [net.view.shape[at] if side == 0 else side for at, side in enumerate(sides)]
    if sides.count(-1) == 2 and sides[0] == -1:
        sides[0] = 1
    net.reshape(name, sides)


def _squeeze(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    axes = inputs[1] if len(inputs) > 1 else attributes.get("axes")
    chosen = None if axes is None else tuple(int(axis) for axis in np.reshape(axes, -1))
    net.reshape(name, np.squeeze(net.view, chosen).shape)


def _unsqueeze(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    axes = inputs[1] if len(inputs) > 1 else attributes.get("axes")
    chosen = tuple(int(axis) for axis in np.asarray(axes).reshape(-1))
    net.reshape(name, np.expand_dims(net.view, chosen).shape)


def _transpose(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    order = attributes.get("perm") or range(net.view.ndim)[::-1]
    net.transpose(name, [int(axis) for axis in order])


def _pad(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    if attributes.get("mode", b"constant") != b"constant" or len(inputs) > 3:
        raise ModelFileError(f"{name}: only zeros around all axes are read")
    if _number(name, inputs, 2, float(attributes.get("value", 0.0))) != 0:
        raise ModelFileError(f"{name}: pads with something else than zeros")
    pads = inputs[1] if len(inputs) > 1 else attributes.get("pads")
    net.pad(name, np.reshape(np.asarray(pads, np.int64), (2, -1)))


def _quantize(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    """The ends of the levels are kept, as far as they clip; rounding to them is done anew."""
    zero = inputs[2] if len(inputs) > 2 and inputs[2] is not None else np.zeros(1, np.uint8)
    if zero.dtype.kind in "iu" and zero.dtype.itemsize <= 2:
        ends = np.iinfo(zero.dtype)
        if int(zero.reshape(-1)[0]) == ends.min:
            net.floor(name)
        top = ends.max - int(zero.reshape(-1)[0])
        net.ceiling(float(_reals(name, inputs, 1).reshape(-1)[0]) * top)


def _window(net: Sequence, attributes: Attributes, kernel: tuple[int, int]) -> Window:
    strides = [int(step) for step in attributes.get("strides", (1, 1))]
    dilations = [int(step) for step in attributes.get("dilations", (1, 1))]
    pads = [int(pad) for pad in attributes.get("pads", (0, 0, 0, 0))]
    if (len(strides), len(dilations), len(pads)) != (2, 2, 4):
        raise ModelFileError(f"a window in other than two dimensions: {strides}, {pads}")
    window = Window(
        (strides[0], strides[1]), (pads[0], pads[1], pads[2], pads[3]), (dilations[0], dilations[1])
    )
    automatic = attributes.get("auto_pad", b"NOTSET")
    if automatic in (b"SAME_UPPER", b"SAME_LOWER"):
        lower = automatic == b"SAME_LOWER"
        same = same_pads((net.shape[1], net.shape[2]), kernel, window, lower)
        return Window(window.strides, same, window.dilations)
    if automatic == b"VALID":
        return Window(window.strides, (0, 0, 0, 0), window.dilations)
    return window


def _cast(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    if int(attributes.get("to", 1)) not in _FLOATS:
        raise ModelFileError(f"{name}: to a type that is no float")


def _nothing(net: Sequence, name: str, attributes: Attributes, inputs: Inputs) -> None:
    """Changes no value."""


OPERATORS: dict[str, Callable[[Sequence, str, Attributes, Inputs], None]] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _arithmetic("Add"),
    "Sub": _arithmetic("Sub"),
    "Mul": _arithmetic("Mul"),
    "Div": _arithmetic("Div"),
    "BatchNormalization": _batch_norm,
    "Relu": lambda net, name, attributes, inputs: net.relu(name),
    "Clip": _clip,
    "Max": _extreme("Max"),
    "Min": _extreme("Min"),
    "MaxPool": _pool("max"),
    "AveragePool": _pool("mean"),
    "GlobalMaxPool": lambda net, name, attributes, inputs: net.reduce(name, "max", (2, 3), True),
    "GlobalAveragePool": lambda net, name, attributes, inputs: net.reduce(
        name, "mean", (2, 3), True
    ),
    "ReduceMean": _reduce("mean"),
    "ReduceMax": _reduce("max"),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Pad": _pad,
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _nothing,
    "Identity": _nothing,
    "Dropout": _nothing,
    "Cast": _cast,
    "Softmax": lambda net, name, attributes, inputs: net.softmax(),
    "LogSoftmax": lambda net, name, attributes, inputs: net.softmax(),
}
"""What each operator does to the value at hand."""
