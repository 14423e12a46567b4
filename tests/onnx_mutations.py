# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Damage to an ONNX message that leaves it a message: nodes, attributes, tensors, shapes, notes."""

from __future__ import annotations

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from fuzz_formats import damage, extreme

KINDS = (
    "Conv", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "BatchNormalization", "Relu", "Clip",
    "Max", "Min", "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean", "Flatten", "Reshape",
    "Squeeze", "Unsqueeze", "Transpose", "Pad", "QuantizeLinear", "DequantizeLinear", "Identity",
    "Cast", "Softmax", "Constant", "Shape", "Gather", "Concat", "Slice", "Loop", "If",
)  # fmt: skip

ATTRIBUTES = ("axis", "perm", "pads", "strides", "group", "kernel_shape", "axes", "dilations")


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """A damaged message; bytes that are none are damaged as bytes."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return damage(data, rng)
    try:
        for _ in range(int(rng.integers(1, 4))):
            if model.graph.node:
                _edit(model, rng)
        return bytes(model.SerializeToString())
    except (ValueError, TypeError, AttributeError, DecodeError):
        # Names that are not UTF-8, once damaged, do not let themselves be written again.
        return damage(data, rng)


def _pick(items, rng):
    return items[int(rng.integers(len(items)))] if len(items) else None


def _edit(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    graph, kind = model.graph, int(rng.integers(12))
    node, tensor = _pick(graph.node, rng), _pick(graph.initializer, rng)
    if kind == 0:
        node.op_type = KINDS[rng.integers(len(KINDS))]
    elif kind == 1:
        del graph.node[int(rng.integers(len(graph.node)))]
    elif kind == 2:
        graph.node.append(node)
    elif kind == 3:
        names = [name for one in graph.node for name in (*one.input, *one.output)] + [""]
        names += [one.name for one in graph.initializer]
        places = node.input if rng.random() < 0.6 else node.output
        if len(places):
            places[int(rng.integers(len(places)))] = names[rng.integers(len(names))]
    elif kind == 4:
        node.attribute.append(
            onnx.helper.make_attribute(
                str(
                    rng.choice(["axis", "perm", "pads", "strides", "group", "kernel_shape", "axes"])
                ),
                [extreme(rng) % 100 for _ in range(rng.integers(1, 5))]
                if rng.random() < 0.6
                else extreme(rng) % 100,
            )
        )
    elif kind == 5 and node.attribute:
        one = _pick(node.attribute, rng)
        if len(one.ints):
            one.ints[int(rng.integers(len(one.ints)))] = extreme(rng)
        elif rng.random() < 0.3:
            one.type = int(rng.integers(0, 15))
        else:
            one.i, one.f = extreme(rng), float(rng.choice([0, -1, np.nan, np.inf, 1e30]))
    elif kind == 6 and tensor is not None and len(tensor.dims):
        tensor.dims[int(rng.integers(len(tensor.dims)))] = extreme(rng)
    elif kind == 7 and tensor is not None:
        tensor.data_type = int(rng.integers(0, 26))
    elif kind == 8 and tensor is not None:
        cut = int(rng.integers(0, len(tensor.raw_data) + 1))
        tensor.raw_data = tensor.raw_data[:cut] + rng.bytes(int(rng.integers(0, 9)))
    elif kind == 9 and tensor is not None:
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", str(rng.choice(["../secret", "weights.bin", "/"]))
    elif kind == 10 and len(graph.input):
        dims = graph.input[0].type.tensor_type.shape.dim
        if len(dims):
            dims[int(rng.integers(len(dims)))].dim_value = extreme(rng)
    elif kind == 11 and model.metadata_props:
        entry = _pick(model.metadata_props, rng)
        entry.value = damage(entry.value.encode(), rng).decode("utf-8", "replace")
