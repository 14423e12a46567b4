# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The reader: logits to digit, margin and confidence, and no network where there is no digit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pictures import PEN, page_with
from lanecam.confidence import softmax
from lanecam.engines.plain import Plain
from lanecam.errors import ModelError
from lanecam.model import load
from lanecam.reader import Reader, best_and_margin
from lanecam.vision import outcome
from lanewise.export.lanes import read
from lanewise.integer.reference import logits
from lanewise.vision.pipeline import read_frame
from small_models import small_model

DIGIT = page_with((PEN[3], 50, 15, 5))
LOGITS = st.lists(st.integers(-(2**20), 2**20), min_size=2, max_size=12)


def reader_for(path):
    model = load(str(path))
    return Reader(model, Plain(model), 80, 60, "grey")


@pytest.mark.parametrize("crop", [28, 22])
def test_a_reading_is_the_programs_answer_to_the_framed_digit(tmp_path, crop):
    path = small_model(tmp_path / "m.lanes", crop=crop)
    reading = reader_for(path).read(DIGIT.tobytes())
    framed = read_frame(DIGIT, 14, 4, crop)
    expected = logits(read(path)[0], framed.ink[None, None])[0]
    assert reading.logits == expected.tolist()
    assert reading.box == framed.box
    assert reading.digit == reading.guess == str(expected.argmax())
    assert (reading.outcome, 0 < reading.confidence <= 1) == (outcome.DIGIT, True)


def test_below_the_models_margin_it_is_unsure(tmp_path):
    sure = reader_for(small_model(tmp_path / "m.lanes")).read(DIGIT.tobytes())
    for margin, expected in ((sure.margin, outcome.DIGIT), (sure.margin + 1, outcome.UNSURE)):
        path = small_model(tmp_path / f"{margin}.lanes", reject_margin=margin)
        reading = reader_for(path).read(DIGIT.tobytes())
        assert reading.outcome == expected
        assert reading.guess == sure.guess
        assert reading.digit == (sure.guess if expected == outcome.DIGIT else None)


def test_an_empty_page_is_not_shown_to_the_network(tmp_path):
    reader = reader_for(small_model(tmp_path / "m.lanes"))
    reader.read(DIGIT.tobytes())
    reading = reader.read(page_with().tobytes())
    assert (reading.outcome, reading.logits, reading.digit) == (outcome.NOTHING, None, None)
    assert (reading.box, reading.confidence, reading.margin) == (None, 0.0, 0)


def test_frames_in_any_order_read_the_same(tmp_path):
    reader = reader_for(small_model(tmp_path / "m.lanes"))
    pages = [page_with((PEN[n], 20 + n, n, 2)) for n in range(30)]
    forward = [reader.read(page.tobytes()).logits for page in pages]
    backward = [reader.read(page.tobytes()).logits for page in reversed(pages)]
    assert forward == backward[::-1]


def test_a_model_that_does_not_take_one_square_is_refused(tmp_path):
    model = load(str(small_model(tmp_path / "m.lanes")))
    model.width = 13
    with pytest.raises(ModelError, match="small model takes 1 x 14 x 13"):
        Reader(model, Plain(model), 80, 60, "grey")


@given(LOGITS)
def test_best_and_margin_are_those_of_a_sort(values):
    best, margin = best_and_margin(values)
    ordered = sorted(values)
    assert (best, margin) == (values.index(ordered[-1]), ordered[-1] - ordered[-2])


@given(LOGITS, st.integers(1, 5000))
def test_confidence_is_the_softmax_of_the_best(values, logits_per_nat):
    scaled = np.array(values) / logits_per_nat
    expected = 1 / np.exp(scaled - scaled.max()).sum()
    assert math.isclose(softmax(values, logits_per_nat), expected, rel_tol=1e-9)
