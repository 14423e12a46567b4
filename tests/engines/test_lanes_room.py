# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""ulab16 returns the same integers whatever room it is given, and leaves out what nobody reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from lanewise.export.lanes import read
from lanewise.integer.certificate import certify
from lanewise.integer.reference import logits
from lanewise.resources import bundled, import_lanecam
from lanewise.runtimes.device import run_device
from lanewise.runtimes.ulab import installed_ulab
from strategies import extreme_inputs, programs

import_lanecam()
with installed_ulab():
    from lanecam.engines import lanes_plan
    from lanecam.nibbles import UlabNibbles
from array import array  # noqa: E402

from lanecam.weights import Nibbles  # noqa: E402


@given(programs())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_room_gives_the_same_integers(drawn):
    program, rng = drawn
    if "ulab16" not in certify(program).engines:
        return
    images = extreme_inputs(program, rng)
    before = lanes_plan.ROOM
    try:
        for lanes_plan.ROOM in (0, 3000, 1 << 20):
            assert np.array_equal(
                run_device(program, images, engine="ulab16"), logits(program, images)
            )
    finally:
        lanes_plan.ROOM = before


@pytest.mark.parametrize("most", [1, 3, 7, 15, 255])
def test_every_value_is_made_of_its_parts(most):
    bits = most.bit_length()
    for plan in lanes_plan.plans(most, bits, True) + lanes_plan.plans(most, bits, False):
        for value, parts in enumerate(plan.parts()):
            made = [plan.multiples[number] << power * plan.step for power, number in parts]
            assert value == sum(made)


def test_granite_on_24_pixels_leaves_out_rows_that_its_pools_do_not_read():
    from lanewise.cost.predict import live_parts

    fitting, _ = read(bundled("models") / "granite" / "model.lanes")
    program = replace(fitting, input_shape=(1, 24, 24), crop=24)
    assert live_parts(program)[:5] == [(22, 22), (20, 20), (10, 10), (8, 8), (4, 4)]
    images = np.random.default_rng(5).integers(0, 16, (2, 1, 24, 24), np.uint8)
    assert np.array_equal(run_device(program, images, engine="ulab16"), logits(program, images))


@pytest.mark.parametrize("count", [1, 2, 511, 512])
def test_nibbles_come_out_the_same_with_and_without_ulab(count):
    raw = bytes(range(256))[: (count + 1) // 2]
    plain, lanes = array("b", bytes(count)), array("b", bytes(count))
    assert Nibbles().add(raw, plain, 0) == UlabNibbles().add(raw, lanes, 0) == count
    assert plain == lanes
