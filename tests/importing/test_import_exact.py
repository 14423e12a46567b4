# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Exports come back integer by integer, and an export that was tampered with is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from lanewise.errors import ModelFileError, ProgramError
from lanewise.export.lanes import dumps, read
from lanewise.resources import bundled
from strategies import programs

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

from lanewise.export.onnx import onnx_bytes, onnx_model  # noqa: E402
from lanewise.export.tflite import refusals, tflite_bytes  # noqa: E402
from lanewise.importing.load import load_bytes  # noqa: E402

MODELS = sorted((Path(__file__).resolve().parents[2] / "models").glob("*/model.lanes"))


@given(programs())
@settings(max_examples=60)
def test_onnx_exports_come_back_as_they_were(drawn):
    program, _ = drawn
    again = load_bytes(onnx_bytes(program, card={"any": 1}), ".onnx", "random")
    assert dumps(again) == dumps(program)


@given(programs())
@settings(max_examples=60)
def test_qlinear_exports_come_back_as_they_were(drawn):
    program, _ = drawn
    try:
        data = onnx_bytes(program, "qlinear")
    except ProgramError:
        return
    assert dumps(load_bytes(data, ".onnx", "random")) == dumps(program)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_models_of_the_zoo_come_back_from_every_format_as_their_very_file(path):
    program, _ = read(path)
    card = json.loads((path.parent / "card.json").read_text())
    for data, suffix in (
        (onnx_bytes(program, card=card), ".onnx"),
        (onnx_bytes(program, "qlinear", card=card), ".onnx"),
        (tflite_bytes(program, card=card), ".tflite"),
    ):
        assert dumps(load_bytes(data, suffix, "zoo")) == path.read_bytes()


@given(programs())
@settings(max_examples=60)
def test_tflite_exports_come_back_as_they_were(drawn):
    program, _ = drawn
    if not refusals(program):
        again = load_bytes(tflite_bytes(program, card={"any": 1}), ".tflite", "random")
        assert dumps(again) == dumps(program)


def test_an_export_whose_graph_was_changed_is_refused():
    program = read(bundled("models") / "dense14" / "model.lanes")[0]
    model = onnx_model(program)
    node = next(node for node in model.graph.node if node.op_type == "Min")
    node.op_type = "Max"
    with pytest.raises(ModelFileError, match="its graph is not what lanewise writes"):
        load_bytes(model.SerializeToString(), ".onnx", "changed")
    data = bytearray(tflite_bytes(program))
    at = bytes(data).index(b"labels.txt")
    data[at] ^= 1
    with pytest.raises(ModelFileError, match="differs from what lanewise writes"):
        load_bytes(bytes(data), ".tflite", "changed")
