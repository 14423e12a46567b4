# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""tflite-runtime 2.14 gives the same integers; the zoo's are in the parity plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.integer.reference import logits
from strategies import extreme_inputs, programs

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from lanewise.export.tflite import refusals
from old_tflite import old_python, ready_python, run_cases, write_case

__all__ = ["old_python"]


def compare(python: str, folder, count: int) -> None:
    expected = {}

    @given(programs())
    @settings(max_examples=count)
    def write(drawn):
        program, rng = drawn
        if refusals(program):
            return
        name = f"{len(expected):04d}"
        images = extreme_inputs(program, rng)
        write_case(folder, name, program, images)
        expected[name] = logits(program, images)

    write()
    found = run_cases(python, folder)
    assert len(expected) > count // 2 and found.keys() == expected.keys()
    for name, wanted in expected.items():
        assert np.array_equal(found[name], wanted), name


def test_random_programs_are_exact(tmp_path):
    python = ready_python()
    if python is None:
        pytest.skip("no environment with tflite-runtime: set LANEWISE_TFLITE_PYTHON")
    compare(python, tmp_path, 60)


@pytest.mark.slow
def test_many_random_programs_are_exact(old_python, tmp_path):
    compare(old_python, tmp_path, 400)
