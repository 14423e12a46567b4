# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What stands around a digit and beside it, and what passes for one: lines, frames, blank notes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from camera_pictures import PEN, ZERO, page_with
from lanecam.vision import outcome
from lanewise.vision.pipeline import read_frame

TWO = np.zeros((28, 28), np.uint8)
TWO[4:7, 7:21] = TWO[12:15, 7:21] = TWO[21:24, 7:21] = 255
TWO[4:15, 18:21] = TWO[12:24, 7:10] = 255


def look(picture):
    return read_frame(picture, 28, 8)


def drawn(page, kind, *arguments, **options):
    """A page with lines or boxes drawn on it four times as fine."""
    big = Image.fromarray(page).resize((320, 240))
    getattr(ImageDraw.Draw(big), kind)(*arguments, **options)
    return np.asarray(big.resize((80, 60), Image.Resampling.BOX))


@pytest.mark.parametrize("width", [5, 8, 12])
@pytest.mark.parametrize(
    "line",
    [(-10, 200, 330, 20), (-10, 20, 330, 180), (10, -10, 290, 250), (300, -10, 60, 250)],
)
def test_a_line_that_crosses_the_picture_aslant_is_no_digit(line, width):
    page = drawn(page_with(), "line", line, fill=40, width=width)
    assert look(page).outcome != outcome.DIGIT


@pytest.mark.parametrize("image", [ZERO, TWO])
@pytest.mark.parametrize("frame", [(20, 12, 300, 228), (36, 16, 284, 224)])
def test_a_screen_in_a_dark_frame_is_read(image, frame):
    digit = page_with((image, 32, 24, 14))
    framed = look(drawn(digit, "rectangle", frame, outline=20, width=12))
    assert framed.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(framed.box, look(digit).box, strict=True)) <= 2


@pytest.mark.parametrize("frame", [(16, 20, 304, 220), (20, 24, 290, 224)])
def test_a_frame_alone_is_no_digit(frame):
    page = drawn(page_with(), "rectangle", frame, outline=30, width=6)
    assert look(page).outcome != outcome.DIGIT


@pytest.mark.parametrize("image", [ZERO, TWO])
def test_an_underlined_digit_is_read_without_its_line(image):
    digit = page_with((image, 36, 22, 6))
    framed = look(drawn(digit, "line", (60, 196, 260, 200), fill=40, width=6))
    assert framed.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(framed.box, look(digit).box, strict=True)) <= 2


@pytest.mark.parametrize("turn", [0, 3, 6])
@pytest.mark.parametrize("side", [16, 20, 24])
def test_a_blank_note_on_a_dark_table_is_no_digit(turn, side):
    table = Image.new("L", (320, 240), 45)
    half = 2 * side
    corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
    angle = np.deg2rad(turn)
    cosine, sine = np.cos(angle), np.sin(angle)
    corners = [(160 + x * cosine - y * sine, 120 + x * sine + y * cosine) for x, y in corners]
    ImageDraw.Draw(table).polygon(corners, fill=220)
    page = np.asarray(table.resize((80, 60), Image.Resampling.BOX))
    assert look(page).outcome != outcome.DIGIT
    assert look(255 - page).outcome != outcome.DIGIT


def test_a_digit_drawn_with_a_pen_that_fills_most_of_it_is_read():
    thick = ZERO.copy()
    thick[6:22, 9:19] = 255
    thick[12:16, 12:16] = 0
    assert look(page_with((thick, 48, 16, 6))).outcome == outcome.DIGIT


def test_thin_strokes_of_small_digits_are_no_noise():
    ended = [
        look(page_with((digit, side, 20, 20), depth=depth)).outcome
        for side in (14, 18)
        for depth in (0.35, 0.45, 0.6)
        for digit in PEN[:40]
    ]
    assert ended.count(outcome.DIGIT) >= 215
    assert ended.count(outcome.NOTHING) <= 10
