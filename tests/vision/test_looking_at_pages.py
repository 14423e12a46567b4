# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What is found on a page, what is named instead, and how closely the framing is MNIST's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pictures import ONE, PEN, ZERO, page_with
from lanecam.vision import outcome
from lanewise.data.idx import read_idx
from lanewise.vision.pipeline import read_frame


def look(picture):
    return read_frame(picture, 28, 8)


def test_a_digit_in_the_middle_is_framed_with_its_box():
    framed = look(page_with((ZERO, 56, 12, 2)))
    assert framed.outcome == outcome.DIGIT
    x, y, width, height = framed.box
    assert (abs(x - 26), abs(y - 10), abs(width - 28), abs(height - 40)) <= (1, 1, 2, 2)
    # Symmetric, so its centre of mass lies between pixels 13 and 14; MNIST puts it on pixel 14.
    moved = sum(np.roll(ZERO.astype(int), (y, x), (0, 1)) for y in (0, 1) for x in (0, 1)) / 4
    assert np.abs(framed.ink - moved).mean() < 3


def test_an_empty_page_has_nothing_on_it():
    noise = np.random.default_rng(0).normal(0, 3, (60, 80))
    for page in (page_with(), page_with() + noise, page_with(paper=60)):
        assert look(page.astype(np.uint8)).outcome == outcome.NOTHING


def test_night_and_glare_are_named():
    assert look(page_with(paper=12)).outcome == outcome.TOO_DARK
    assert look(page_with(paper=255)).outcome == outcome.TOO_BRIGHT


def test_a_digit_on_a_white_that_saturates_is_still_read():
    assert look(page_with((ZERO, 50, 15, 5), paper=255)).outcome == outcome.DIGIT


def test_specks_around_a_digit_change_nothing():
    clean = page_with((ZERO, 40, 20, 10))
    specked = clean.copy()
    for x, y in ((3, 3), (75, 5), (5, 55), (70, 50), (72, 51)):
        specked[y, x] = 30
    assert look(specked).box == look(clean).box
    assert np.array_equal(look(specked).ink, look(clean).ink)


@pytest.mark.parametrize("x, y", [(-14, 5), (48, 5), (15, -12), (15, 24)])
def test_a_digit_that_crosses_the_border_is_cut(x, y):
    framed = look(page_with((ZERO, 48, x, y)))
    assert (framed.outcome, framed.ink) == (outcome.CUT, None)


@pytest.mark.parametrize("x, y", [(-14, 5), (48, 5), (15, -12), (15, 24)])
def test_a_cut_digit_in_noise_is_cut(x, y):
    """At the border there is no paper beyond it: pen that is a little lighter is none."""
    noise = np.random.default_rng(3).normal(0, 4, (20, 60, 80))
    pages = np.clip(page_with((ZERO, 48, x, y)) + noise, 0, 255).astype(np.uint8)
    assert {look(page).outcome for page in pages} == {outcome.CUT}


def test_the_desk_beyond_the_edge_of_the_paper_is_no_digit():
    page = page_with((ZERO, 40, 28, 10))
    page[:, :9] = 40
    page[:6] = 40
    framed = look(page)
    assert framed.outcome == outcome.DIGIT
    assert framed.box[0] > 30


def test_two_digits_are_several_and_the_leftmost_has_the_box():
    framed = look(page_with((ZERO, 36, 2, 12), (ONE, 36, 40, 12)))
    assert (framed.outcome, framed.ink) == (outcome.SEVERAL, None)
    assert framed.box[0] < 14


def test_a_digit_in_two_pieces_is_one():
    five = np.zeros((28, 28), np.uint8)
    five[4:7, 11:21] = 255  # the bar, apart
    five[8:24, 8:11] = five[12:15, 8:20] = five[12:24, 17:20] = five[21:24, 8:20] = 255
    framed = look(page_with((five, 56, 12, 2)))
    assert framed.outcome == outcome.DIGIT
    assert framed.box[3] >= 38


def test_a_digit_too_far_away_is_too_small():
    assert look(page_with((ZERO, 8, 30, 25))).outcome == outcome.TOO_SMALL


