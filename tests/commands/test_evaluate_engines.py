# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""evaluate with every engine, and the layer at fault when one is wrong; the arena of an export."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from command_line import run
from lanewise.commands import evaluate as command
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.runtimes.base import RUNTIMES, no_progress


@pytest.mark.parametrize("engine", RUNTIMES, indirect=True)
def test_no_logit_differs_with_any_engine(engine):
    count = 1 if engine.startswith("device") else 3
    options = ("--limit", count, "--engine", engine, "--compare", "--json")
    status, out, err = run("evaluate", "dense14", *options)
    assert status == 0, err
    found = json.loads(out)
    assert (found["mismatches"], found["n"], found["engine"]) == (0, count, engine)
    assert "layers" not in found


def wrong_in_op_1(program: Program, images: np.ndarray, progress=no_progress) -> np.ndarray:
    """A runtime whose second op shifts too far."""
    ops = list(program.ops)
    if len(ops) > 2:
        ops[1] = replace(ops[1], shift=ops[1].shift + 1)
    return logits(replace(program, ops=tuple(ops)), images)


def test_mismatches_are_told_layer_by_layer(monkeypatch):
    monkeypatch.setattr(command, "runtime", lambda name: wrong_in_op_1)
    options = ("evaluate", "dense14", "--limit", 9, "--engine", "onnx", "--compare")
    found = json.loads(run(*options, "--json")[1])
    assert found["mismatches"] > 0
    first, second, third = found["layers"]
    assert first["mismatches"] == 0 and second["op"] == "op 1 (dense)"
    assert 0 < second["mismatches"] <= second["compared"] and third["mismatches"] > 0
    _, out, _ = run(*options)
    assert "op 0 (dense): 0 of " in out and "op 1 (dense): " in out


def test_a_tflite_export_tells_its_arena(tmp_path):
    pytest.importorskip("tflite_micro")
    status, out, err = run(
        "export", "dense14", "--to", "tflite", "--out", tmp_path / "a.tflite", "--json"
    )
    assert status == 0, err
    assert 1_000 < json.loads(out)["arena_bytes"] < 10_000
    _, out, _ = run("export", "dense14", "--to", "tflite", "--out", tmp_path / "b.tflite")
    assert "arena of tflite-micro" in out
