# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Whatever is written to the registers, a frame has the size they say, or its output is refused."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_set_sensor import small_yuv
from lanewise.emulator import ArraySource
from lanewise.emulator import registers as reg
from lanewise.errors import EmulatorError

SCENE = ArraySource(np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8))
WINDOW = (reg.HSTART, reg.HSTOP, reg.HREF, reg.VSTART, reg.VSTOP, reg.VREF, reg.TSLB)
SCALING = (reg.COM3, reg.COM14, reg.SCALING_XSC, reg.SCALING_YSC, reg.SCALING_DCWCTR, reg.COM7)
EVERYTHING = tuple(address for address in reg.REGISTERS if address != reg.COM7)
MOST_PIXELS = 640 * 480


def written(addresses):
    """Lists of (address, value)."""
    return st.lists(
        st.tuples(st.sampled_from(addresses), st.integers(0, 255)), min_size=1, max_size=8
    )


@given(writes=written(WINDOW + SCALING), module=st.sampled_from(["ideal", "typical", "poor"]))
@settings(max_examples=60, deadline=None)
def test_any_window_and_scaling_gives_a_frame_of_its_own_size(writes, module):
    check(writes, module)


@given(writes=written(EVERYTHING), module=st.sampled_from(["ideal", "typical", "poor"]))
@settings(max_examples=60, deadline=None)
def test_any_register_leaves_a_frame_and_registers_that_fit(writes, module):
    check(writes, module)


def check(writes, module):
    sensor = small_yuv(SCENE, module)
    for address, value in writes:
        sensor.write(address, value)
    if not sensor.running or sensor.width * sensor.height > MOST_PIXELS:
        return
    try:
        frame = sensor.frame()
    except EmulatorError as refused:
        assert "not emulated" in str(refused)
        return
    assert len(frame) == sensor.frame_bytes == 2 * sensor.width * sensor.height
    assert all(0 <= sensor.read(address) <= 255 for address in reg.REGISTERS)
    assert sensor.frame_period_s > 0
