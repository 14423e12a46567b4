# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Small notes on dark tables: the table is lifted to the paper's light, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from camera_pictures import PEN, page_with
from lanecam.vision.look import Vision
from lanecam.vision.note import lift_table
from lanecam.vision.planes import Planes
from lanewise.vision import outcome
from lanewise.vision.pipeline import read_frame
from lanewise.vision.planes import NumpyPlanes


def table(note, x, y, angle=0.0, dark=45):
    """A picture of 80x60: ``note`` with its corner at (x, y), turned, on a plain dark table."""
    large = 8
    height, width = note.shape
    page = Image.fromarray(note).resize((width * large, height * large), Image.Resampling.BICUBIC)
    there = Image.new("L", page.size, 255)
    at = (x * large, y * large)
    picture = Image.new("L", (80 * large, 60 * large), dark)
    layers = []
    for layer in (page, there):
        whole = Image.new("L", picture.size, 0)
        whole.paste(layer, at)
        middle = (at[0] + width * large / 2, at[1] + height * large / 2)
        layers.append(whole.rotate(angle, Image.Resampling.BICUBIC, center=middle))
    picture.paste(layers[0], (0, 0), layers[1])
    return np.asarray(picture.reduce(large))


def note_with(which, width, height, share):
    side = round(share * min(width, height) * 1.4)
    return page_with(
        (PEN[which], side, (width - side) // 2, (height - side) // 2), size=(width, height)
    )


@given(
    which=st.integers(0, len(PEN) - 1),
    width=st.integers(36, 60),
    height=st.integers(34, 46),
    along=st.floats(0.1, 0.9),
    angle=st.floats(-10, 10),
    dark=st.integers(15, 70),
)
@settings(max_examples=60)
def test_a_digit_on_a_small_note_is_found_and_the_note_is_not(
    which, width, height, along, angle, dark
):
    x, y = round(along * (80 - width)), (60 - height) // 2
    framed = read_frame(table(note_with(which, width, height, 0.55), x, y, angle, dark), 24, 4)
    left, top, wide, tall = framed.box
    assert x + 2 <= left and left + wide <= x + width - 2
    assert y + 1 <= top and top + tall <= y + height - 1
    assert framed.outcome == outcome.DIGIT


def test_on_a_note_it_is_framed_as_on_a_page():
    rough = 0.0
    for which in range(20):
        page = read_frame(note_with(which, 80, 60, 0.4), 24, 4)
        note = note_with(which, 80, 60, 0.4)[9:51, 14:66]
        seen = read_frame(table(note, 14, 9), 24, 4)
        assert seen.outcome == page.outcome == outcome.DIGIT
        rough = max(rough, np.abs(seen.ink.astype(int) - page.ink).mean())
    assert rough < 1, "of 15 levels"


def test_an_empty_note_is_no_digit():
    for width, height, angle in ((32, 32, 0), (36, 32, 5), (48, 40, -8), (60, 44, 12), (44, 50, 3)):
        blank = np.full((height, width), 220, np.uint8)
        seen = read_frame(table(blank, (80 - width) // 2, (60 - height) // 2, angle), 24, 4)
        assert seen.outcome == outcome.NOTHING, (width, height, angle)


@pytest.mark.parametrize("planes", [Planes, NumpyPlanes])
def test_only_the_table_is_changed(planes):
    vision = Vision(80, 60, "grey", 14, 4, planes=planes)
    picture = table(note_with(3, 52, 40, 0.55), 16, 8)
    vision.planes.load(picture.tobytes())
    before = np.array(vision.planes.tiles).reshape(15, 20)
    assert lift_table(vision.planes)
    after = np.array(vision.planes.tiles).reshape(15, 20)
    assert (after[3:11, 5:16] == before[3:11, 5:16]).all()
    outside = np.ones((15, 20), bool)
    outside[2:12, 4:17] = False
    assert len(np.unique(after[outside])) == 1
    assert abs(int(after[0, 0]) - 128 * 220) < 128 * 6
    assert not lift_table(vision.planes), "once is enough"


@given(
    which=st.integers(0, len(PEN) - 1),
    side=st.integers(20, 58),
    depth=st.floats(0.5, 0.95),
    along=st.floats(0, 1),
)
@settings(max_examples=100)
def test_chalk_is_no_note(which, side, depth, along):
    page = page_with((PEN[which], side, round(along * (80 - side)), 1), depth=depth)
    planes = NumpyPlanes(80, 60, "grey", 14)
    planes.load(255 - page)
    before = list(planes.tiles)
    assert not lift_table(planes)
    assert planes.tiles == before


@given(st.lists(st.integers(0, 32640), min_size=300, max_size=300), st.booleans())
@settings(max_examples=60)
def test_tiles_stay_tiles_whatever_they_are(tiles, framed):
    if framed:
        grid = np.array(tiles).reshape(15, 20)
        grid[:2], grid[-2:], grid[:, :4], grid[:, -4:] = 500, 500, 500, 500
        grid[2:-2, 4:-4] = np.maximum(grid[2:-2, 4:-4], 20000)
        tiles = grid.ravel().tolist()
    before = list(tiles)
    planes = NumpyPlanes(80, 60, "grey", 14)
    planes.tiles = tiles
    lifted = lift_table(planes)
    tiles = planes.tiles
    assert len(tiles) == 300 and min(before) <= min(tiles) and max(tiles) <= max(before)
    assert lifted or tiles == before
    assert lifted or not framed
