# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Colour: white balance, channel gains, gamma, the colour matrix, both colour spaces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, linear, small_yuv
from lanewise.emulator import ArraySource, EmulatedBoard
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL, POOR


@given(red=st.floats(0.6, 1.6), blue=st.floats(0.6, 1.6), module=st.sampled_from([IDEAL, POOR]))
@settings(max_examples=20, deadline=None)
def test_white_balance_neutralises_a_tint(red, blue, module):
    calm = replace(module, full_well=0.0, read_noise=0.0, falloff=(0, 0, 0), hot_pixels=0)
    tinted = replace(calm, light=(red * calm.light[0], 1.0, blue * calm.light[2]))
    sensor = small_yuv(grey_page(120), tinted)
    before = sensor.picture().mean((0, 1))
    sensor.write(reg.COM8, 0xE2)
    after = sensor.picture().mean((0, 1))
    if 0.55 < tinted.light[0] < 1.9 and 0.55 < tinted.light[2] < 1.9:
        assert np.ptp(after) <= 2.5, (before, after)
    assert np.ptp(after) <= np.ptp(before) + 2.5


def test_manual_white_gains_follow_red_blue_and_ggain():
    for name, channel in (("RED", 0), ("GGAIN", 1), ("BLUE", 2)):
        sensor = linear(small_yuv(grey_page(120)))
        plain = sensor.picture()[0, 0].astype(float)
        sensor.write(getattr(reg, name), 0xC0)
        gained = sensor.picture()[0, 0].astype(float)
        wanted = plain.copy()
        wanted[channel] *= 1.5
        np.testing.assert_allclose(gained, wanted, atol=1)


@pytest.mark.parametrize(
    ("shift", "channel", "share"), [(2, 0, 1), (0, 2, 1), (4, 1, 0.5), (6, 1, 0.5)]
)
def test_fixed_channel_gains(shift, channel, share):
    levels = []
    for code in range(4):
        sensor = linear(small_yuv(grey_page(180), GFIX=code << shift))
        levels.append(sensor.picture()[0, 0].astype(float))
    steps = np.array(levels)[:, channel] / levels[0][channel]
    np.testing.assert_allclose(steps, 1 + share * np.arange(4) / 4, atol=0.015)
    others = [c for c in range(3) if c != channel]
    assert np.ptp(np.array(levels)[:, others], axis=0).max() == 0


@given(gamma=st.lists(st.integers(0, 255), min_size=15, max_size=15).map(sorted))
@settings(max_examples=25, deadline=None)
def test_the_gamma_registers_are_the_curve(gamma):
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8), 10)[None].repeat(480, axis=0)
    sensor = by_hand(ArraySource(ramp))
    for index, value in enumerate(gamma):
        sensor.write(reg.GAM1 + index, value)
    sensor.write(reg.SLOP, (0x100 - gamma[-1]) * 4 // 3 & 0xFF)
    v = ramp[0] / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * 256
    inputs = [0, 4, 8, 16, 32, 40, 48, 56, 64, 72, 80, 96, 112, 144, 176, 208, 256]
    if gamma[-1] > 64:  # below, SLOP has no room for the last segment
        wanted = np.interp(light, inputs, [0, *gamma, 256]).clip(0, 255)
        steepest = np.diff([0, *gamma, 256]).max() / 4 / 16 + 1.5
        np.testing.assert_allclose(sensor.picture()[5, :, 1], wanted, atol=steepest)


def chroma(sensor):
    frame = np.frombuffer(sensor.frame(), np.uint8).reshape(-1, 4).astype(int)
    return frame[:, 1].mean() - 128, frame[:, 3].mean() - 128, frame[:, 0].mean()


def test_the_colour_matrix_scales_turns_and_removes_colour_but_not_luma():
    scene = ArraySource(np.full((480, 640, 3), (150, 120, 100), np.uint8))
    u, v, luma = chroma(small_yuv(scene))
    half = {"MTX1": 0x40, "MTX2": 0x40, "MTX4": 0x11, "MTX5": 0x2F, "MTX6": 0x40}
    none = dict.fromkeys((f"MTX{i}" for i in range(1, 7)), 0)
    for registers, factor in ((half, 0.5), (none, 0), ({"MTXS": 0x1E ^ 0x3F}, -1)):
        sensor = small_yuv(scene)
        for name, value in registers.items():
            address = reg.MTXS if name == "MTXS" else reg.MTX1 + int(name[3]) - 1
            sensor.write(address, value)
        u1, v1, luma1 = chroma(sensor)
        assert (u1, v1) == (pytest.approx(u * factor, abs=1.5), pytest.approx(v * factor, abs=1.5))
        assert luma1 == pytest.approx(luma, abs=1)


@pytest.mark.parametrize("name", ["RED", "BLUE"])
def test_both_colour_spaces_show_the_same_colours(name, camera, captured, decode):
    scene = np.full((48, 64, 3), (200, 90, 60) if name == "RED" else (60, 90, 200), np.uint8)
    with EmulatedBoard(source=ArraySource(scene), fast=True, module="ideal"):
        cam = camera()
        rgb = decode.rgb565(captured(cam), 80)[30, 40]
        cam.colorspace = 1
        luma, u, v = decode.yuyv(captured(cam), 80)
        assert np.abs(decode.to_rgb(luma[30, 40], u[30, 20], v[30, 20]) - rgb).max() <= 9
