# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The QLinear flavour, for tool chains of accelerators: QLinearConv with byte in, byte out.

onnxruntime requantizes ``round_half_even(float32(acc) * scale)``. The floor that the program asks
for is that rounding of ``acc - 2**(s - 1)``, but for ties, which must go up. A scale of
``2**-s * (1 + 2**-23)``, the next float above the power of two, lifts every tie over the edge and,
while results stay below 256 and ``s`` up to 13, nothing else: the largest value under an edge,
``k + 1/2 - 2**-s``, moves by less than ``2**-14``. A tie below zero falls to -1, and the clip makes
0 of it, as it should. Ops outside these limits are refused by name. Logits are int32: the last
dense op is a MatMulInteger.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lanewise.export import mixing
from lanewise.export.onnx import integer_ops
from lanewise.export.onnx.graph import Graph
from lanewise.export.onnx.products import weight_constants
from lanewise.integer.certificate import OpBound
from lanewise.integer.program import Concat, Dense, Mix, Op, Pool, Shape

MOST_SHIFT = 13
MOST_GAIN = 127
"""Largest mixing weight of one copy of a stream."""
_FLOAT_EXACT = 1 << 24


def refusal(op: Op, bound: OpBound | None) -> str | None:
    """Why QLinear arithmetic would not be exact for ``op``, or None."""
    if isinstance(op, Mix) and mixing.refusal(op, MOST_GAIN):
        return mixing.refusal(op, MOST_GAIN)
    if isinstance(op, Concat) or op.activation_bits is None:
        return None
    if isinstance(op, Pool) and op.kind == "max":
        return None
    shift = np.asarray(op.shift, np.int64)
    if int(shift.max(initial=0)) > MOST_SHIFT:
        return f"shift {int(shift.max())} is over {MOST_SHIFT}"
    half = (1 << int(shift.max(initial=0))) >> 1
    if bound is not None and max(-bound.lo + half, bound.hi) >= _FLOAT_EXACT:
        return f"accumulator [{bound.lo}, {bound.hi}] is not exact in float32"
    return None


def emit(graph: Graph, op: Op, name: str, inputs: list[str], shapes: list[Shape], most: int) -> str:
    """Append the nodes of ``op``, one that ``refusal`` does not name."""
    if isinstance(op, Concat):
        return graph.add("Concat", inputs, f"{name}_out", axis=1)
    if isinstance(op, Mix):
        return _mix(graph, op, name, inputs, shapes, most)
    if op.activation_bits is None:
        return integer_ops.emit(graph, op, name, inputs, shapes, most)
    if isinstance(op, Pool):
        if op.kind == "max":
            return integer_ops.max_pool(graph, op, name, inputs[0])
        channels = shapes[0][0]
        ones = np.ones((channels, 1, op.size, op.size), np.int8)
        bias = np.full(channels, op.rounding, np.int32)
        shift = np.full(channels, op.shift, np.uint8)
        geometry = {"strides": [op.stride] * 2, "group": channels}
        return _conv(graph, name, inputs[0], ones, bias, shift, op.activation_bits, geometry, most)
    weights = op.weights
    geometry = {}
    if isinstance(op, Dense):
        weights = weights.reshape(len(op.bias), *shapes[0])
    else:
        geometry = {
            "strides": [op.stride] * 2,
            "pads": [op.padding] * 4,
            "group": op.groups,
        }
    return _conv(
        graph, name, inputs[0], weights, op.bias, op.shift, op.activation_bits, geometry, most
    )


def _mix(
    graph: Graph, op: Mix, name: str, inputs: list[str], shapes: list[Shape], most: int
) -> str:
    """A 1x1 convolution over the streams and the branch, each as often as its weights take."""
    weights = mixing.mixing_kernel(op, shapes[0][0] // op.matrix.shape[1], MOST_GAIN)
    counts = mixing.copies(op, MOST_GAIN)
    source = inputs[0]
    if sum(counts) > 1:
        repeated = [
            value for value, count in zip(inputs, counts, strict=False) for _ in range(count)
        ]
        source = graph.add("Concat", repeated, f"{name}_streams", axis=1)
    bias = np.full(len(weights), op.rounding, np.int32)
    shift = np.full(len(weights), op.shift, np.uint8)
    kernel = weights.astype(np.int8)
    return _conv(graph, name, source, kernel, bias, shift, op.activation_bits, {}, most)


def _conv(
    graph: Graph,
    name: str,
    source: str,
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    shift: NDArray[np.uint8],
    bits: int,
    geometry: dict[str, object],
    most: int,
) -> str:
    kernel, zero = weight_constants(graph, name, weights, most)
    powers = np.exp2(-shift.astype(np.float64)).astype(np.float32)
    scale = np.where(shift > 0, np.nextafter(powers, np.float32(np.inf)), powers)
    lowered = bias.astype(np.int64) - ((np.int64(1) << shift.astype(np.int64)) >> 1)
    per_channel = not (scale == scale[0]).all()
    one = graph.constant("one", np.array(1, np.float32))
    none = graph.constant("zero_u8", np.array(0, np.uint8))
    zeros = np.full(len(scale), 128 if zero == "zero_u8_128" else 0)
    dtype = np.uint8 if zero == "zero_u8_128" else np.int8
    value = graph.add(
        "QLinearConv",
        [
            source,
            one,
            none,
            kernel,
            graph.constant(f"{name}_scale", scale if per_channel else scale[0]),
            graph.constant(f"{name}_zeros", zeros.astype(dtype)) if per_channel else zero,
            one,
            none,
            graph.constant(f"{name}_bias", lowered.astype(np.int32)),
        ],
        f"{name}_bytes",
        kernel_shape=list(weights.shape[2:]),
        **geometry,
    )
    if bits == 8:
        return value
    low = graph.constant("zero_u8", np.array(0, np.uint8))
    top = graph.constant(f"top_u8_{bits}", np.array((1 << bits) - 1, np.uint8))
    return graph.add("Clip", [value, low, top], f"{name}_out")
