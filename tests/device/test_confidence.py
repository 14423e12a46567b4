# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Votes and confidence: means of logits, tables that rise, and files that say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanecam.confidence import Softmax, Table
from lanecam.confidence_file import confidence_for, crc_of, read_table
from lanecam.errors import ModelError
from lanecam.model import load
from lanecam.vote import Vote, moved
from lanewise.boards.bundle import board_files
from small_models import small_model

BOX = (20, 10, 30, 40)
LOGITS = st.lists(st.integers(-(2**20), 2**20), min_size=3, max_size=3)


@given(st.lists(LOGITS, min_size=1, max_size=8))
def test_a_vote_is_the_mean_of_its_frames(frames):
    vote = Vote(3, 8)
    for logits in frames:
        vote.add(logits, BOX, 0, False)
    assert vote.frames == len(frames)
    for place in range(3):
        mean = sum(logits[place] for logits in frames) / len(frames)
        assert abs(vote.logits[place] - mean) <= 1 + len(frames) / 16


def test_old_frames_fade():
    vote = Vote(3, 4)
    for _ in range(10):
        vote.add([100, 0, 0], BOX, 0, True)
    for _ in range(30):
        vote.add([0, 90, 0], BOX, 1, False)
    assert vote.logits[1] > 85 and vote.logits[0] < 5


def test_one_contrary_frame_is_outvoted_and_two_begin_a_new_vote():
    vote = Vote(3, 8)
    for _ in range(6):
        vote.add([100, 0, 0], BOX, 0, True)
    vote.add([0, 0, 100], BOX, 2, True)
    assert vote.frames == 7 and vote.logits[0] > vote.logits[2]
    vote.add([0, 0, 100], BOX, 2, True)
    assert (vote.frames, vote.logits) == (1, [0, 0, 100])


def test_one_very_clear_contrary_frame_is_another_page():
    vote = Vote(3, 8)
    for _ in range(6):
        vote.add([100, 0, 0], BOX, 0, 9)
    vote.add([0, 0, 100], BOX, 2, 2)
    assert (vote.frames, vote.logits) == (1, [0, 0, 100])


@given(st.integers(1, 32), st.integers(0, 40))
def test_no_old_digit_stays_for_more_than_a_frame_after_a_clear_one(window, before):
    vote = Vote(3, window)
    for _ in range(before):
        vote.add([1000, 0, 0], BOX, 0, 9)
    for frame in range(3):
        vote.add([0, 0, 40], BOX, 2, 1)
        assert frame == 0 or max(vote.logits) == vote.logits[2]


@pytest.mark.parametrize(
    "box, other",
    [((22, 11, 30, 40), False), ((30, 10, 30, 40), False), ((36, 10, 30, 40), True),
     ((20, 26, 30, 40), True), ((20, 10, 30, 56), True), ((24, 14, 24, 30), False)],
)  # fmt: skip
def test_a_box_that_moves_or_grows_is_another_thing(box, other):
    assert moved(BOX, box) is other
    vote = Vote(3, 4)
    vote.add([9, 0, 0], BOX, 0, True)
    vote.add([9, 0, 0], box, 0, True)
    assert vote.frames == (1 if other else 2)


KNOT = st.tuples(st.integers(1, 5000), st.integers(0, 1000))
KNOTS = st.lists(KNOT, min_size=1, max_size=20, unique_by=lambda knot: knot[0])


@given(KNOTS, st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_table_rises_with_the_margin_and_meets_its_knots(knots, one, other):
    margins = [0, *sorted(margin for margin, _ in knots)]
    chances = [0, *sorted(chance for _, chance in knots)]
    table = Table(10, margins, chances)
    for margin, chance in zip(margins, chances, strict=True):
        assert table.of(margin, None) == chance / 1000
    low, high = sorted((one, other))
    assert 0 <= table.of(low, None) <= table.of(high, None) <= 1


def table_text(path, knots="0 400\n50 900\n", reject=20):
    return f"lanewise-confidence 1 {crc_of(str(path))}\nreject {reject}\n{knots}"


def test_a_table_beside_the_model_is_taken_and_put_onto_the_board(tmp_path):
    path = small_model(tmp_path / "m.lanes")
    model = load(str(path))
    assert isinstance(confidence_for(model, str(path)), Softmax)
    path.with_suffix(".conf").write_text(table_text(path))
    table = confidence_for(model, str(path))
    assert (table.reject, table.of(25, None)) == (20, 0.65)
    assert board_files(path).file("digits.conf").data == table_text(path).encode()


def test_a_table_of_another_model_is_passed_over(tmp_path):
    path = small_model(tmp_path / "m.lanes")
    text = table_text(path)
    other = small_model(tmp_path / "other.lanes", reject_margin=77)
    other.with_suffix(".conf").write_text(text)
    found = confidence_for(load(str(other)), str(other))
    assert (found.name, found.reject) == ("softmax", 77)


@pytest.mark.parametrize(
    "knots", ["", "0 400\n", "0 400\n0 500\n", "0 500\n9 400\n", "5 1\n9 2\n", "0 1\n9 1001\n",
              "0 1\nx y\n", "0 1\n9\n", "".join(f"{n} {n}\n" for n in range(40))],
)  # fmt: skip
def test_a_table_that_is_none_is_refused_by_name(tmp_path, knots):
    path = small_model(tmp_path / "m.lanes")
    path.with_suffix(".conf").write_text(table_text(path, knots))
    with pytest.raises(ModelError, match=r"m\.conf is no table of confidence"):
        confidence_for(load(str(path)), str(path))


@given(st.text(max_size=200))
def test_whatever_stands_in_a_table_it_is_a_table_or_a_value_error(text):
    try:
        read_table(text.splitlines(), "00000000")
    except (ValueError, IndexError):
        return