def test_confetti_is_cluttered():
    page = page_with()
    for y in range(5, 55, 8):
        for x in range(5, 75, 8):
            page[y : y + 3, x : x + 3] = 20
    assert look(page).outcome == outcome.CLUTTERED


@given(
    which=st.integers(0, len(PEN) - 1),
    side=st.integers(36, 58),
    along=st.floats(0, 1),
    slope=st.floats(-0.5, 0.5),
    depth=st.floats(0.35, 0.95),
)
@settings(max_examples=150)
def test_chalk_on_a_board_reads_as_its_negative_does(which, side, along, slope, depth):
    x = round(along * (80 - side))
    page = page_with((PEN[which], side, x, 1), depth=depth).astype(float)
    page *= 1 + slope * (np.arange(80) / 80 - 0.5)
    page = np.clip(page, 0, 255).astype(np.uint8)
    dark, light = look(page), look(255 - page)
    assert dark.outcome == light.outcome == outcome.DIGIT
    assert max(abs(a - b) for a, b in zip(dark.box, light.box, strict=True)) <= 2
    assert np.abs(dark.ink.astype(int) - light.ink).mean() < 15


@given(which=st.integers(0, len(PEN) - 1), scale=st.sampled_from([2, 4]))
def test_a_larger_picture_of_the_same_page_gives_nearly_the_same_ink(which, scale):
    page = page_with((PEN[which], 40, 20, 10))
    larger = np.kron(page, np.ones((scale, scale), np.uint8))
    small, large = look(page), look(larger)
    assert small.outcome == large.outcome == outcome.DIGIT
    assert np.abs(small.ink.astype(int) - large.ink).mean() < 20


def fidelity(digits, seed, size):
    """Mean absolute difference of framed to original digits, of 255, and how many were framed."""
    rng = np.random.default_rng(seed)
    width, height = size
    differences = []
    for digit in digits:
        side = int(rng.integers(height * 6 // 10, height * 19 // 20))
        x = int(rng.integers(0, width - side))
        y = int(rng.integers(0, height - side))
        depth = rng.uniform(0.4, 0.95)
        page = page_with((digit, side, x, y), size=size, paper=rng.uniform(150, 245), depth=depth)
        page = np.clip(page + rng.normal(0, 2, page.shape), 0, 255).astype(np.uint8)
        framed = look(page)
        if framed.ink is not None:
            differences.append(np.abs(framed.ink.astype(int) - digit).mean())
    return float(np.mean(differences)), len(differences) / len(digits)


@pytest.mark.parametrize("size", [(80, 60), (160, 120)])
def test_pen_digits_come_back_as_they_were_drawn(size):
    difference, framed = fidelity(PEN, 1, size)
    assert framed > 0.99
    assert difference < 11


@pytest.mark.parametrize("size", [(80, 60), (160, 120)])
def test_mnist_digits_come_back_as_they_were_drawn(mnist_dir, size):
    # From the end of the training file, which nothing is trained on.
    digits = read_idx(next(mnist_dir.glob("train-images-idx3-ubyte*")))[-400:]
    difference, framed = fidelity(digits, 2, size)
    assert framed > 0.99
    assert difference < 12


def test_a_small_digit_stands_out_from_blots_that_are_larger_and_paler():
    page = page_with((ZERO, 18, 50, 22)).astype(np.int64)
    rows, columns = np.mgrid[:60, :80]
    for y, x in ((12, 14), (44, 16), (46, 64)):
        page -= (36 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 30)).astype(np.int64)
    framed = look(page.clip(0, 255).astype(np.uint8))
    assert framed.outcome == outcome.DIGIT
    assert framed.box[0] > 50


@pytest.mark.parametrize("paper, shadow", [(230, 110), (40, 180)])
def test_a_finger_that_grows_out_of_something_larger_is_no_digit(paper, shadow):
    rows, columns = np.mgrid[:60, :80]
    finger = (abs(columns - 40) < 4) & (rows > 18)
    hand = (columns - 44) ** 2 + (rows - 60) ** 2 < 24**2
    page = np.where(finger | hand, shadow, paper).astype(np.uint8)
    framed = look(page)
    assert (framed.outcome, framed.ink) == (outcome.CLUTTERED, None)
