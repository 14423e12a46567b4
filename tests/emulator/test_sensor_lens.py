# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The lens: darker corners and their correction, blur, mirrors and windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, linear, small_yuv
from lanewise.emulator import ArraySource, EmulatedBoard
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL, TYPICAL

STILL = replace(TYPICAL, name="still", full_well=0.0, read_noise=0.0)


def centre_and_corner(sensor):
    picture = sensor.picture().astype(float)
    return picture[28:32, 38:42].mean((0, 1)), picture[:2, :2].mean((0, 1))


@pytest.mark.parametrize("missing", [0.1, 0.3, 0.6])
def test_the_corner_gets_the_light_that_the_lens_leaves(missing):
    lens = replace(IDEAL, name="lens", falloff=(missing, missing, missing))
    centre, corner = centre_and_corner(linear(small_yuv(grey_page(200), lens)))
    farther = ((320 - 8) ** 2 + (240 - 8) ** 2) / 400**2  # the middle of those four pixels
    np.testing.assert_allclose(corner / centre, 1 - missing * farther, atol=0.01)


def test_lens_correction_lifts_corners_beyond_its_radius():
    lens = replace(IDEAL, name="lens", falloff=(0.4, 0.4, 0.4))
    sensor = linear(small_yuv(grey_page(200), lens, LCC3=4, LCC4=0x20, LCC6=4, LCC7=8))
    centre, bare = centre_and_corner(sensor)
    sensor.write(reg.LCC5, 0x01)
    same, lifted = centre_and_corner(sensor)
    np.testing.assert_array_equal(same, centre)
    assert (lifted > bare + 3).all() and np.ptp(lifted) < 1
    sensor.write(reg.LCC5, 0x05)
    _, apart = centre_and_corner(sensor)
    assert apart[0] > apart[1] + 3 and apart[1] == pytest.approx(apart[2], abs=1)
    sensor.write(reg.LCC4, 0xFF)  # the radius takes in the whole picture
    np.testing.assert_array_equal(centre_and_corner(sensor)[1], bare)


def test_blur_widens_an_edge_and_keeps_the_light():
    edge = np.zeros((480, 640), np.uint8)
    edge[:, 320:] = 200
    widths = []
    for blur in (0.0, 1.0, 3.0, 6.0):
        line = by_hand(ArraySource(edge), replace(IDEAL, name="b", blur=blur)).picture()[240, :, 1]
        widths.append(int(((line > 20) & (line < 180)).sum()))
        assert line[:300].max() == 0 and line[340:].min() == line[-1]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("size", [0, 2, 3])
def test_mirrored_frames_are_exact_mirrors_without_noise(size, camera, captured, decode, colourful):
    """Lens, fixed pattern and scene turn together: mirroring reads the same array backwards."""
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module=STILL, seed=2):
        cam = camera()
        cam.size = size
        upright = decode.rgb565(captured(cam), cam.width)
        for flip_x, flip_y in ((True, False), (False, True), (True, True)):
            cam.flip_x, cam.flip_y = flip_x, flip_y
            turned = decode.rgb565(captured(cam), cam.width)
            back = turned[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
            np.testing.assert_array_equal(back, upright)


@given(shift=st.integers(-40, 40), down=st.integers(-8, 60))
@settings(max_examples=15, deadline=None)
def test_window_registers_shift_the_picture_with_its_flaws(shift, down):
    """What a pixel of the array sees does not depend on where the window puts it."""
    rng = np.random.default_rng(1)
    scene = ArraySource(rng.integers(0, 255, (480, 640, 3), dtype=np.uint8))

    def window(left, top):
        sensor = by_hand(scene, replace(STILL, blur=0.0))
        hstart, vstart = 162 + left, 9 + top
        hstop, vstop = hstart + 64, vstart + 48
        for address, value in (
            (reg.TSLB, 0x04),
            (reg.HSTART, hstart >> 3),
            (reg.HSTOP, hstop >> 3),
            (reg.HREF, (hstop & 7) << 3 | hstart & 7),
            (reg.VSTART, vstart >> 2),
            (reg.VSTOP, vstop >> 2),
            (reg.VREF, (vstop & 3) << 2 | vstart & 3),
        ):
            sensor.write(address, value)
        return sensor.picture().astype(int)

    here, there = window(200, 150), window(200 + shift, 150 + down)
    x, y = max(0, shift), max(0, down)
    x1, y1 = max(0, -shift), max(0, -down)
    rows, columns = 48 - abs(down), 64 - abs(shift)
    if rows > 0:
        seen = here[y : y + rows, x : x + columns], there[y1 : y1 + rows, x1 : x1 + columns]
        np.testing.assert_array_equal(*seen)
