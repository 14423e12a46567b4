# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Every way a look can end, and several digits framed from left to right."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from PIL import Image, ImageFilter

from camera_pictures import ONE, PEN, ZERO, odd_picture, page_with
from lanecam.vision import outcome
from lanecam.vision.look import Vision
from lanecam.vision.objects import Objects
from lanecam.vision.planes import Planes
from lanewise.vision.pipeline import read_frame
from lanewise.vision.planes import NumpyPlanes


def look(picture):
    return read_frame(picture, 28, 8)


def shaded(page, depth, edge):
    """A soft-edged shadow over the right part of a page."""
    dark = np.clip((np.arange(page.shape[1]) - edge) / 3, 0, 1)
    return (page * (1 - depth * dark)).astype(np.uint8)


@pytest.mark.parametrize("edge", [20, 32, 40, 48, 60])
@pytest.mark.parametrize("depth", [0.2, 0.35, 0.5])
def test_a_shadow_across_a_digit_leaves_its_box_where_it_was(edge, depth):
    page = page_with((ZERO, 44, 18, 8), depth=0.7)
    clear, shadowed = look(page), look(shaded(page, depth, edge))
    assert shadowed.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(clear.box, shadowed.box, strict=True)) <= 3


@pytest.mark.parametrize("edge", [10, 30, 50, 70])
def test_the_edge_of_a_shadow_is_no_digit(edge):
    assert look(shaded(page_with(), 0.5, edge)).outcome == outcome.NOTHING


@pytest.mark.parametrize("pitch", [6, 8, 11, 15])
def test_lines_of_ruled_and_squared_paper_are_no_digit(pitch):
    page = page_with()
    page[::pitch] = 170
    assert look(page).outcome != outcome.DIGIT
    page[:, ::pitch] = 170
    assert look(page).outcome != outcome.DIGIT


@pytest.mark.parametrize("pitch", [6, 8, 11, 15])
def test_a_digit_on_ruled_paper_is_found(pitch):
    page = page_with()
    page[::pitch] = 180
    digit = page_with((ZERO, 44, 18, 8))
    framed = look(np.minimum(page, digit))
    assert framed.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(framed.box, look(digit).box, strict=True)) <= 3


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("edge", [30, 40, 45, 50])
@pytest.mark.parametrize("depth", [0.4, 0.5, 0.6])
def test_the_lit_part_of_a_sheet_is_no_note(depth, edge, mirrored):
    """On a dark table, half in a shadow: with the other half taken for table the digit would go."""
    sheet = page_with((ZERO, 36, 22, 12), depth=0.8)
    page = shaded(sheet, depth, edge)
    page[:4] = page[-4:] = page[:, :6] = page[:, -6:] = 60
    where = look(sheet[:, ::-1] if mirrored else sheet).box
    framed = look(page[:, ::-1] if mirrored else page)
    assert framed.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(framed.box, where, strict=True)) <= 3


def test_a_note_on_a_dark_desk_is_read():
    page = np.full((60, 80), 40, np.uint8)
    note = page_with((ZERO, 34, 12, 6), size=(56, 46))
    page[7:53, 12:68] = note
    framed = look(page)
    assert framed.outcome == outcome.DIGIT
    x, y, width, height = framed.box
    assert (abs(x + width / 2 - 41), abs(y + height / 2 - 30)) <= (3, 3)


def test_a_texture_that_holds_a_digit_by_chance_is_cluttered_or_no_digit():
    rng = np.random.default_rng(5)
    ended = []
    for _ in range(60):
        rough = Image.fromarray(rng.uniform(0, 255, (8, 14)).astype(np.uint8))
        texture = np.asarray(rough.resize((80, 60), Image.Resampling.BICUBIC))
        ended.append(look(texture).outcome)
    assert ended.count(outcome.DIGIT) <= 1
    assert ended.count(outcome.CLUTTERED) >= 3


def ends_of_blurred_digits(radius):
    ended = []
    for digit in PEN[:20]:
        page = Image.fromarray(page_with((digit, 50, 15, 5)))
        ended.append(look(np.asarray(page.filter(ImageFilter.GaussianBlur(radius)))).outcome)
    return ended


