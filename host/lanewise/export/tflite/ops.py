# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Each op in TFLite operators. Values are int8 in (row, column, channel) order with scale 1.

An activation ``y`` of at most ``A = 2**bits - 1`` is stored as ``y + 127 - A``: the top of int8
clips it at ``A`` and a fused ReLU at 0. Dense ops are 1x1 convolutions, because there all reference
kernels round alike, which FULLY_CONNECTED's do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lanewise.export import mixing
from lanewise.export.tflite.graph import Graph
from lanewise.export.tflite.requantize import refold
from lanewise.integer.certificate import OpBound
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Shape

INT16 = (1 << 15) - 1


@dataclass(frozen=True)
class Value:
    """A tensor of activations: its number, shape (channels, rows, columns) and zero point."""

    tensor: int
    shape: Shape
    zero_point: int


def zero_point_of(bits: int) -> int:
    """Zero point of activations of ``bits`` bits: their largest is 127."""
    return 127 - ((1 << bits) - 1)


def refusal(op: Op, made: Shape, bound: OpBound | None) -> str | None:
    """Why TFLite cannot run ``op`` exactly, or None."""
    if isinstance(op, Mix):
        return mixing.refusal(op, _most_gain(op))
    if isinstance(op, Concat) or op.activation_bits is not None:
        return None
    if bound is not None and (bound.lo < -INT16 - 1 or bound.hi > INT16):
        return f"its logits need {bound.bits} bits, TFLite's int16 outputs have 16"
    if made[0] > 1 and made[1] * made[2] > 1:
        return f"its logits lie over {made[1]}x{made[2]} pixels, which TFLite orders otherwise"
    return None


def emit(
    graph: Graph, op: Op, name: str, inputs: list[Value], made: Shape, bound: OpBound | None
) -> tuple[Value, str]:
    """Append ``op``; returns its value and the rounding rule it depends on."""
    if isinstance(op, Concat):
        return _concat(graph, name, inputs, made), "any"
    assert bound is not None
    if isinstance(op, Pool) and op.kind == "max":
        out = _value(graph, name, made, inputs[0].zero_point)
        window = {"filterHeight": op.size, "filterWidth": op.size}
        window |= {"strideH": op.stride, "strideW": op.stride}
        padding = graph.schema.Padding.VALID
        pooled = [inputs[0].tensor]
        graph.add("MAX_POOL_2D", pooled, out.tensor, "Pool2DOptions", padding=padding, **window)
        return out, "any"
    if isinstance(op, Pool):
        channels = made[0]
        conv = Conv2d(
            np.ones((channels, 1, op.size, op.size), np.int8),
            np.full(channels, op.rounding),
            np.array(op.shift, np.uint8),
            op.activation_bits,
            stride=op.stride,
            groups=channels,
        )
        return _conv(graph, conv, name, inputs[0], made, bound)
    if isinstance(op, Mix):
        return _mix(graph, op, name, inputs, made, bound)
    if isinstance(op, Dense):
        source = _flattened(graph, name, inputs[0])
        weights = op.weights.reshape(len(op.bias), *inputs[0].shape).transpose(0, 2, 3, 1)
        weights = weights.reshape(len(op.bias), -1, 1, 1)
        conv = Conv2d(weights, op.bias, op.shift, op.activation_bits, op.storage)
        return _conv(graph, conv, name, source, made, bound)
    return _conv(graph, op, name, inputs[0], made, bound)


def nhwc(shape: Shape) -> list[int]:
    """Shape of one picture as TFLite has it."""
    return [1, shape[1], shape[2], shape[0]]


def _value(graph: Graph, name: str, shape: Shape, zero_point: int) -> Value:
    tensor = graph.tensor(name, nhwc(shape), "INT8", 1.0, zero_point)
    return Value(tensor, shape, zero_point)


def _flattened(graph: Graph, name: str, value: Value) -> Value:
    channels, height, width = value.shape
    if height * width == 1:
        return value
    shape = (channels * height * width, 1, 1)
    out = _value(graph, f"{name}_flat", shape, value.zero_point)
    return _reshape(graph, name, value, out)


def _reshape(graph: Graph, name: str, value: Value, out: Value) -> Value:
    target = np.array(nhwc(out.shape), np.int32)
    constant = graph.tensor(f"{name}_shape", [4], "INT32", data=target)
    sides = {"newShape": target.tolist()}
    graph.add("RESHAPE", [value.tensor, constant], out.tensor, "ReshapeOptions", **sides)
    return out


def _requantized(graph: Graph, name: str, value: Value, zero_point: int) -> Value:
    """``value`` with another zero point."""
    if value.zero_point == zero_point:
        return value
    out = _value(graph, name, value.shape, zero_point)
    graph.add("QUANTIZE", [value.tensor], out.tensor, "QuantizeOptions")
    return out


def _aligned(graph: Graph, name: str, inputs: list[Value]) -> list[Value]:
    """All with the lowest zero point, that of the most bits."""
    zero_point = min(value.zero_point for value in inputs)
    return [
        _requantized(graph, f"{name}_{number}", value, zero_point)
        for number, value in enumerate(inputs)
    ]


def _concat(graph: Graph, name: str, inputs: list[Value], made: Shape) -> Value:
    """Channels side by side."""
    aligned = _aligned(graph, name, inputs)
    return _joined(graph, name, aligned, made)


