# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Damaged model files: a named error within a second and bounded memory, whatever was damaged.

The fuzzer (tests/fuzzing.py) is guided by coverage and knows the formats; it runs in a process of
its own. ``pytest -m slow tests/importing/test_fuzz.py`` reads 50,000 mutations of each format.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
if not Path("/proc/self/statm").exists():
    pytest.skip("the fuzzer's memory limit needs Linux", allow_module_level=True)

FUZZER = Path(__file__).resolve().parents[1] / "fuzzing.py"
KINDS = ["lanes", "device", "onnx", "tflite"]


def fuzz(kind: str, count: int, seed: int, folder: Path) -> dict[str, int]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(FUZZER), kind, str(count), str(seed)],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    if done.returncode:
        (folder / f"{kind}.hex").write_text(done.stderr)
    assert done.returncode == 0, f"{done.stdout[-600:]} {done.stderr[-300:]} ({folder})"
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_some_damaged_files_are_refused_by_name(kind, tmp_path):
    outcomes = fuzz(kind, 400 if kind == "tflite" else 1_000, 1, tmp_path)
    assert outcomes["refused"] > 300 and outcomes["messages"] > 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_fifty_thousand_damaged_files_are_refused_by_name(kind, tmp_path):
    outcomes = fuzz(kind, 50_000, 2026, tmp_path)
    print(kind, outcomes)
    assert outcomes["refused"] > 10_000 and outcomes["kept"] > 30
