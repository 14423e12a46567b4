# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The MicroPython runtime: equal integers under the heap cap, and its last words when it fails."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.errors import LanewiseError, UsageError
from lanewise.integer.reference import logits
from lanewise.resources import bundled
from lanewise.runtimes import micropython
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


def test_the_heap_does_not_depend_on_where_files_lie(micropython_vm, tmp_path, monkeypatch):
    """In the VM a path of another length is another heap, and at its limit another end."""
    said = []
    for folder in (tmp_path / "a", tmp_path / ("b" * 70)):
        library = shutil.copytree(bundled("device") / "lib", folder / "lib")
        script = folder / "taken.py"
        script.write_text(
            "import gc, sys\n"
            "sys.path.insert(0, sys.argv[1])\n"
            "import lanecam.model\n"
            "lanecam.model.load(sys.argv[2])\n"
            "gc.collect()\n"
            "print(gc.mem_alloc(), gc.mem_free(), lanecam.model.__file__)\n"
        )
        model = shutil.copyfile(bundled("models") / "swift" / "model.lanes", folder / "one.lanes")
        monkeypatch.setattr(micropython, "bundled", lambda name, library=library: library.parent)
        monkeypatch.setenv("HOME", str(folder))
        run_script(script, [model], said.append)
    assert said[0] == said[1]
    assert said[0].endswith(" lib/lanecam/model.py")
