# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The parity plan (plan.json): every listed runtime gives the reference's logits, every one.

``pytest -m slow tests/parity`` runs the part over all 10,000 test images, the environment of
tflite-runtime and the emulated core among it.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lanewise.data.sources import load
from lanewise.errors import MissingExtraError
from lanewise.export.lanes import read
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.runtimes.base import runtime
from lanewise.runtimes.inputs import model_inputs
from old_tflite import old_python, ready_python, run_old_tflite

__all__ = ["old_python"]

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = sorted(path.parent.name for path in MODELS.glob("*/model.lanes"))
PLAN = json.loads(Path(__file__).with_name("plan.json").read_text())


def cortexm(program: Program, images: np.ndarray, weights: str) -> np.ndarray:
    """The C export on an emulated Cortex-M0+."""
    sys.path.insert(0, str(MODELS.parent / "tools"))
    try:
        from emulate_cortexm import emulate
    finally:
        del sys.path[0]
    return emulate(program, images, images[:1].reshape(-1, *program.input_shape), weights).logits


def runner(name: str, request: pytest.FixtureRequest):
    """A runtime of the plan: a name of ``lanewise evaluate --engine``, or a way of running it."""
    from lanewise.runtimes.c import run_c
    from lanewise.runtimes.onnx import run_onnx
    from lanewise.runtimes.tflite import run_tflite

    special = {
        "onnx unoptimized": partial(run_onnx, optimize=False),
        "onnx qlinear": partial(run_onnx, flavour="qlinear"),
        "tflite xnnpack": partial(run_tflite, reference=False),
        "c wide": partial(run_c, weights="wide"),
        "cortex-m0plus": partial(cortexm, weights="packed"),
        "cortex-m0plus wide": partial(cortexm, weights="wide"),
    }
    if name == "tflite-runtime 2.14":
        python = ready_python()
        if python is None and request.node.get_closest_marker("slow") is None:
            pytest.skip("no environment with tflite-runtime: set LANEWISE_TFLITE_PYTHON")
        return partial(run_old_tflite, python or request.getfixturevalue("old_python"))
    return special.get(name) or runtime(name)


def cases():
    for entry in PLAN["plan"]:
        names = NAMES if entry["models"] == ["*"] else entry["models"]
        marks = [pytest.mark.slow] if entry.get("slow") else []
        for model in names:
            for engine in entry["runtimes"]:
                label = f"{model}-{engine}-{entry['data']}-{entry['count']}"
                yield pytest.param(
                    model, engine, entry["data"], entry["count"], id=label, marks=marks
                )


@pytest.mark.parametrize(("model", "engine", "data", "count"), list(cases()))
def test_the_plan_holds(request, model, engine, data, count):
    folder = request.getfixturevalue("mnist_dir") if data == "mnist" else None
    program, _ = read(MODELS / model / "model.lanes")
    images = model_inputs(program, load(data, "test", data_dir=folder, count=count).images)
    try:
        found = runner(engine, request)(program, images)
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert np.array_equal(found, logits(program, images))
