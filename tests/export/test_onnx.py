# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""ONNX: the reference's integers from onnxruntime for every op, with and without optimization."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings

from lanewise.errors import ProgramError, UsageError
from lanewise.export.lanes import read
from lanewise.integer.certificate import certify
from lanewise.integer.program import Conv2d, Dense, Mix, Pool, Program
from lanewise.integer.reference import logits
from lanewise.resources import bundled
from lanewise.runtimes.base import runtime
from strategies import extreme_inputs, programs

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from lanewise.export.onnx import onnx_bytes, onnx_model, qlinear_ops  # noqa: E402
from lanewise.runtimes.onnx import run_onnx, session  # noqa: E402


@given(programs())
@settings(max_examples=150)
def test_integer_flavour_returns_the_reference_integers(drawn):
    program, rng = drawn
    images = extreme_inputs(program, rng)
    expected = logits(program, images)
    assert np.array_equal(run_onnx(program, images), expected)
    assert np.array_equal(run_onnx(program, images, optimize=False), expected)


@given(programs())
@settings(max_examples=120)
def test_qlinear_flavour_is_exact_or_refused_by_name(drawn):
    program, rng = drawn
    bounds = {bound.op: bound for bound in certify(program).bounds}
    reasons = [qlinear_ops.refusal(op, bounds.get(at)) for at, op in enumerate(program.ops)]
    if any(reasons):
        with pytest.raises(ProgramError, match=r"op \d+ \(.*\) is not exact as QLinear"):
            onnx_model(program, "qlinear")
        assume(False)
    images = extreme_inputs(program, rng)
    expected = logits(program, images)
    for optimize in (True, False):
        found = run_onnx(program, images, flavour="qlinear", optimize=optimize)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("shift", range(qlinear_ops.MOST_SHIFT + 1))
def test_qlinear_rounding_is_a_floor_for_every_accumulator_around_every_edge(shift):
    """A single weight of 1 and every bias near a step: accumulators on, below and above edges."""
    edges = (np.arange(-2, 259) << shift)[:, None] + np.arange(-2, 3)
    bias = np.unique(edges)
    hidden = Dense(np.ones((len(bias), 1), np.int8), bias, shift, 8)
    last = Dense(np.eye(len(bias), dtype=np.int8), [0] * len(bias), 0, None, inputs=(1,))
    program = Program((1, 1, 1), 1, (hidden, last), tuple(f"{n}" for n in range(len(bias))))
    images = np.array([0, 1], np.uint8).reshape(2, 1, 1)
    assert np.array_equal(run_onnx(program, images, flavour="qlinear"), logits(program, images))


def test_bytes_at_their_extremes_do_not_saturate_in_pairs():
    """255 * 127 twice is beyond int16: the multiply-add of older x86 processors would clip it."""
    rng = np.random.default_rng(3)
    weights = rng.choice([-128, 127], (16, 64)).astype(np.int8)
    weights[0] = 127
    program = Program(
        (1, 8, 8), 8, (Dense(weights, [0] * 16, 0, None),), tuple(f"{n}" for n in range(16))
    )
    images = np.full((2, 8, 8), 255, np.uint8)
    assert run_onnx(program, images)[0, 0] == 64 * 127 * 255
    assert np.array_equal(run_onnx(program, images), logits(program, images))


def zoo_model(name: str) -> Program:
    return read(bundled("models") / name / "model.lanes")[0]


def test_the_model_says_what_it_is():
    program = zoo_model("dense14")
    model = onnx_model(program, card={"accuracy": 0.98})
    onnx.checker.check_model(model, full_check=True)
    assert model.ir_version == 8 and model.opset_import[0].version == 17
    props = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(props["labels"]) == list(program.labels)
    assert json.loads(props["card"]) == {"accuracy": 0.98}
    assert props["lanewise.crop"] == "28" and props["lanewise.input_bits"] == "4"
    described = session(model.SerializeToString())
    (ink,), (out,) = described.get_inputs(), described.get_outputs()
    assert (ink.name, ink.type, ink.shape) == ("ink", "tensor(uint8)", ["batch", 1, 14, 14])
    assert (out.name, out.type, out.shape) == ("logits", "tensor(int32)", ["batch", 10])


def test_equal_programs_give_equal_bytes():
    assert onnx_bytes(zoo_model("dense14")) == onnx_bytes(zoo_model("dense14"))


def test_qlinear_names_the_op_that_it_cannot_express():
    mix = Mix(np.full((2, 2), 2000), np.zeros(0, int), 2, 4, (0,))
    last = Dense(np.ones((3, 2), np.int8), [0] * 3, 0, None, inputs=(1,))
    program = Program((2, 1, 1), 4, (mix, last), ("a", "b", "c"), name="mixed")
    with pytest.raises(ProgramError, match=r"mixed: op 0 \(mix\).*2000 takes 16 copies"):
        onnx_model(program, "qlinear")
    with pytest.raises(UsageError, match="'float' is unknown"):
        onnx_model(program, "float")


def test_a_pooling_network_uses_only_bytes_between_ops():
    """What accelerators ask of the QLinear flavour: no wide tensor before the last op."""
    conv = Conv2d(np.ones((2, 1, 3, 3), np.int8), [4, 4], [3, 2], 4, padding=1)
    pools = (Pool("max", 2, 2, 0, 4, (1,)), Pool("sum", 2, 1, 2, 4, (2,)))
    last = Dense(np.ones((2, 2), np.int8), [0, 0], 0, None, inputs=(3,))
    model = onnx_model(Program((1, 4, 4), 4, (conv, *pools, last), ("a", "b")), "qlinear")
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == [
        "QLinearConv", "Clip", "MaxPool", "QLinearConv", "Clip", "Flatten", "MatMulInteger",
        "Add", "Flatten",
    ]  # fmt: skip


def test_the_runtime_is_found_by_name():
    program = zoo_model("dense14-pen")
    images = np.random.default_rng(0).integers(0, 16, (300, 14, 14)).astype(np.uint8)
    done = []
    assert np.array_equal(runtime("onnx")(program, images, done.append), logits(program, images))
    assert sum(done) == 300
