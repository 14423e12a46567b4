# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""TFLite: the reference's integers from tflite-micro and LiteRT, or a refusal by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.errors import ProgramError
from lanewise.export.lanes import read
from lanewise.integer.program import Conv2d, Dense, Mix, Program
from lanewise.integer.reference import logits
from lanewise.resources import bundled
from lanewise.runtimes.base import runtime
from strategies import extreme_inputs, programs

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from lanewise.export.tflite import refusals, rounding_rules, tflite_bytes
from lanewise.runtimes.tflite import arena_bytes, run_tflite, run_tflm


@given(programs())
@settings(max_examples=120)
def test_random_programs_are_exact_or_refused_by_name(drawn):
    program, rng = drawn
    problems = refusals(program)
    if problems:
        with pytest.raises(ProgramError, match=r"not exact in TFLite: op \d+ \(.*\): .+"):
            tflite_bytes(program)
        return
    images = extreme_inputs(program, rng)
    expected = logits(program, images)
    assert np.array_equal(run_tflite(program, images), expected)
    if all(rule == "any" for rule in rounding_rules(program)):
        assert np.array_equal(run_tflite(program, images, reference=False), expected)


@given(programs())
@settings(max_examples=60)
def test_random_programs_are_exact_in_tflite_micro(drawn):
    pytest.importorskip("tflite_micro", reason="tflite-micro has no wheel for this machine")
    program, rng = drawn
    if not refusals(program):
        images = extreme_inputs(program, rng)
        assert np.array_equal(run_tflm(program, images), logits(program, images))


@pytest.mark.parametrize("shift", [0, 1, 2, 3, 5, 8, 11, 13, 15])
@pytest.mark.parametrize("weight", [1, 127])
def test_rounding_is_a_floor_around_every_edge(shift, weight):
    """Accumulators on, just below and just above each step, with and without doubled weights."""
    edges = (np.arange(-2, 20) << shift)[:, None] + np.arange(-3, 4)
    top = (np.arange(250, 259) << shift)[:, None] + np.arange(-3, 4)
    bias = np.unique(np.concatenate([edges.ravel(), top.ravel()]))
    hidden = Dense(np.full((len(bias), 1), weight), bias - weight, shift, 8)
    pick = np.arange(len(bias))
    last = Dense(np.eye(len(bias), dtype=np.int8), 0 * pick, 0, None, inputs=(1,))
    program = Program((1, 1, 1), 1, (hidden, last), tuple(map(str, pick)))
    images = np.array([0, 1], np.uint8).reshape(2, 1, 1)
    expected = logits(program, images)
    assert np.array_equal(run_tflite(program, images), expected)
    assert np.array_equal(run_tflm(program, images), expected)
    rule = rounding_rules(program)[0]
    assert rule == ("any" if shift == 0 or (weight == 1 and shift <= 13) else "double")
    fast = run_tflite(program, images, reference=False)
    # Under fp32 rounding the rule "double" is one too low on the multiples of 2**s: measured.
    assert np.array_equal(fast, expected) == (rule == "any")


def zoo_model(name: str) -> Program:
    return read(bundled("models") / name / "model.lanes")[0]


@pytest.mark.parametrize("engine", ["tflite", "tflm"])
def test_the_runtimes_are_found_by_name(engine):
    program = zoo_model("dense14")
    images = np.random.default_rng(0).integers(0, 16, (200, 14, 14)).astype(np.uint8)
    assert np.array_equal(runtime(engine)(program, images), logits(program, images))


def test_refusals_name_every_op_at_once():
    mix = Mix(np.full((2, 2), 2000), np.zeros(0, int), 8, 4, (0,))
    last = Dense(np.full((3, 2), 127), [40_000] * 3, 0, None, inputs=(1,))
    program = Program((2, 1, 1), 4, (mix, last), ("a", "b", "c"), name="wide")
    assert [problem.split(":")[0] for problem in refusals(program)] == [
        "op 0 (mix)",
        "op 1 (dense)",
    ]
    conv = Conv2d(np.ones((2, 1, 1, 1), np.int8), [0, 0], 0, None)
    maps = Program((1, 1, 2), 4, (conv,), tuple("abcd"))
    with pytest.raises(ProgramError, match="logits lie over 1x2 pixels"):
        tflite_bytes(maps)


@pytest.mark.parametrize("most", [63, 64, 127, 128, 133, 252])
def test_mixing_weights_beyond_a_byte_are_shared_out_over_copies(most):
    """Every activation of two streams and a branch, by weights at the edges of a filter's range."""
    rng = np.random.default_rng(most)
    copied = Mix(np.ones((2, 1), int), np.zeros(0, int), 0, 3, (0,))
    mixed = Mix([[most, 1], [0, most]], [most, 5], 7, 8, (1, 0))
    last = Dense(rng.integers(-9, 9, (3, 50)), [0] * 3, 0, None, inputs=(2,))
    program = Program((1, 5, 5), 3, (copied, mixed, last), ("a", "b", "c"))
    assert set(rounding_rules(program)) == {"any"}
    images = extreme_inputs(program, rng, 40)
    expected = logits(program, images)
    for found in (
        run_tflite(program, images),
        run_tflite(program, images, reference=False),
        run_tflm(program, images),
    ):
        assert np.array_equal(found, expected)


def test_equal_programs_give_equal_bytes_and_a_small_arena():
    data = tflite_bytes(zoo_model("dense14"), card={"accuracy": 0.98})
    assert data == tflite_bytes(zoo_model("dense14"), card={"accuracy": 0.98})
    assert data[4:8] == b"TFL3"
    assert b'{"accuracy": 0.98}' in data and b"0\n1\n2" in data
    assert 1_000 < arena_bytes(data) < 10_000
