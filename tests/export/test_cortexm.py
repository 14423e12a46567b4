# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The C export on an emulated Cortex-M0+: the reference's integers, in few instructions."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.data.sources import load
from lanewise.errors import LanewiseError
from lanewise.export.lanes import read, stored_bytes
from lanewise.integer.program import Dense
from lanewise.integer.reference import logits
from lanewise.runtimes.inputs import model_inputs
from strategies import extreme_inputs, programs

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted((ROOT / "models").glob("*/model.lanes"))

PUBLISHED = ((3_200, 686_000), (5_400, 785_000), (7_300, 1_435_000), (11_000, 2_736_000))
"""Stored bytes and cycles of an image: the convolutional nets of BitNetMCU on a CH32V002."""
PUBLISHED_DENSE = (12_300, 528_000)


@pytest.fixture(scope="module")
def cortexm():
    spec = importlib.util.spec_from_file_location(
        "emulate_cortexm", ROOT / "tools" / "emulate_cortexm.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    missing = module.programs_missing()
    if missing:
        pytest.skip(f"the ARM compiler or emulator is not installed; {missing}")
    yield module
    del sys.modules[spec.name]


@given(drawn=programs(most_ops=3))
@settings(max_examples=12)
def test_random_programs_give_the_reference_integers_on_the_core(cortexm, drawn):
    program, rng = drawn
    images = extreme_inputs(program, rng, 3)
    found = cortexm.emulate(program, images, images)
    assert np.array_equal(found.logits, logits(program, images))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_zoo_models_run_exactly_in_fewer_instructions_than_the_published_cycles(cortexm, path):
    """Each is held to the published net of its stored size, dense ones to the dense net."""
    program, _ = read(path)
    images = model_inputs(program, load("pen", "test", count=2, seed=5).images)
    golden = images[:1].reshape(-1, *program.input_shape)
    found = cortexm.emulate(program, images, golden)
    assert np.array_equal(found.logits, logits(program, images))
    size = stored_bytes(program)
    assert found.ram_bytes < 12_000 and found.flash_bytes < 4 * size + 8_000
    dense = all(isinstance(op, Dense) for op in program.ops)
    classes = [cycles for stored, cycles in PUBLISHED if stored >= size]
    assert found.instructions.mean() < (PUBLISHED_DENSE[1] if dense else classes[0])


def test_the_core_counts_what_the_manual_says(cortexm):
    cost = cortexm.instruction_cycles
    assert cost(0x4348, 0) == 1  # muls r0, r1
    assert cost(0x6808, 0) == 2  # ldr r0, [r1]
    assert cost(0xC90F, 0) == 5  # ldmia r1!, {r0-r3}
    assert cost(0xB510, 0) == 3  # push {r4, lr}
    assert cost(0xBD10, 0) == 5  # pop {r4, pc}
    assert cost(0xF000, 0xF800) == 3  # bl
    assert cortexm.is_jump(0xD1FE) and cortexm.is_jump(0xE7FE)


def test_an_emulator_that_ends_at_once_is_no_endless_wait(cortexm, monkeypatch):
    monkeypatch.setattr(cortexm, "MACHINE", ("-M", "no-such-machine"))
    program, _ = read(MODELS[0])
    images = model_inputs(program, load("pen", "test", count=1, seed=5).images)
    with pytest.raises(LanewiseError, match="qemu-system-arm stopped with status 1"):
        cortexm.emulate(program, images, images.reshape(-1, *program.input_shape))
