# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Fixtures every test may use: where real data lies, and a quiet, repeatable hypothesis profile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "lanewise", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lanewise")

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
