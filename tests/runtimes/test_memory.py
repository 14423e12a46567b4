# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Heap and garbage: measured in a real VM, counted on ulab's stand-in, and no number out of air."""

from __future__ import annotations

import numpy as np
import pytest

from lanewise.data.pen import pen_digits
from lanewise.errors import LanewiseError
from lanewise.export.lanes import read
from lanewise.integer.program import Dense, Program
from lanewise.resources import bundled, import_lanecam
from lanewise.runtimes.memory import (
    held_bytes,
    inks,
    measured_in_vm,
    predicted_with_ulab,
    tallied,
)
from lanewise.runtimes.ulab import ulab_modules

DIGITS = pen_digits(3, seed=5).images
PRICES = {"package_bytes": 40_000, "array_bytes": 48, "in_place_bytes": 48}


def network(hidden: int) -> Program:
    rng = np.random.default_rng(hidden)
    first = Dense(rng.integers(-2, 3, (hidden, 196)), [0] * hidden, [3] * hidden, 4)
    last = Dense(rng.integers(-9, 9, (10, hidden)), [0] * 10, [0] * 10, None, inputs=(1,))
    return Program((1, 14, 14), 4, (first, last), name=f"hidden {hidden}")


@pytest.fixture(scope="module")
def dense14() -> Program:
    return read(bundled("models") / "dense14" / "model.lanes")[0]


@pytest.mark.usefixtures("micropython_vm")
@pytest.mark.parametrize(("engine", "most"), [("plain", 8_000), ("bigint", 60_000)])
def test_a_frame_leaves_little_behind(dense14, engine, most):
    """With nothing collected between; the VM's words are twice a board's. Big integers are made
    anew by every operation."""
    memory = measured_in_vm(dense14, DIGITS, engine)
    assert 0 < memory.vision_garbage_bytes <= 4_000
    assert 0 < memory.inference_garbage_bytes <= most
    assert len(memory.op_garbage_bytes) == len(dense14.ops)
    assert sum(memory.op_garbage_bytes) == pytest.approx(memory.inference_garbage_bytes, abs=200)


@pytest.mark.usefixtures("micropython_vm")
def test_more_weights_take_as_much_more_heap():
    small, large = (measured_in_vm(network(hidden), DIGITS[:1], "plain") for hidden in (100, 400))
    added = 300 * (196 + 10)
    # The VM's collector looks at its stack and now and then takes a number for a reference.
    assert large.heap_bytes - small.heap_bytes == pytest.approx(added, abs=10_000)


def test_an_engine_that_is_not_exact_is_refused_by_name():
    wide = Dense(np.ones((10, 196), int), [100_000] * 10, [0] * 10, None)
    program = Program((1, 14, 14), 4, (wide,))
    with pytest.raises(LanewiseError, match="ulab16 is not exact"):
        predicted_with_ulab(program, DIGITS[:1], **PRICES)


def test_the_stand_in_counts_arrays_data_and_work_in_place():
    np_ = ulab_modules()["ulab.numpy"]
    with tallied() as tally:
        a = np_.zeros(20, dtype=np_.int16)
        b = np_.array([1] * 20, dtype=np_.int16)
        a += b
        a[2:4]
        b.tolist()
    assert (tally.arrays, tally.in_place, tally.lists) == (3, 1, [20])
    assert tally.data_bytes == 2 * 48  # 40 bytes take three blocks of 16
    assert tally.bytes_left(48, 48) == 3 * 48 + 96 + 48 + 16 + 80
    before = tally.arrays
    np_.zeros(5)
    assert tally.arrays == before, "outside, nothing is counted"


def test_held_bytes_count_a_shared_buffer_once():
    np_ = ulab_modules()["ulab.numpy"]
    buffer = bytearray(100)
    assert held_bytes([buffer], 48) == 16 + 112
    views = [np_.frombuffer(buffer, dtype=np_.uint8) for _ in range(3)]
    assert held_bytes([buffer, *views], 48) == 16 + 112 + 3 * 48
    own = np_.zeros(100, dtype=np_.int16)
    assert held_bytes([own, own[:50], own[50:]], 48) == 208 + 3 * 48


def test_rows_that_are_added_cost_what_the_model_says(dense14):
    """ulab16 leaves 48 bytes for each input that is not zero; blank paper costs next to nothing."""
    blank = predicted_with_ulab(network(40), np.zeros_like(DIGITS), **PRICES)
    inked = predicted_with_ulab(network(40), DIGITS, **PRICES)
    import_lanecam()
    assert inked.inference_garbage_bytes - blank.inference_garbage_bytes >= 20 * 48
    dear = predicted_with_ulab(network(40), DIGITS, **{**PRICES, "in_place_bytes": 96})
    assert dear.inference_garbage_bytes > inked.inference_garbage_bytes
    assert sum(inked.op_garbage_bytes) <= inked.inference_garbage_bytes + len(
        inked.op_garbage_bytes
    )
    small, large = (predicted_with_ulab(network(h), DIGITS[:1], **PRICES) for h in (20, 60))
    assert large.heap_bytes - small.heap_bytes >= 40 * 206


def test_inks_are_a_hexadecimal_digit_a_pixel():
    line = inks(DIGITS)[0]
    assert len(line) == 784
    assert [int(cell, 16) for cell in line] == (DIGITS[0].ravel() >> 4).tolist()
