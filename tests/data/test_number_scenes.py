# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Pages with several digits: in a row, told apart by their boxes, labelled with leading zeros."""

from __future__ import annotations

import csv
from itertools import islice

import numpy as np
import pytest
from click.testing import CliRunner

from lanewise.cli import main
from lanewise.data.pen import pen_digits
from lanewise.data.scenes import number_scenes
from lanewise.errors import UsageError
from lanewise.vision.pipeline import read_frame

PEN = pen_digits(40, seed=5)


@pytest.mark.parametrize("level", ["easy", "desk", "hard", "wild"])
@pytest.mark.parametrize("figures", [2, 5])
def test_digits_stand_in_a_row_inside_the_picture_and_apart(level, figures):
    for scene in number_scenes(PEN, 8, figures, level, seed=2):
        assert len(scene.figures) == len(scene.boxes) == figures
        assert scene.label == int("".join(map(str, scene.figures)))
        boxes = np.array(scene.boxes)
        assert (boxes[1:, 0] > boxes[:-1, 0] + boxes[:-1, 2]).all()
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= (160, 120)).all()
        x, y, width, height = scene.box
        assert (x, y) == (boxes[:, 0].min(), boxes[:, 1].min())
        assert (x + width, y + height) == tuple((boxes[:, :2] + boxes[:, 2:]).max(axis=0))


def test_a_seed_gives_the_same_numbers_however_many_are_drawn():
    some = list(number_scenes(PEN, 2, 3, "desk", seed=7))
    more = list(islice(number_scenes(PEN, 20, 3, "desk", seed=7), 2))
    for one, two in zip(some, more, strict=True):
        assert np.array_equal(one.picture, two.picture) and one.figures == two.figures


def test_the_boards_vision_sees_several_digits():
    outcomes = []
    for scene in number_scenes(PEN, 20, 2, "easy", seed=1):
        luma = np.rint(scene.picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        outcomes.append(read_frame(luma, 14, 4).outcome)
    assert outcomes.count("several-digits") >= 18


def test_what_cannot_be_drawn_is_refused(tmp_path):
    for figures, level, words in ((1, "desk", "2 to 5"), (2, "empty", "'empty'")):
        with pytest.raises(UsageError, match=words):
            next(number_scenes(PEN, 1, figures, level))
    command = ["data", "scenes", "--out", str(tmp_path / "x"), "--figures", "2", "--empty"]
    assert CliRunner().invoke(main, command).exit_code == 2


def test_the_command_keeps_leading_zeros(tmp_path):
    out = tmp_path / "numbers"
    command = ["data", "scenes", "--out", str(out), "--figures", "3", "--count", "12"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    labels = [row["label"] for row in csv.DictReader((out / "labels.csv").open())]
    assert len(labels) == 12 and all(len(label) == 3 and label.isdigit() for label in labels)
    assert any(label.startswith("0") for label in labels)
