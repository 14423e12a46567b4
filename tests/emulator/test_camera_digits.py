# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Digits framed by the board from rendered scenes, for training."""

from __future__ import annotations

import numpy as np
import pytest

from lanewise.data.sources import load
from lanewise.emulator.camera_bank import kept_camera_digits
from lanewise.emulator.camera_digits import camera_digits, camera_views
from lanewise.errors import UsageError


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


def test_too_few_scenes_are_refused():
    with pytest.raises(UsageError, match="too few"):
        camera_digits(load("pen", "train", count=2), 2)


def test_kept_views_give_the_same_pictures_and_are_made_once(tmp_path):
    drawn = load("pen", "train", count=9)
    told = []
    first = kept_camera_digits(drawn, 10, 4, tmp_path, lambda done, count: told.append(done))
    assert told == list(range(1, 11))
    again = kept_camera_digits(drawn, 10, 4, tmp_path, lambda done, count: told.append(done))
    assert len(told) == 10
    fresh = camera_digits(drawn, 10, seed=4)
    for found in (first, again):
        assert np.array_equal(found.images, fresh.images)
        assert np.array_equal(found.labels, fresh.labels)
    other = kept_camera_digits(drawn.take(slice(1, 9)), 10, 4, tmp_path)
    assert not np.array_equal(other.labels, first.labels)


def test_kept_views_are_framed_by_the_vision_of_today(tmp_path, monkeypatch):
    drawn = load("pen", "train", count=8)
    assert len(kept_camera_digits(drawn, 8, 4, tmp_path)) > 0
    monkeypatch.setattr("lanewise.emulator.camera_bank.framed", lambda luma, centre, side: None)
    with pytest.raises(UsageError, match="no digit was found"):
        kept_camera_digits(drawn, 8, 4, tmp_path)
