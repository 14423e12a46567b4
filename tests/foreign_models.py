# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Files as other tools write them: a float TFLite network, and the same quantized to int8."""

from __future__ import annotations

import numpy as np

from lanewise.export.tflite.graph import Graph
from lanewise.importing.net import Linear, Net, Pooling, after, apply_in_parts
from lanewise.importing.quantize import real_inputs


def keras_like(rng: np.random.Generator, quantized: bool = False, last: str = "SOFTMAX") -> bytes:
    """conv 3x3 SAME ReLU6, depthwise 3x3 stride 2 ReLU, mean pool 2, dense, and ``last``.

    Input (1, 12, 12, 1); quantized: int8 with the scales a converter would choose.
    """
    graph = Graph()
    kinds, padding = graph.schema.ActivationFunctionType, graph.schema.Padding
    shapes = [(1, 12, 12, 1), (1, 12, 12, 4), (1, 5, 5, 4), (1, 2, 2, 4), (1, 10), (1, 10)]
    scales = [1 / 255, 6 / 255, 0.02, 0.02, 0.1, 1 / 256]
    zeros = [-128, -128, -128, -128, 5, -128]
    dtype = "INT8" if quantized else "FLOAT32"
    values = [
        graph.tensor(
            f"t{at}", shape, dtype, scales[at] if quantized else None, zeros[at] if quantized else 0
        )
        for at, shape in enumerate(shapes)
    ]

    def constant(name: str, real: np.ndarray, axis: int, scale_in: float) -> list[int]:
        bias = rng.normal(0, 0.1, real.shape[axis]).astype(np.float32)
        if not quantized:
            made = graph.tensor(f"{name}_w", real.shape, "FLOAT32", data=real.astype(np.float32))
            return [made, graph.tensor(f"{name}_b", bias.shape, "FLOAT32", data=bias)]
        others = tuple(at for at in range(real.ndim) if at != axis)
        scale = np.abs(real).max(axis=others) / 127
        if name == "dense":
            scale = scale.max(keepdims=True)
        spread = [1] * real.ndim
        spread[axis] = scale.size
        held = np.rint(real / scale.reshape(spread)).astype(np.int8)
        levels = np.rint(bias / (scale * scale_in)).astype(np.int32)
        made = graph.tensor(f"{name}_w", real.shape, "INT8", scale, data=held, axis=axis)
        added = graph.tensor(f"{name}_b", bias.shape, "INT32", scale * scale_in, data=levels)
        return [made, added]

    conv = constant("conv", rng.normal(0, 0.5, (4, 3, 3, 1)), 0, scales[0])
    graph.add(
        "CONV_2D", [values[0], *conv], values[1], "Conv2DOptions", padding=padding.SAME,
        strideH=1, strideW=1, fusedActivationFunction=kinds.RELU6,
    )  # fmt: skip
    depthwise = constant("depthwise", rng.normal(0, 0.4, (1, 3, 3, 4)), 3, scales[1])
    graph.add(
        "DEPTHWISE_CONV_2D", [values[1], *depthwise], values[2], "DepthwiseConv2DOptions",
        padding=padding.VALID, strideH=2, strideW=2, depthMultiplier=1,
        fusedActivationFunction=kinds.RELU,
    )  # fmt: skip
    graph.add(
        "AVERAGE_POOL_2D", [values[2]], values[3], "Pool2DOptions", version=2,
        padding=padding.VALID, strideH=2, strideW=2, filterHeight=2, filterWidth=2,
    )  # fmt: skip
    dense = constant("dense", rng.normal(0, 0.5, (10, 16)), 0, scales[3])
    graph.add("FULLY_CONNECTED", [values[3], *dense], values[4], "FullyConnectedOptions", 4)
    if last == "SOFTMAX":
        graph.add("SOFTMAX", [values[4]], values[5], "SoftmaxOptions", 2, beta=1.0)
    else:
        graph.add(last, [values[4]], values[5])
    return graph.finish([values[0]], [values[5]], "a test", {})


def net_as_tflite(net: Net, ink: np.ndarray | None = None) -> bytes:
    """A float network as Keras' converter writes it: float, or with calibration ``ink`` (n, 1,
    rows, columns; 8 bits) int8: weights by channel, activations by their range, 32-bit biases."""
    graph = Graph()
    kinds, padding = graph.schema.ActivationFunctionType, graph.schema.Padding
    real = None if ink is None else real_inputs(net, ink, 8)
    scale, zero = (1 / 255, -128) if ink is not None else (None, 0)
    dtype = "FLOAT32" if ink is None else "INT8"
    channels, rows, columns = net.input_shape
    shape = (1, rows, columns, channels)
    value = source = graph.tensor("ink", shape, dtype, scale, zero)
    for number, layer in enumerate(net.layers):
        made = after((shape[3], shape[1], shape[2]), layer)
        shape = (1, made[1], made[2], made[0])
        given = scale
        if real is not None:
            real = apply_in_parts(layer, real)
            if isinstance(layer, Linear):
                low, high = min(0.0, float(real.min())), float(real.max())
                scale = (high - low) / 255
                zero = round(-128 - low / scale)
        out = graph.tensor(f"t{number}", shape, dtype, scale, zero)
        if isinstance(layer, Pooling):
            kind = "MAX_POOL_2D" if layer.kind == "max" else "AVERAGE_POOL_2D"
            graph.add(
                kind, [value], out, "Pool2DOptions", padding=padding.VALID, strideH=layer.stride,
                strideW=layer.stride, filterHeight=layer.size, filterWidth=layer.size,
            )  # fmt: skip
        else:
            assert layer.groups == 1 and layer.padding == 0
            kernel = layer.weights.transpose(0, 2, 3, 1)
            parts = [kernel.astype(np.float32), layer.bias.astype(np.float32)]
            if ink is None:
                held = [
                    graph.tensor(f"{n}{number}", part.shape, "FLOAT32", data=part)
                    for n, part in zip("wb", parts, strict=True)
                ]
            else:
                steps = np.abs(kernel).max(axis=(1, 2, 3)) / 127
                levels = np.rint(kernel / steps[:, None, None, None]).astype(np.int8)
                bias = np.rint(layer.bias / (steps * given)).astype(np.int32)
                held = [
                    graph.tensor(f"w{number}", levels.shape, "INT8", steps, data=levels),
                    graph.tensor(f"b{number}", bias.shape, "INT32", steps * given, data=bias),
                ]
            fused = kinds.NONE if layer.relu is None else kinds.RELU
            graph.add(
                "CONV_2D", [value, *held], out, "Conv2DOptions", padding=padding.VALID,
                strideH=layer.stride, strideW=layer.stride, fusedActivationFunction=fused,
                dilationHFactor=1, dilationWFactor=1,
            )  # fmt: skip
        value = out
    return graph.finish([source], [value], "a test", {})
