# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""TFLite graphs with the operators that converters put around layers, read as LiteRT runs them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanewise.errors import ModelFileError
from lanewise.importing.load import load_bytes
from lanewise.importing.net import Net, forward
from lanewise.importing.quantize import quantize, real_inputs
from lanewise.integer.reference import logits

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from lanewise.export.tflite.graph import Graph
from lanewise.runtimes.tflite import litert


class Grown:
    """A float chain in TFLite's own layout, operator by operator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.graph, self.shape = rng, Graph(), (1, 12, 12, 1)
        self.value = self.source = self.graph.tensor("ink", self.shape, "FLOAT32")

    def constant(self, data: np.ndarray | list, dtype: str = "FLOAT32") -> int:
        kind = {"FLOAT32": np.float32, "INT32": np.int32}[dtype]
        held = np.asarray(data, kind)
        return self.graph.tensor(f"c{len(self.graph.tensors)}", held.shape, dtype, data=held)

    def add(self, kind: str, others: list[int], shape: tuple, options: str = "", **fields) -> None:
        out = self.graph.tensor(f"v{len(self.graph.tensors)}", shape, "FLOAT32")
        self.graph.add(kind, [self.value, *others], out, options, **fields)
        self.value, self.shape = out, tuple(shape)

    def scale(self, kind: str, constant: np.ndarray, swapped: bool = False) -> None:
        self.add(kind, [self.constant(constant)], self.shape, f"{kind.capitalize()}Options")
        if swapped:
            self.graph.operators[-1].inputs = self.graph.operators[-1].inputs[::-1]

    def conv(
        self, outputs: int, size: int, stride: int, same: bool, dilation: int, relu: int
    ) -> None:
        channels, depthwise = self.shape[3], outputs == 0
        outputs = outputs or 2 * channels
        shape = (1, size, size, outputs) if depthwise else (outputs, size, size, channels)
        parts = [self.constant(self.rng.normal(0, 0.4, shape))]
        parts.append(self.constant(self.rng.normal(0, 0.3, outputs)))
        reach = (size - 1) * dilation + 1
        sides = [
            -(-side // stride) if same else (side - reach) // stride + 1 for side in self.shape[1:3]
        ]
        fields = {"padding": self.graph.schema.Padding.SAME if same else 1}
        fields |= {"strideH": stride, "strideW": stride, "fusedActivationFunction": relu}
        fields |= {"dilationHFactor": dilation, "dilationWFactor": dilation}
        name = "DepthwiseConv2D" if depthwise else "Conv2D"
        kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        if depthwise:
            fields["depthMultiplier"] = 2
        self.add(kind, parts, (1, *sides, outputs), f"{name}Options", **fields)

    def dense(self, outputs: int) -> None:
        count = self.shape[-1]
        parts = [self.constant(self.rng.normal(0, 0.4, (outputs, count)))]
        parts.append(self.constant(self.rng.normal(0, 0.3, outputs)))
        self.add("FULLY_CONNECTED", parts, (1, outputs), "FullyConnectedOptions")

    def finish(self) -> bytes:
        return self.graph.finish([self.source], [self.value], "a test", {})


def agree(data: bytes) -> Net:
    net = load_bytes(data, ".tflite", "foreign")
    assert isinstance(net, Net)
    ink = np.random.default_rng(0).integers(0, 256, (8, 1, 12, 12)).astype(np.uint8)
    interpreter = litert(data)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    real, expected = real_inputs(net, ink, 8), []
    for one in real:
        interpreter.set_tensor(source, one.transpose(1, 2, 0)[None])
        interpreter.invoke()
        expected.append(interpreter.get_tensor(target).reshape(-1).copy())
    found = forward(net, real)
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    return net


@given(
    seed=st.integers(0, 2**32 - 1),
    blocks=st.lists(
        st.tuples(
            st.sampled_from([0, 3, 5]), st.sampled_from([1, 2, 3]), st.sampled_from([1, 2]),
            st.booleans(), st.sampled_from([1, 2]), st.sampled_from([0, 1, 3]),
        ),
        max_size=3,
    ),
    head=st.sampled_from(["mean", "reshape", "transpose", "shape"]),
)  # fmt: skip
@settings(max_examples=80)
def test_random_chains_are_read_as_litert_runs_them(seed, blocks, head):
    grown = Grown(np.random.default_rng(seed))
    for outputs, size, stride, same, dilation, relu in blocks:
        if same or (size - 1) * dilation < grown.shape[1]:
            strided = stride if dilation == 1 else 1
            grown.conv(outputs, size, strided, same, dilation, relu)
    count = int(np.prod(grown.shape))
    if head == "mean":
        count = grown.shape[3]
        axes = grown.constant([1, 2], "INT32")
        grown.add("MEAN", [axes], (1, count), "ReducerOptions", keepDims=False)
    elif head == "transpose":
        order = grown.constant([0, 3, 1, 2], "INT32")
        shape = tuple(grown.shape[axis] for axis in (0, 3, 1, 2))
        grown.add("TRANSPOSE", [order], shape, "TransposeOptions")
    if head != "mean":
        target = grown.constant([1, count], "INT32")
        grown.add("RESHAPE", [target], (1, count), "ReshapeOptions", newShape=[1, count])
    grown.dense(10)
    agree(grown.finish())


def test_scalings_paddings_and_limits_around_the_layers():
    grown = Grown(np.random.default_rng(3))
    grown.scale("MUL", np.float32(2))
    grown.scale("SUB", np.float32(0.5), swapped=True)
    grown.conv(4, 3, 1, False, 1, 0)
    grown.scale("MUL", grown.rng.uniform(0.5, 2, 4))
    grown.scale("ADD", grown.rng.normal(0, 0.3, 4), swapped=True)
    grown.add("MAXIMUM", [grown.constant(np.float32(0))], grown.shape, "MaximumMinimumOptions")
    grown.add("MINIMUM", [grown.constant(np.float32(2))], grown.shape, "MaximumMinimumOptions")
    sides = grown.constant([[0, 0], [0, 1], [2, 1], [0, 0]], "INT32")
    grown.add("PAD", [sides], (1, 11, 13, 4), "PadOptions")
    grown.conv(6, 3, 2, False, 1, 1)
    grown.scale("DIV", grown.rng.uniform(0.5, 2, 6))
    grown.scale("SUB", grown.rng.normal(0, 0.3, 6))
    count = int(np.prod(grown.shape))
    grown.add("RESHAPE", [grown.constant([1, count], "INT32")], (1, count), "ReshapeOptions")
    grown.dense(10)
    grown.add("EXPAND_DIMS", [grown.constant(1, "INT32")], (1, 1, 10), "ExpandDimsOptions")
    grown.add("SQUEEZE", [], (1, 10), "SqueezeOptions", squeezeDims=[1])
    net = agree(grown.finish())
    ink = np.random.default_rng(1).integers(0, 256, (20, 1, 12, 12)).astype(np.uint8)
    program = quantize(net, ink, tuple("0123456789"))
    found = forward(net, real_inputs(net, ink, 8))
    integers = logits(program, ink) / program.logits_per_nat
    assert np.abs(integers - found).max() < 0.05 * np.abs(found).max()


def test_a_sum_of_two_values_is_refused_as_no_chain():
    grown = Grown(np.random.default_rng(4))
    grown.conv(1, 3, 1, True, 1, 1)
    grown.add("ADD", [grown.source], grown.shape, "AddOptions")
    grown.graph.operators[-1].inputs = [grown.value - 1, grown.source]
    with pytest.raises(ModelFileError, match="ADD at 1: the network is not one chain"):
        load_bytes(grown.finish(), ".tflite", "residual")
