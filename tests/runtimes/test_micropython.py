# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The MicroPython runtime: equal integers under the heap cap, and its last words when it fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.errors import LanewiseError, UsageError
from lanewise.integer.reference import logits
from lanewise.runtimes.base import runtime
from lanewise.runtimes.micropython import run_micropython, run_script
from strategies import extreme_inputs, programs


@pytest.mark.usefixtures("micropython_vm")
@given(programs())
@settings(max_examples=40)
def test_the_vm_returns_the_reference_integers(drawn):
    program, rng = drawn
    images = extreme_inputs(program, rng)
    assert np.array_equal(run_micropython(program, images), logits(program, images))


def test_a_script_that_fails_gives_its_last_words(micropython_vm, tmp_path):
    script = tmp_path / "greedy.py"
    script.write_text("hoard = []\nwhile True:\n    hoard.append(bytearray(1000))\n")
    with pytest.raises(LanewiseError, match=r"140000 bytes of heap.*MemoryError"):
        run_script(script, [], lambda line: None)


def test_unknown_runtimes_are_named():
    with pytest.raises(UsageError, match=r"'gpu' is unknown; choose one of numpy, device"):
        runtime("gpu")
