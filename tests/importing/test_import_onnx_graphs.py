# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""ONNX graphs of every layout are read as onnxruntime runs them, and quantize close to that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanewise.errors import ModelFileError
from lanewise.importing.load import load_bytes
from lanewise.importing.net import Net, forward
from lanewise.importing.quantize import Precision, quantize, real_inputs
from lanewise.integer.reference import logits

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from foreign_onnx import ForeignGraph
from lanewise.runtimes.onnx import session

RELUS, DENSES = ("relu", "clip", "max and min"), ("gemm", "matmul", "bias first")
FLATTENS = ("layer", "constant", "computed", "squeeze")


def run_both(data: bytes, side: int = 12, seed: int = 0) -> tuple[Net, np.ndarray, np.ndarray]:
    """The net, ink levels of 8 bits, and what onnxruntime makes of them."""
    net = load_bytes(data, ".onnx", "foreign")
    assert isinstance(net, Net) and net.input_shape == (1, side, side)
    ink = np.random.default_rng(seed).integers(0, 256, (16, 1, side, side)).astype(np.uint8)
    engine = session(data)
    (given_,) = engine.get_inputs()
    real = real_inputs(net, ink, 8).reshape(len(ink), *given_.shape[1:])
    return net, ink, engine.run(None, {given_.name: real})[0]


def agree(data: bytes, quantized: bool = True) -> None:
    net, ink, expected = run_both(data)
    found = forward(net, real_inputs(net, ink, 8))
    reach = np.abs(expected).max() + 1e-6
    assert np.abs(found - expected).max() < 1e-4 * reach
    if quantized:
        program = quantize(net, ink, tuple("0123456789"))
        integers = logits(program, ink) / program.logits_per_nat
        assert np.abs(integers - found).max() < 0.1 * reach


