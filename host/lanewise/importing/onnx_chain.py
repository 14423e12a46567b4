# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A foreign ONNX graph as one chain of layers: constants are folded, one value is followed."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from lanewise.errors import ModelFileError
from lanewise.importing.net import MAX_WEIGHTS, Net, printable
from lanewise.importing.onnx_constants import FOLDED
from lanewise.importing.onnx_file import array
from lanewise.importing.onnx_operators import OPERATORS
from lanewise.importing.sequence import Sequence, refuse_all

Array = NDArray[Any]


def read_net(model: onnx.ModelProto, name: str, low: float, high: float) -> Net:
    """The float network of ``model``; raises ``ModelFileError`` listing what is not supported."""
    nodes = list(model.graph.node)
    known = {"Constant", "Shape", *FOLDED, *OPERATORS}
    kinds = [
        node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        for node in nodes
    ]
    refuse_all([(printable(kind), at) for at, kind in enumerate(kinds) if kind not in known], name)
    chain = _Chain(model.graph)
    for at, node in enumerate(nodes):
        label = node.name or (node.output[0] if node.output else "?")
        where = f"{node.op_type} at {at} ({printable(label)})"
        try:
            chain.read(node, where)
        except (
            ValueError, TypeError, IndexError, KeyError, OverflowError, AttributeError,
            ZeroDivisionError,
        ) as error:  # fmt: skip
            raise ModelFileError(
                f"{where}: its attributes contradict each other: {error}"
            ) from None
    if [out.name for out in model.graph.output] != [chain.value]:
        raise ModelFileError("the last operator does not make the one output")
    return chain.net.finish(name, low, high)


def _input_sides(graph: onnx.GraphProto, constants: dict[str, Any]) -> tuple[str, list[int]]:
    sources = [value for value in graph.input if value.name not in constants]
    if len(sources) != 1:
        raise ModelFileError(f"{len(sources)} inputs; one is expected")
    sides = [int(side.dim_value) for side in sources[0].type.tensor_type.shape.dim]
    if not 2 <= len(sides) <= 4 or min(sides[1:]) < 1 or sides[0] > 1:
        raise ModelFileError(
            f"an input of shape {sides}; (batch, channels, rows, columns) or fewer is read, with a "
            f"batch that is free or 1"
        )
    return sources[0].name, sides[1:]


class _Chain:
    """Follows one value through the nodes; everything else must be constant."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._constants: dict[str, Array] = {}
        self.value, sides = _input_sides(graph, self._tensors)
        last = len(sides) == 3 and sides[2] <= 4 < sides[0]
        self.net = Sequence(sides, channels_last=last)

    def _is_constant(self, name: str) -> bool:
        return name in self._constants or name in self._tensors

    def constant(self, name: str) -> Array:
        """The constant called ``name``."""
        if name not in self._constants:
            self._constants[name] = array(self._tensors[name])
        return self._constants[name]

    def read(self, node: onnx.NodeProto, name: str) -> None:
        """Take one node in; raises ``ModelFileError`` where it breaks the chain."""
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if not node.output:
            raise ModelFileError(f"{name}: makes nothing")
        made = node.output[0]
        given = [source for source in node.input if source]
        if node.op_type == "Constant":
            self._constants[made] = _constant_node(name, attributes)
        elif node.op_type == "Shape" and given == [self.value]:
            part = slice(attributes.get("start", 0), attributes.get("end"))
            self._constants[made] = np.array(self.net.view.shape[part], np.int64)
        elif given and all(self._is_constant(source) for source in given):
            if node.op_type not in FOLDED:
                raise ModelFileError(f"{name}: its inputs are all constants")
            values = [self.constant(source) for source in given]
            self._constants[made] = FOLDED[node.op_type](name, attributes, *values)
        else:
            moving = [source for source in given if not self._is_constant(source)]
            if moving != [self.value] or node.op_type not in OPERATORS:
                raise ModelFileError(f"{name}: the network is not one chain of layers")
            self.value = made
            inputs = [
                self.constant(source) if source and self._is_constant(source) else None
                for source in node.input
            ]
            OPERATORS[node.op_type](self.net, name, attributes, inputs)


def _constant_node(name: str, attributes: dict[str, Any]) -> Array:
    if "value" in attributes:
        return array(attributes["value"])
    for key, kind in (("value_float", "f4"), ("value_int", "i8")):
        if key in attributes:
            return np.array(attributes[key], kind)
    for key, kind in (("value_floats", "f4"), ("value_ints", "i8")):
        if key in attributes and len(attributes[key]) <= MAX_WEIGHTS:
            return np.array(attributes[key], kind)
    raise ModelFileError(f"{name}: a constant without a value that is read")
