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


def ways(most, alone):
    """Two ways to cut a convolution where no plan is clearly the best."""
    return [
        lanes_plan.Needs(most, 5000, 200, 1000 * n, 2000 * n, alone, False, 100, 9e3, 2e5, 9e5 / n)
        for n in (1, 2)
    ]


@pytest.mark.parametrize("most", [1, 3, 7, 15, 255])
@pytest.mark.parametrize("alone", [True, False])
def test_every_value_is_made_of_its_parts(most, alone):
    for plan in lanes_plan.plans(ways(most, alone), 20):
        for value, parts in enumerate(plan.parts()):
            made = [plan.weights[part] * plan.multiples[number] for part, number in parts]
            assert value == sum(made)


def test_four_bits_take_two_additions_at_most():
    plan = lanes_plan.Plan(ways(15, False)[0], (1, 3), (1, 2, 4, 5), 1.23, 20)
    assert [len(parts) for parts in plan.parts()][1:] == [1] * 6 + [2] * 5 + [1, 2, 2, 1]


def test_less_room_never_means_a_cheaper_plan():
    wanted = [ways(15, True), ways(15, False), ways(7, False)]
    taken = []
    for room in range(90_000, 0, -5_000):
        plans = lanes_plan.choose_plans(wanted, room, 20)
        taken.append(sum(plan.cost for plan in plans))
    assert taken == sorted(taken)
    assert len(set(taken)) > 4


def test_the_less_is_left_the_less_the_plans_take():
    wanted = [ways(15, False)]
    taken = []
    for left in (90_000, 30_000, 15_000, 7_000, 4_000):
        byte = lanes_plan.byte_cycles(wanted, left)
        plans = lanes_plan.choose_plans(wanted, 96_000, byte)
        taken.append(lanes_plan.total_bytes([plans]))
    assert taken == sorted(taken, reverse=True)
    assert taken[0] > 1.3 * taken[-1]


def test_granite_on_22_pixels_leaves_out_rows_that_its_pools_do_not_read():
    from lanewise.cost.predict import live_parts

    fitting, _ = read(bundled("models") / "granite" / "model.lanes")
    program = replace(fitting, input_shape=(1, 22, 22))
    assert live_parts(program)[:5] == [(20, 20), (16, 16), (8, 8), (6, 6), (3, 3)]
    images = np.random.default_rng(5).integers(0, 16, (2, 1, 22, 22), np.uint8)
    assert np.array_equal(run_device(program, images, engine="ulab16"), logits(program, images))


@pytest.mark.parametrize("count", [1, 2, 511, 512])
def test_nibbles_come_out_the_same_with_and_without_ulab(count):
    raw = bytes(range(256))[: (count + 1) // 2]
    plain, lanes = array("b", bytes(count)), array("b", bytes(count))
    assert Nibbles().add(raw, plain, 0) == UlabNibbles().add(raw, lanes, 0) == count
    assert plain == lanes


def test_a_channel_that_is_always_0_does_not_make_the_others_shift_slowly():
    with installed_ulab():
        from lanecam.engines.lanes_making import make_clip

    clip = make_clip(15, [3, 11, 5], [-900, -200, -900], [900, 1500, 900])
    assert clip.late == 0
    assert clip.exact is make_clip(15, [3, 5], [-900, -900], [900, 900]).exact
    assert make_clip(15, [3, 11], [-900, -200], [900, 2048]).late == 3
