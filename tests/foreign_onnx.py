# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""ONNX graphs as converters write them, grown operator by operator with random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper


class ForeignGraph:
    """A chain of nodes from ``ink``; ``shape`` is that of the value at hand, batch first."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
        self.rng, self.shape, self.value = rng, shape, "ink"
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.input_shape = shape

    def constant(self, array: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(array, kind), name))
        return name

    def add(self, kind: str, *constants: str, first: bool = True, **attributes: Any) -> str:
        """A node of the value at hand and constants."""
        made = f"v{len(self.nodes)}"
        inputs = [self.value, *constants] if first else [*constants, self.value]
        self.nodes.append(helper.make_node(kind, inputs, [made], **attributes))
        self.value = made
        return made

    def beside(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """A node off the chain."""
        made = f"s{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [made], **attributes))
        return made

    def normal(self, *shape: int, scale: float = 0.4) -> np.ndarray:
        return self.rng.normal(0, scale, shape)

    def conv(self, outputs: int, size: int = 3, groups: int = 1, **attributes: Any) -> None:
        weights = self.constant(self.normal(outputs, self.shape[1] // groups, size, size))
        bias = self.constant(self.normal(outputs))
        self.add("Conv", weights, bias, kernel_shape=[size, size], group=groups, **attributes)
        reach = size + (size - 1) * (attributes.get("dilations", [1])[0] - 1)
        pads, step = attributes.get("pads", [0] * 4), attributes.get("strides", [1, 1])[0]
        rows, columns = (
            (side + pads[at] + pads[at + 2] - reach) // step + 1
            for at, side in enumerate(self.shape[2:])
        )
        self.shape = (1, outputs, rows, columns)

    def pool(self, kind: str, size: int = 2) -> None:
        self.add(kind, kernel_shape=[size, size], strides=[size, size])
        self.shape = (*self.shape[:2], *((side - size) // size + 1 for side in self.shape[2:]))

    def batch_norm(self) -> None:
        count = self.shape[1]
        parts = [self.rng.uniform(0.5, 2, count), self.normal(count), self.normal(count)]
        parts.append(self.rng.uniform(0.5, 2, count))
        self.add("BatchNormalization", *(self.constant(part) for part in parts))

    def transpose(self, *order: int) -> None:
        self.add("Transpose", perm=list(order))
        self.shape = tuple(self.shape[axis] for axis in order)

    def flatten(self, style: str) -> None:
        """As PyTorch or Keras write it: a layer, a constant shape, or one computed on the way."""
        count = int(np.prod(self.shape))
        if style == "layer":
            self.add("Flatten", axis=1)
        elif style == "constant":
            self.add("Reshape", self.constant([-1, count], np.int64))
        elif style == "squeeze" and self.shape[2:] == (1, 1):
            self.add("Squeeze", self.constant([2, 3], np.int64))
        else:
            sides = self.beside("Shape", [self.value])
            batch = self.beside("Gather", [sides, self.constant(0, np.int64)], axis=0)
            batch = self.beside("Unsqueeze", [batch, self.constant([0], np.int64)])
            parts = [batch, self.constant([-1], np.int64)]
            self.add("Reshape", self.beside("Concat", parts, axis=0))
        self.shape = (1, count)

    def dense(self, outputs: int, style: str) -> None:
        weights, bias = self.normal(outputs, self.shape[1]), self.constant(self.normal(outputs))
        if style == "gemm":
            self.add("Gemm", self.constant(weights), bias, transB=1, alpha=0.5, beta=2.0)
        else:
            self.add("MatMul", self.constant(weights.T))
            self.add("Add", bias, first=style != "bias first")
        self.shape = (1, outputs)

    def relu(self, style: str) -> None:
        if style == "relu":
            self.add("Relu")
        elif style == "clip":
            self.add("Clip", self.constant(0), self.constant(6))
        else:
            self.add("Max", self.constant(0), first=False)
            self.add("Min", self.constant(6))

    def quantized(self, scale: float, zero: int) -> None:
        """QuantizeLinear and DequantizeLinear, as a converter puts them around activations."""
        parts = [self.constant(scale), self.constant(zero, np.uint8)]
        self.add("QuantizeLinear", *parts)
        self.add("DequantizeLinear", *parts)

    def model(self) -> bytes:
        ends = (
            helper.make_tensor_value_info("ink", TensorProto.FLOAT, ["n", *self.input_shape[1:]]),
            helper.make_tensor_value_info(self.value, TensorProto.FLOAT, ["n", None]),
        )
        graph = helper.make_graph(self.nodes, "foreign", ends[:1], ends[1:], self.tensors)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        made.ir_version = 8
        return made.SerializeToString()
