# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pipeline's arithmetic against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lanewise.emulator.patterns import shifting_one
from lanewise.emulator.pixels import clocked, luma_chroma, windowed
from lanewise.emulator.settings import Window
from lanewise.emulator.tone import STEPS, tone_table

PICTURES = arrays(np.uint8, (4, 8, 3))


@pytest.mark.parametrize("step", [1, 2, 4, 8, 16])
def test_scaling_is_the_rounded_box_mean(step, colourful, decode):
    field = Window(0, 0, 640, 480)
    scaled = windowed(colourful, field, 640 // step, 480 // step, False, False)
    np.testing.assert_array_equal(scaled, decode.area_average(colourful, step))


@pytest.mark.parametrize("size", [(352, 288), (176, 144), (53, 40)])
def test_fractional_scaling_keeps_the_mean(size, colourful):
    scaled = windowed(colourful, Window(0, 0, 640, 480), *size, False, False)
    assert scaled.shape == (size[1], size[0], 3)
    np.testing.assert_allclose(scaled.mean((0, 1)), colourful.mean((0, 1)), atol=1.0)


@given(picture=PICTURES)
def test_yuv_is_bt601_to_the_last_bit(picture):
    luma, u, v = luma_chroma(picture)
    red, green, blue = (picture[:, :, i].astype(float) for i in range(3))
    np.testing.assert_allclose(luma, 0.299 * red + 0.587 * green + 0.114 * blue, atol=1)
    np.testing.assert_allclose(
        u, (128 - 0.168736 * red - 0.331264 * green + 0.5 * blue).clip(0, 255), atol=1.2
    )
    np.testing.assert_allclose(
        v, (128 + 0.5 * red - 0.418688 * green - 0.081312 * blue).clip(0, 255), atol=1.2
    )


@given(level=st.integers(0, 255))
def test_grey_has_no_chroma_and_its_own_luma(level):
    luma, u, v = luma_chroma(np.full((1, 2, 3), level, np.uint8))
    assert (luma == level).all() and (u == 128).all() and (v == 128).all()


@given(
    gamma=st.one_of(
        st.none(), st.lists(st.integers(0, 255), min_size=15, max_size=15).map(sorted).map(tuple)
    ),
    brightness=st.integers(-127, 127),
    contrast=st.integers(0, 255),
    center=st.integers(0, 255),
)
def test_tone_tables_never_reverse_levels(gamma, brightness, contrast, center):
    table = tone_table(gamma, 0x20, brightness, contrast, center, False)
    assert table.shape == (STEPS,)
    assert (np.diff(table.astype(int)) >= 0).all()
    negative = tone_table(gamma, 0x20, brightness, contrast, center, True)
    np.testing.assert_array_equal(negative, 255 - table)


def test_without_gamma_light_is_level():
    table = tone_table(None, 0, 0, 0x40, 0x80, False)
    light = np.arange(STEPS) / (STEPS - 1) * 256
    np.testing.assert_allclose(table, np.minimum(light, 255), atol=0.51)


@given(picture=PICTURES, width=st.integers(1, 40))
def test_clocking_only_repeats_or_drops(picture, width):
    line = clocked(picture, width)
    assert line.shape == (4, width, 3)
    for column in range(width):
        assert (picture == line[:, column : column + 1]).all((0, 2)).any()


def test_empty_windows_are_empty_pictures(colourful):
    assert windowed(colourful, Window(0, 0, 0, 480), 0, 480, False, False).shape == (480, 0, 3)


def test_shifting_one_walks():
    assert shifting_one(9) == bytes([1, 2, 4, 8, 16, 32, 64, 128, 1])
