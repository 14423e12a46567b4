# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits framed by the board from rendered scenes, for training."""

from __future__ import annotations

import numpy as np
import pytest

from lanewise.data.marks import load_marks
from lanewise.data.sources import load
from lanewise.emulator.camera_bank import kept_camera_pictures
from lanewise.emulator.camera_digits import camera_digits, camera_views, framed, sorted_out
from lanewise.emulator.camera_lessons import LessonPlan, camera_lessons
from lanewise.errors import UsageError
from lanewise.vision.pipeline import read_frame


def test_they_are_the_drawn_digits_in_mnists_framing():
    drawn = load("pen", "validation", count=40)
    seen = camera_digits(drawn, 40, seed=3, levels=("easy",))
    assert len(seen) >= 36
    # Found scenes keep their order, so each label follows in the list that was drawn.
    rest = iter(drawn.labels.tolist())
    assert all(label in rest for label in seen.labels.tolist())
    spread = np.arange(28)
    for ink in seen.images:
        mass = ink.astype(float)
        assert mass.max() > 200
        centre = (mass.sum(0) @ spread / mass.sum(), mass.sum(1) @ spread / mass.sum())
        assert abs(centre[0] - 14) < 1.5 and abs(centre[1] - 14) < 1.5  # MNIST's pixel 14


def test_the_same_arguments_give_the_same_pictures_and_all_levels_take_part():
    drawn = load("pen", "train", count=12)
    told = []
    one = camera_digits(drawn, 12, seed=1, progress=lambda done, count: told.append((done, count)))
    two = camera_digits(drawn, 12, seed=1)
    assert np.array_equal(one.images, two.images) and np.array_equal(one.labels, two.labels)
    assert told == [(done, 12) for done in range(1, 13)]


def test_what_lies_elsewhere_than_the_digit_is_left_out():
    (view,) = camera_views(load("pen", "train", count=1), 1, "easy", seed=2)
    assert view.framed() is not None
    moved = type(view)(np.roll(view.luma, view.luma.shape[1] // 2, axis=1), view.scene)
    assert moved.framed() is None
    what = view.scene.conditions
    elsewhere = (what.centre[0] + 1.2 * what.side, what.centre[1])
    assert framed(view.luma, elsewhere, what.side)[1] is False


def test_too_few_scenes_are_refused():
    with pytest.raises(UsageError, match="too few"):
        camera_digits(load("pen", "train", count=2), 2)


def test_kept_views_give_the_same_pictures_and_are_made_once(tmp_path):
    drawn = load("pen", "train", count=9)
    told = []
    first = kept_camera_pictures(
        drawn, 10, 4, tmp_path, lambda done, count: told.append(done)
    ).digits
    assert told == list(range(1, 11))
    again = kept_camera_pictures(
        drawn, 10, 4, tmp_path, lambda done, count: told.append(done)
    ).digits
    assert len(told) == 10
    fresh = camera_digits(drawn, 10, seed=4)
    for found in (first, again):
        assert np.array_equal(found.images, fresh.images)
        assert np.array_equal(found.labels, fresh.labels)
    other = kept_camera_pictures(drawn.take(slice(1, 9)), 10, 4, tmp_path).digits
    assert not np.array_equal(other.labels, first.labels)


def test_kept_views_are_framed_by_the_vision_of_today(tmp_path, monkeypatch):
    drawn = load("pen", "train", count=8)
    assert len(kept_camera_pictures(drawn, 8, 4, tmp_path).digits) > 0
    monkeypatch.setattr("lanewise.emulator.camera_digits.framed", lambda *about: (None, None))
    with pytest.raises(UsageError, match="no digit was found"):
        kept_camera_pictures(drawn, 8, 4, tmp_path)


@pytest.mark.parametrize(("cells", "crop"), [(20, 24), (14, 28), (22, 22)])
def test_they_are_what_the_board_frames_for_the_model(tmp_path, cells, crop):
    drawn = load("pen", "train", count=8)
    seen = kept_camera_pictures(drawn, 8, 6, tmp_path, cells=cells, crop=crop)
    assert (seen.digits.cells, seen.digits.crop) == (cells, crop)
    assert (np.diff(seen.views) > 0).all()
    inks = [
        read_frame(view.luma, cells, 8, crop).ink
        for level, at in (("easy", 0), ("desk", 2))
        for view in camera_views(drawn.take(np.roll(np.arange(8), -at)), 2, level, 6)
    ]
    for ink in inks:
        assert ink is not None and any(np.array_equal(ink, one) for one in seen.digits.images)
    assert np.array_equal(seen.digits.labels, drawn.labels[seen.views % 8])


def test_a_piece_of_a_digit_is_neither_a_digit_nor_none():
    (view,) = camera_views(load("pen", "train", count=1), 1, "easy", seed=2)
    what = view.scene.conditions
    beside = (what.centre[0] + 0.4 * what.side, what.centre[1])
    assert framed(view.luma, beside, what.side)[1] is None
    seen = sorted_out([(view.luma, beside, what.side, 3)], "", 28, 28)
    assert not len(seen.digits) and not len(seen.others)


def test_marks_and_pages_give_pictures_without_labels(tmp_path):
    marks = load_marks("train", 8, 1)
    seen = kept_camera_pictures(marks, 8, 5, tmp_path, cells=20, crop=24, levels=("easy", "desk"))
    assert not len(seen.digits) and len(seen.others) >= 4
    assert seen.others.labels is None and seen.others.images.shape[1:] == (20, 20)
    pages = kept_camera_pictures(None, 4, 5, tmp_path, levels=("easy",))
    assert not len(pages.digits)


def test_lessons_keep_digits_apart_that_are_not_learned_from(tmp_path):
    drawn, how = load("pen", "train", count=12), LessonPlan(24, 16, 1, 5, 3)
    said = []
    some = camera_lessons(drawn, 8, how, 20, 24, tmp_path, said.append)
    assert said
    learned, plain, marks, pages, elsewhere = some.lessons
    assert learned.labels is not None and (plain.cells, len(plain)) == (28, 5)
    assert all(one.labels is None for one in (plain, marks, pages, elsewhere, some.apart))
    said.clear()
    every = camera_lessons(drawn, 12, how, 20, 24, tmp_path, said.append)
    assert not said  # the same views
    assert np.array_equal(every.apart.images, some.apart.images)
    assert len(every.lessons) == 5
    assert not len(every.unseen) and 0 < len(some.unseen) < len(every.lessons[0]) - len(learned)
    kept = {ink.tobytes() for ink in learned.images}
    assert not kept & {ink.tobytes() for ink in some.unseen.images}