def _joined(graph: Graph, name: str, aligned: list[Value], made: Shape) -> Value:
    out = _value(graph, name, made, aligned[0].zero_point)
    tensors = [value.tensor for value in aligned]
    graph.add("CONCATENATION", tensors, out.tensor, "ConcatenationOptions", axis=3)
    return out


def _most_gain(op: Mix) -> int:
    """Largest weight of a mixing filter: one that requantize.py can double."""
    return 63 if op.shift else 127


def _mix(
    graph: Graph, op: Mix, name: str, inputs: list[Value], made: Shape, bound: OpBound
) -> tuple[Value, str]:
    """A 1x1 convolution by the matrix times the identity, over all streams and the branch, each as
    often as its weights take (mixing.py)."""
    wide = made[0] // op.matrix.shape[0]
    weights = mixing.mixing_kernel(op, wide, _most_gain(op))
    counts = mixing.copies(op, _most_gain(op))
    source = inputs[0]
    if sum(counts) > 1:
        aligned = _aligned(graph, f"{name}_streams", inputs)
        repeated = [
            value for value, count in zip(aligned, counts, strict=False) for _ in range(count)
        ]
        source = _joined(graph, f"{name}_streams", repeated, (weights.shape[1], *made[1:]))
    bias = np.full(len(weights), op.rounding)
    shift = np.array(op.shift, np.uint8)
    conv = Conv2d(weights.astype(np.int8), bias, shift, op.activation_bits)
    return _conv(graph, conv, name, source, made, bound)


def _is_same(op: Conv2d) -> bool:
    """Whether TFLite's SAME padding is the op's own."""
    rows, columns = op.weights.shape[2:]
    return op.stride == 1 and rows == columns == 2 * op.padding + 1


def _padded(graph: Graph, op: Conv2d, name: str, value: Value) -> Value:
    channels, height, width = value.shape
    sides = op.padding
    shape = (channels, height + 2 * sides, width + 2 * sides)
    amounts = np.array([[0, 0], [sides, sides], [sides, sides], [0, 0]], np.int32)
    constant = graph.tensor(f"{name}_sides", [4, 2], "INT32", data=amounts)
    out = _value(graph, f"{name}_padded", shape, value.zero_point)
    graph.add("PAD", [value.tensor, constant], out.tensor, "PadOptions")
    return out


def _widened(graph: Graph, name: str, value: Value) -> Value:
    """``value`` as int16, zero point and all: a CAST, which every runtime has from int8 to int16
    (tflite-runtime 2.14 has no such QUANTIZE). The bias takes the zero point out again."""
    tensor = graph.tensor(f"{name}_wide", nhwc(value.shape), "INT16", 1.0, 0)
    types = {"inDataType": graph.schema.TensorType.INT8}
    types |= {"outDataType": graph.schema.TensorType.INT16}
    graph.add("CAST", [value.tensor], tensor, "CastOptions", **types)
    return Value(tensor, value.shape, 0)


def _conv(
    graph: Graph, op: Conv2d, name: str, source: Value, made: Shape, bound: OpBound
) -> tuple[Value, str]:
    padding = graph.schema.Padding.VALID
    wide = op.activation_bits is None
    if op.padding and _is_same(op) and not wide:
        padding = graph.schema.Padding.SAME
    elif op.padding:
        source = _padded(graph, op, name, source)
    channels = source.shape[0]
    carried = np.int64(0)
    if wide:
        source, carried = _widened(graph, name, source), np.int64(source.zero_point)
    fold = refold(op.weights, op.bias, op.shift, bound)
    depthwise = op.groups == channels and channels > 1
    kernel = fold.weights.transpose(0, 2, 3, 1)
    if depthwise:
        kernel = fold.weights[:, 0].transpose(1, 2, 0)[None]
    axis = 3 if depthwise else 0
    weights = graph.tensor(
        f"{name}_weights", kernel.shape, "INT8", fold.scale, data=kernel, axis=axis
    )
    bias_type, integers = ("INT64", np.int64) if wide else ("INT32", np.int32)
    offsets = carried * fold.weights.astype(np.int64).sum(axis=(1, 2, 3))
    added: NDArray[np.integer] = (fold.bias.astype(np.int64) - offsets).astype(integers)
    bias = graph.tensor(f"{name}_bias", [len(fold.bias)], bias_type, fold.scale, data=added)
    if wide:
        out = Value(graph.tensor(name, nhwc(made), "INT16", 1.0, 0), made, 0)
        activation = graph.schema.ActivationFunctionType.NONE
    else:
        assert op.activation_bits is not None
        out = _value(graph, name, made, zero_point_of(op.activation_bits))
        activation = graph.schema.ActivationFunctionType.RELU
    fields = {"padding": padding, "strideH": op.stride, "strideW": op.stride}
    fields |= {"dilationHFactor": 1, "dilationWFactor": 1, "fusedActivationFunction": activation}
    kind, options = "CONV_2D", "Conv2DOptions"
    if depthwise:
        kind, options = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
        fields["depthMultiplier"] = op.weights.shape[0] // channels
    graph.add(kind, [source.tensor, weights, bias], out.tensor, options, **fields)
    return out, fold.rule
