# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Light: exposure, gain, night mode and the automatics that set them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, linear, small_yuv
from lanewise.emulator import MODULES, ArraySource, EmulatedBoard
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL


@pytest.mark.parametrize("module", list(MODULES))
def test_mean_luma_grows_with_exposure_through_the_driver(module, camera, captured, decode):
    page = ArraySource(np.full((48, 64), 140, np.uint8))
    with EmulatedBoard(source=page, fast=True, module=module) as pico:
        cam = camera()
        cam.colorspace = 1
        pico.sensor.write(reg.COM8, 0xE0)  # automatics off
        means = []
        for lines in (8, 20, 50, 120, 250, 400, 505):
            for address, value in (
                (reg.AECHH, lines >> 10),
                (reg.AECH, lines >> 2 & 0xFF),
                (reg.COM1, lines & 3),
            ):
                pico.sensor.write(address, value)
            means.append(decode.yuyv(captured(cam), 80)[0].mean())
        assert (np.diff(means) > 1).all(), means


def test_light_is_proportional_to_exposure_and_gain():
    sensor = linear(by_hand(grey_page(120)))
    once = sensor.picture().mean()
    for aech, gain, factor in ((0x20, 0x00, 0.5), (0x40, 0x10, 2), (0x20, 0x30, 2), (0x40, 8, 1.5)):
        sensor.write(reg.AECH, aech)
        sensor.write(reg.GAIN, gain)
        assert sensor.picture().mean() == pytest.approx(once * factor, abs=0.6)


def test_no_exposure_is_longer_than_a_frame():
    sensor = linear(by_hand(grey_page(60)))
    sensor.write(reg.AECHH, 0x3F)
    longest = sensor.picture().mean()
    sensor.write(reg.AECHH, 510 >> 10)
    sensor.write(reg.AECH, 510 >> 2)
    sensor.write(reg.COM1, 510 & 3)
    assert sensor.picture().mean() == longest
    sensor.write(reg.AECHH, 0x3F)
    sensor.write(reg.ADVFL, 255)  # dummy lines make the frame longer
    assert sensor.picture().mean() == pytest.approx(longest * 765 / 510, abs=0.6)


def test_night_mode_lights_a_dark_page():
    page = grey_page(12)
    usual, night = (small_yuv(page, COM8=0xE5, COM9=0x00, COM11=bits) for bits in (0, 0xE0))
    period = usual.frame_period_s
    assert night.picture().mean() > usual.picture().mean() + 10
    assert period < night.frame_period_s <= 8 * period * 1.001


@given(digital=st.integers(0, 3))
def test_digital_gain_is_reg74s_when_manual(digital):
    plain = linear(by_hand(grey_page(60)))
    gained = linear(by_hand(grey_page(60)))
    gained.write(reg.REG74, 0x10 | digital)
    gained.write(reg.VREF, gained.read(reg.VREF) | 0xC0)  # without effect now
    factor = (1, 1, 2, 4)[digital]
    assert gained.picture().mean() == pytest.approx(factor * plain.picture().mean(), abs=2)
    plain.write(reg.VREF, plain.read(reg.VREF) | 0xC0)
    assert plain.settings.gain == 4


def test_a_slow_module_settles_frame_by_frame_and_a_typical_one_at_once():
    slow = replace(IDEAL, name="slow", settling=0.4)
    means = {}
    for module in (slow, IDEAL):
        sensor = small_yuv(grey_page(30), module, COM8=0xE5)
        first = sensor.picture().mean()
        assert sensor.picture().mean() == first  # settled when the first frame is sent
        sensor.source = grey_page(200)
        means[module.name] = [sensor.picture().mean() for _ in range(12)]
    assert len(set(means["ideal"])) == 1
    assert (np.diff(means["slow"]) <= 0).all()
    assert means["slow"][0] > means["slow"][-1] + 10
    assert means["slow"][-1] == pytest.approx(means["ideal"][-1], abs=3)
