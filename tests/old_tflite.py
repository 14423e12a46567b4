# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""tflite-runtime 2.14, the last of its name: it needs numpy below 2, so an environment of its own.

LANEWISE_TFLITE_PYTHON names an interpreter that has it; ``.ci/run`` makes one as
``.venv-tflite``. Slow tests make their own where neither is there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from lanewise.integer.program import Program

REPOSITORY = Path(__file__).resolve().parents[1]
WORKER = Path(__file__).with_name("old_tflite_worker.py")


def ready_python() -> str | None:
    """An interpreter that has tflite-runtime, or None."""
    beside = REPOSITORY / ".venv-tflite" / "bin" / "python"
    return os.environ.get("LANEWISE_TFLITE_PYTHON") or (str(beside) if beside.exists() else None)


@pytest.fixture(scope="session")
def old_python(tmp_path_factory) -> str:
    """An interpreter that has tflite-runtime, if need be installed now; skips where none can be."""
    found = ready_python()
    if found:
        return found
    if sys.version_info >= (3, 12) or sys.platform != "linux":
        pytest.skip("tflite-runtime 2.14 has wheels for Linux and Python up to 3.11 only")
    home = tmp_path_factory.mktemp("tflite-runtime")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    python = str(home / "bin" / "python")
    wanted = ["-r", str(REPOSITORY / "requirements-tflite.txt")]
    done = subprocess.run([python, "-m", "pip", "install", "-q", *wanted], capture_output=True)
    if done.returncode:
        pytest.skip(f"tflite-runtime cannot be installed here: {done.stderr.decode()[-200:]}")
    return python


def write_case(folder: Path, name: str, program: Program, images: np.ndarray) -> None:
    """A model and its inputs, for ``run_cases``."""
    from lanewise.export.tflite import tflite_bytes
    from lanewise.runtimes.tflite import tensors_of

    (folder / f"{name}.tflite").write_bytes(tflite_bytes(program))
    np.save(folder / f"{name}.npy", tensors_of(program, images))


def run_cases(python: str, folder: Path) -> dict[str, np.ndarray]:
    """Logits of every case in ``folder``, by name, from the reference kernels."""
    done = subprocess.run(
        [python, str(WORKER), str(folder)], capture_output=True, text=True, check=True
    )
    rows = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    return {name: np.array(found) for name, found in rows}


def run_old_tflite(python: str, program: Program, images: np.ndarray) -> np.ndarray:
    """Logits (n, labels) of ``images`` (n, height, width)."""
    with tempfile.TemporaryDirectory(prefix="lanewise-") as folder:
        write_case(Path(folder), "one", program, images)
        return run_cases(python, Path(folder))["one"]