@st.composite
def chains(draw: st.DrawFn) -> bytes:
    """Random chains of what people build: layouts, blocks, scalings, poolings and heads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    last = draw(st.booleans())
    graph = ForeignGraph(rng, (1, 12, 12, 1) if last else (1, 1, 12, 12))
    if draw(st.booleans()):
        graph.add("Mul", graph.constant(draw(st.sampled_from([0.5, 2.0]))))
    if last:
        graph.transpose(0, 3, 1, 2)
    signed = False
    for _ in range(draw(st.integers(0, 3))):
        side = graph.shape[2]
        attributes = {}
        kind = draw(st.sampled_from(["conv", "depthwise", "pointwise", "max", "mean"]))
        if kind in ("max", "mean"):
            if side >= 2 and not (kind == "mean" and signed):
                graph.pool("MaxPool" if kind == "max" else "AveragePool")
            continue
        if not signed:
            attributes["pads"] = draw(
                st.sampled_from([[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [2, 1, 0, 1]])
            )
        attributes["strides"] = draw(st.sampled_from([[1, 1], [2, 2]]))
        if draw(st.booleans()) and side >= 5:
            attributes["dilations"] = [2, 2]
        if kind == "pointwise" or side < 3:
            graph.conv(int(rng.integers(2, 6)), 1)
        elif kind == "depthwise" and side >= 5:
            graph.conv(
                graph.shape[1] * int(rng.integers(1, 3)), groups=graph.shape[1], **attributes
            )
        elif side >= 5:
            graph.conv(int(rng.integers(2, 6)), **attributes)
        else:
            graph.conv(3)
        if draw(st.booleans()):
            graph.batch_norm()
        signed = draw(st.integers(0, 3)) == 0
        if not signed:
            graph.relu(draw(st.sampled_from(RELUS)))
        if draw(st.booleans()):
            graph.add("Identity")
    if draw(st.booleans()) and not signed:
        graph.batch_norm()
    if draw(st.booleans()) and graph.nodes and not signed:
        graph.add("GlobalAveragePool")
        graph.shape = (*graph.shape[:2], 1, 1)
    if draw(st.booleans()):
        graph.transpose(0, 2, 3, 1)
        graph.flatten(draw(st.sampled_from(FLATTENS[:3])))
    else:
        graph.flatten(draw(st.sampled_from(FLATTENS)))
    if draw(st.booleans()):
        graph.dense(9, draw(st.sampled_from(DENSES)))
        graph.relu("relu")
        graph.batch_norm()
    graph.dense(10, draw(st.sampled_from(DENSES)))
    return graph.model()


@given(chains())
@settings(max_examples=150)
def test_random_chains_are_read_as_onnxruntime_runs_them(data):
    agree(data, quantized=False)


def test_a_keras_graph_in_its_own_layout():
    """tf2onnx: NHWC in, one transpose there, one back, padding SAME with a stride, MatMul, Add."""
    graph = ForeignGraph(np.random.default_rng(1), (1, 12, 12, 1))
    graph.add("Sub", graph.constant(0.25))
    graph.add("Div", graph.constant(0.5))
    graph.transpose(0, 3, 1, 2)
    graph.conv(6)
    graph.relu("relu")
    graph.conv(6, groups=6, pads=[0, 0, 1, 1], strides=[2, 2])
    graph.conv(12, 1)
    graph.relu("max and min")
    graph.pool("MaxPool")
    graph.transpose(0, 2, 3, 1)
    graph.flatten("constant")
    graph.dense(10, "matmul")
    graph.add("Softmax", axis=1)
    data = graph.model()
    net, ink, expected = run_both(data)
    found = forward(net, real_inputs(net, ink, 8))
    share = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    assert np.abs(share - expected).max() < 1e-5
    program = quantize(net, ink, tuple("0123456789"))
    integers = logits(program, ink) / program.logits_per_nat
    assert np.abs(integers - found).max() < 0.05 * np.abs(found).max()


def test_a_separable_network_without_activations_in_between():
    """Depthwise without ReLU, then pointwise: negatives pass through by a zero point."""
    graph = ForeignGraph(np.random.default_rng(2), (1, 1, 12, 12))
    graph.conv(4)
    graph.conv(8, groups=4)
    graph.conv(8, 1)
    graph.relu("clip")
    graph.add("ReduceMean", axes=[2, 3], keepdims=0)
    graph.shape = (1, 8)
    graph.dense(10, "gemm")
    agree(graph.model())


def test_quantize_and_dequantize_pairs_are_read_as_what_they_stand_for():
    graph = ForeignGraph(np.random.default_rng(3), (1, 1, 12, 12))
    graph.quantized(1 / 255, 0)
    levels = graph.rng.integers(-127, 128, (4, 1, 3, 3))
    scales, zeros = graph.rng.uniform(0.002, 0.006, 4), np.zeros(4)
    parts = [
        graph.constant(levels, np.int8),
        graph.constant(scales),
        graph.constant(zeros, np.int8),
    ]
    weights = graph.beside("DequantizeLinear", parts, axis=0)
    graph.add("Conv", weights, graph.constant(graph.normal(4)), kernel_shape=[3, 3])
    graph.shape = (1, 4, 10, 10)
    graph.relu("relu")
    graph.quantized(0.02, 0)
    graph.pool("MaxPool")
    graph.quantized(0.02, 0)
    graph.flatten("layer")
    graph.dense(10, "gemm")
    net, ink, expected = run_both(graph.model())
    assert net.layers[0].ceiling == pytest.approx(0.02 * 255)
    found = forward(net, real_inputs(net, ink, 8))
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("grow", "why"),
    [
        (lambda g: (g.conv(3), g.add("Add", "ink")), "not one chain"),
        (lambda g: (g.conv(3), g.relu("relu"), g.add("Clip", g.constant(1))), "clips below at 1"),
        (lambda g: g.add("MaxPool", kernel_shape=[3, 3], pads=[1] * 4), "pooling with padding"),
        (lambda g: g.add("AveragePool", kernel_shape=[2, 3]), "a window of 2x3"),
        (lambda g: g.conv(3, strides=[1, 2]), r"strides \(1, 2\)"),
        (lambda g: g.add("Flatten", axis=0), "a scaling|no layers"),
        (
            lambda g: (g.add("Add", g.constant(0.5)), g.conv(3, pads=[1] * 4)),
            "pads with zeros what",
        ),
        (lambda g: (g.flatten("layer"), g.add("GlobalAveragePool")), r"reduces axes \(2, 3\)|\[2"),
        (lambda g: g.add("Cast", to=6), "to a type that is no float"),
        (
            lambda g: (g.conv(3), g.add("Mul", g.constant(g.normal(1, 3, 10, 10)))),
            "ends in a scaling",
        ),
        (lambda g: g.add("Gemm", g.constant(g.normal(144, 3)), transA=1), "transA"),
        (lambda g: (g.transpose(0, 1, 3, 2), g.conv(3)), "takes other axes"),
    ],
)
def test_what_cannot_be_expressed_is_refused_by_name(grow, why):
    graph = ForeignGraph(np.random.default_rng(4), (1, 1, 12, 12))
    grow(graph)
    with pytest.raises(ModelFileError, match=why):
        load_bytes(graph.model(), ".onnx", "odd")


def test_every_unsupported_operator_is_listed_with_all_its_places():
    graph = ForeignGraph(np.random.default_rng(5), (1, 1, 12, 12))
    for kind in ("Tanh", "Sigmoid", "Relu", "Tanh", "Elu"):
        graph.add(kind)
    with pytest.raises(ModelFileError) as caught:
        load_bytes(graph.model(), ".onnx", "odd")
    assert "operator Tanh at 0, 3; operator Sigmoid at 1; operator Elu at 4" in str(caught.value)


def test_padding_after_a_layer_without_a_relu_is_refused_when_quantized():
    graph = ForeignGraph(np.random.default_rng(6), (1, 1, 12, 12))
    graph.conv(3)
    graph.conv(3, pads=[1] * 4)
    graph.relu("relu")
    graph.flatten("layer")
    graph.dense(10, "gemm")
    net, ink, _ = run_both(graph.model())
    with pytest.raises(ModelFileError, match="pads with zeros where no ReLU came before"):
        quantize(net, ink, tuple("0123456789"))


def test_channels_of_very_different_range_keep_their_say(monkeypatch):
    """As a batch norm after the ReLU leaves them: one scale for all would round the small away."""
    graph = ForeignGraph(np.random.default_rng(7), (1, 1, 12, 12))
    weights = graph.normal(8, 1, 3, 3)
    spread = 1.8 ** np.arange(8)
    graph.add("Conv", graph.constant(weights / spread.reshape(8, 1, 1, 1)), kernel_shape=[3, 3])
    graph.shape = (1, 8, 10, 10)
    graph.relu("relu")
    graph.add("Mul", graph.constant(spread.reshape(8, 1, 1)))
    graph.pool("MaxPool")
    graph.flatten("layer")
    graph.dense(10, "gemm")
    net, ink, expected = run_both(graph.model())

    def worst() -> float:
        program = quantize(net, ink, tuple("0123456789"), Precision(8, 4))
        off = logits(program, ink) / program.logits_per_nat - expected
        return float(np.abs(off).max() / np.abs(expected).max())

    fine = worst()
    monkeypatch.setattr(
        "lanewise.importing.quantize._equalizing",
        lambda layer, y, given, how: (np.ones(y.shape[1], np.float32), float(y.max())),
    )
    assert fine < 0.1 < worst()


def test_levels_that_begin_at_zero_clip_like_the_relu_that_a_converter_left_out():
    """And what they say of a range does not hold for what a batch norm after them makes."""
    for pooled, normed in ((False, False), (True, False), (False, True)):
        graph = ForeignGraph(np.random.default_rng(8), (1, 1, 12, 12))
        graph.conv(4)
        if pooled:
            graph.pool("MaxPool")
        graph.quantized(0.04, 128 if normed else 0)
        if normed:
            graph.add("Mul", graph.constant(np.full((4, 1, 1), 5.0)))
            graph.relu("relu")
        graph.flatten("layer")
        graph.dense(10, "gemm")
        net, ink, expected = run_both(graph.model())
        found = forward(net, real_inputs(net, ink, 8))
        assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max(), (pooled, normed)
        program = quantize(net, ink, tuple("0123456789"))
        integers = logits(program, ink) / program.logits_per_nat
        assert np.abs(integers - expected).max() < 0.05 * np.abs(expected).max()


def test_a_part_of_a_shape_is_that_part():
    graph = ForeignGraph(np.random.default_rng(9), (1, 1, 12, 12))
    graph.conv(3)
    batch = graph.beside("Shape", [graph.value], start=0, end=1)
    maps = graph.beside("Shape", [graph.value], start=-2)
    parts = [batch, graph.constant([3], np.int64), maps]
    graph.add("Reshape", graph.beside("Concat", parts, axis=0))
    graph.flatten("layer")
    graph.dense(10, "gemm")
    agree(graph.model())


@pytest.mark.parametrize(
    "grow",
    [lambda g: g.add("Mul", g.constant(-1)), lambda g: g.add("Add", g.constant(g.normal(10))),
     lambda g: g.relu("clip")],
)  # fmt: skip
def test_what_comes_after_softmax_is_refused(grow):
    """It would be folded into the logits, of which another label may then be the largest."""
    graph = ForeignGraph(np.random.default_rng(9), (1, 1, 12, 12))
    graph.flatten("layer")
    graph.dense(10, "gemm")
    graph.add("Softmax", axis=1)
    grow(graph)
    with pytest.raises(ModelFileError, match="comes after softmax, which must be last"):
        load_bytes(graph.model(), ".onnx", "odd")