def test_a_digit_out_of_focus_is_blurred():
    assert ends_of_blurred_digits(0.8) == [outcome.DIGIT] * 20
    far_out = ends_of_blurred_digits(5)
    assert far_out.count(outcome.BLURRED) >= 12
    assert far_out.count(outcome.DIGIT) <= 6


def test_named_reasons_frame_nothing():
    cases = {
        outcome.NOTHING: page_with(),
        outcome.TOO_DARK: page_with(paper=12),
        outcome.TOO_BRIGHT: page_with(paper=255),
        outcome.TOO_SMALL: page_with((ZERO, 8, 30, 25)),
        outcome.CUT: page_with((ZERO, 48, -14, 5)),
        outcome.SEVERAL: page_with((ZERO, 36, 2, 12), (ONE, 36, 40, 12)),
    }
    for expected, page in cases.items():
        framed = look(page)
        assert (framed.outcome, framed.ink) == (expected, None)


@pytest.mark.parametrize("planes", [Planes, NumpyPlanes])
def test_several_digits_are_framed_from_left_to_right(planes):
    page = page_with((ONE, 36, 44, 12), (ZERO, 36, 4, 12))
    vision = Vision(80, 60, "grey", 28, 8, planes=planes)
    assert vision.look(page.tobytes()) == outcome.SEVERAL
    assert len(vision.boxes) == 2
    assert vision.boxes[0][0] < vision.boxes[1][0]
    assert vision.box == vision.boxes[0]
    for number, digit in enumerate(((ZERO, 36, 4, 12), (ONE, 36, 44, 12))):
        vision.frame_object(number)
        framed = np.frombuffer(bytes(vision.ink), np.uint8).reshape(28, 28)
        assert np.abs(framed.astype(int) - look(page_with(digit)).ink).mean() < 2


@pytest.mark.parametrize("size", [(80, 60), (160, 120), (320, 240)])
def test_a_red_a_green_and_a_blue_pen_are_seen_in_rgb(size):
    width, height = size
    grey = Image.fromarray(page_with((ZERO, 44, 18, 8), paper=255, depth=1)).resize(size)
    cover = 1 - np.asarray(grey) / 255
    for pen in ((200, 30, 30), (20, 140, 40), (20, 30, 200)):
        colour = [255 + cover * (level - 255) for level in pen]
        red, green, blue = (plane.astype(int) for plane in colour)
        words = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
        for space, order in (("rgb", ">u2"), ("rgb-swapped", "<u2")):
            frame = words.astype(order).tobytes()
            boxes = []
            for planes in (Planes, NumpyPlanes):
                vision = Vision(width, height, space, 14, 4, planes=planes)
                assert vision.look(frame) == outcome.DIGIT
                boxes.append((vision.box, bytes(vision.ink)))
            assert boxes[0] == boxes[1]


def test_ink_that_is_as_dark_as_it_is_light_is_no_object():
    """Of noise on an empty page: contrasts whose sum is nothing, in as many rows and columns."""
    mask, along, down = bytearray(300), array("h", bytes(600)), array("h", bytes(600))
    for place, contrast in ((107, 9), (151, -9)):
        mask[place] = 1
        for x in range(place % 20, 20):
            along[place - place % 20 + x] += contrast
        for at in range(place, 300, 20):
            down[at] += contrast
    objects = Objects()
    assert objects.find(mask, along, down, 0)
    assert objects.found == [] and objects.total == 0


@pytest.mark.parametrize("seed", [883, 4453, 5175])
def test_specks_in_noise_are_too_small_and_not_several_digits(seed):
    """Of these pictures an object was framed whose measured box has no extent."""
    vision = Vision(80, 60, "grey", 13, 1, 24, planes=NumpyPlanes)
    picture = odd_picture(80, 60, np.random.default_rng(seed))
    assert vision.look(picture) == outcome.TOO_SMALL
    assert len(vision.boxes) > 1
