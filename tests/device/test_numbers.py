# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Several digits in a row: read as a number, voted on, said, and refused where they are none."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pictures import PEN, page_with
from lanecam.engines.plain import Plain
from lanecam.model import load
from lanecam.numbers import MOST_FIGURES, NumberReader, around, in_a_row
from lanecam.reader import Reader
from lanecam.vision import outcome
from lanewise.boards.lines import understand
from lanewise.data.pen import pen_digits
from lanewise.data.scenes import number_scenes
from lanewise.emulator import ArraySource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.resources import bundled
from small_models import small_model

LINE = (
    r"NUMBER \d+ [01]\.\d\d margin=\d+ frames=\d+ box=\d+,\d+,\d+,\d+ each=[01]\.\d\d(,[01]\.\d\d)*"
    r" boxes=\d+,\d+,\d+,\d+(/\d+,\d+,\d+,\d+)* ms=\d+"
)
DENSE14 = bundled("models") / "dense14" / "model.lanes"
DIGITS = pen_digits(200, seed=11)
TWO = page_with((PEN[3], 36, 2, 12), (PEN[4], 36, 42, 12))
BOXES = st.tuples(st.integers(0, 60), st.integers(0, 40), st.integers(4, 20), st.integers(4, 20))


def pages(count, figures, level="easy"):
    return list(number_scenes(DIGITS, count, figures, level, seed=4))


def number(scene):
    return "".join(map(str, scene.figures))


def reader_for(path, kind=NumberReader, vote=1):
    model = load(str(path))
    return kind(model, Plain(model), 80, 60, "grey", vote)


def numbers_desk(**arguments):
    return EmulatedDesk(DENSE14, 80, "yuv", settings={"LANEWISE_NUMBERS": 1}, **arguments)


@pytest.mark.parametrize("figures, least", [(2, 17), (3, 13)])
def test_numbers_are_read_from_left_to_right(figures, least):
    right = 0
    with numbers_desk() as desk:
        assert desk.ready.endswith(" numbers=on")
        for scene in pages(20, figures):
            seen = desk.look(ArraySource(scene.picture))
            if seen.digit is None:
                continue
            assert re.fullmatch(LINE, seen.line), seen.line
            right += seen.digit == number(scene)
            assert seen.digit == "".join(figure.digit for figure in seen.figures)
            sure = np.prod([figure.confidence for figure in seen.figures])
            assert seen.confidence == pytest.approx(sure)
            lefts = [figure.box[0] for figure in seen.figures]
            assert lefts == sorted(lefts)
            event = understand(seen.line)
            assert (event.kind, event.digit, event.box) == ("number", seen.digit, seen.box)
            assert event.boxes == tuple(figure.box for figure in seen.figures)
            assert event.each == tuple(round(f.confidence, 2) for f in seen.figures)
    assert right >= least


def test_each_figure_is_read_as_the_same_digit_framed_alone(tmp_path):
    path = small_model(tmp_path / "m.lanes")
    reading = reader_for(path).read(TWO.tobytes())
    alone = [
        reader_for(path, Reader).read(page_with(place).tobytes())
        for place in ((PEN[3], 36, 2, 12), (PEN[4], 36, 42, 12))
    ]
    assert reading.outcome == outcome.NUMBER
    assert [figure[0] for figure in reading.figures] == [one.digit for one in alone]
    assert [figure[2] for figure in reading.figures] == [one.box for one in alone]
    assert reading.margin <= min(one.margin for one in alone) + 40
    assert reading.logits is not None and reading.digit == "".join(one.digit for one in alone)


def test_one_digit_is_a_number_too_and_an_empty_page_is_none(tmp_path):
    reader = reader_for(small_model(tmp_path / "m.lanes"))
    reading = reader.read(page_with((PEN[3], 40, 20, 8)).tobytes())
    assert (reading.outcome, len(reading.figures)) == (outcome.NUMBER, 1)
    assert reading.box == reading.figures[0][2]
    reading = reader.read(page_with().tobytes())
    assert (reading.outcome, reading.digit, reading.figures) == (outcome.NOTHING, None, ())


def test_a_number_is_unsure_when_one_of_its_digits_is(tmp_path):
    path = small_model(tmp_path / "m.lanes")
    sure = reader_for(path).read(TWO.tobytes())
    path = small_model(tmp_path / "shy.lanes", reject_margin=sure.margin + 1)
    reading = reader_for(path).read(TWO.tobytes())
    assert (reading.outcome, reading.digit, reading.guess) == (outcome.UNSURE, None, sure.guess)
    assert len(reading.figures) == 2


def test_votes_gather_while_the_count_stays_and_begin_anew_when_it_changes(tmp_path):
    reader = reader_for(small_model(tmp_path / "m.lanes"), vote=4)
    frames = [reader.read(TWO.tobytes()).frames for _ in range(6)]
    assert frames == [1, 2, 3, 4, 4, 4]
    reader.read(page_with((PEN[3], 36, 2, 12)).tobytes())
    assert reader.read(TWO.tobytes()).frames == 1


def test_what_is_no_row_is_no_number(tmp_path):
    reader = reader_for(small_model(tmp_path / "m.lanes"))
    below = page_with((PEN[3], 26, 4, 2), (PEN[4], 26, 44, 32))
    apart = page_with((PEN[3], 16, 2, 20), (PEN[4], 16, 60, 20))
    for page in (below, apart):
        reading = reader.read(page.tobytes())
        assert (reading.outcome, reading.figures) == (outcome.SEVERAL, ())
        assert reading.box is not None


@given(st.lists(BOXES, min_size=1, max_size=MOST_FIGURES))
def test_the_box_around_holds_every_box_and_nothing_more(boxes):
    x, y, width, height = around(boxes)
    assert x == min(box[0] for box in boxes) and y == min(box[1] for box in boxes)
    assert x + width == max(box[0] + box[2] for box in boxes)
    assert y + height == max(box[1] + box[3] for box in boxes)


@given(BOXES, st.integers(1, 7))
def test_equal_boxes_side_by_side_are_a_row_and_one_below_is_not(box, count):
    x, y, width, height = box
    row = [(x + (width + 1) * place, y, width, height) for place in range(count)]
    assert in_a_row(row)
    assert not in_a_row([*row, (x + (width + 1) * count, y + height, width, height)])


def test_numbers_are_switched_over_the_serial_line():
    scene = pages(1, 2)[0]
    with EmulatedDesk(DENSE14, 80, "yuv") as desk:
        assert "numbers" not in desk.ready
        assert desk.look(ArraySource(scene.picture)).outcome == "several-digits"
        for command, ready, kind in (("on", True, "NUMBER"), ("off", False, "NONE")):
            desk.board.console.send(f"numbers {command}\n".encode())
            lines = [desk.program.next_line() for _ in range(4)]
            at = lines.index(f"OK numbers {command}")
            assert lines[at + 1].endswith(" numbers=on") == ready
            assert lines[at + 1].startswith("READY ") and lines[at + 2].startswith(kind + " ")
        desk.board.console.send(b"numbers maybe\n")
        lines = [desk.program.next_line() for _ in range(2)]
        assert any(line.startswith("REFUSED numbers: ") for line in lines)


def test_a_bad_setting_is_named():
    with EmulatedDesk(DENSE14, settings={"LANEWISE_NUMBERS": 3}, start=False) as desk:
        assert desk.program.next_line() == "FAULT settings LANEWISE_NUMBERS is 3; it can be 0 to 1"


def test_a_micropython_vm_reads_the_same_numbers(micropython_vm):
    scenes = [*pages(3, 3), *pages(3, 2, "desk")]
    found = []
    for vm in ("cpython", "micropython"):
        with numbers_desk(vm=vm) as desk:
            seen = [desk.look(ArraySource(scene.picture)) for scene in scenes]
        found.append([(one.outcome, one.digit, one.box, one.figures, one.logits) for one in seen])
    assert found[0] == found[1]
    assert sum(one[0] == "number" for one in found[0]) >= 4


@pytest.mark.skipif(importlib.util.find_spec("displayio") is None, reason="no displayio here")
def test_the_display_shows_the_number_and_all_boxes():
    scene = pages(1, 3)[0]
    settings = {"LANEWISE_NUMBERS": 1, "LANEWISE_DISPLAY": "st7735"}
    with EmulatedDesk(DENSE14, 80, "yuv", settings=settings) as desk:
        for _ in range(2):
            seen = desk.look(ArraySource(scene.picture))
        assert seen.outcome == "number"
        part = desk.display_picture().astype(int)
    step = part[:60:2, :80:2]
    red = (step[..., 0] > 200) & (step[..., 1] < 100)
    assert len(seen.figures) == 3
    for figure in seen.figures:
        x, y, width, height = (edge // 2 for edge in figure.box)
        assert red[y, x : x + width].all() and red[y : y + height, x].all()
    large = part[62:90, 4:40].max(axis=2) > 200
    assert large[:, :12].any() and large[:, 12:24].any() and large[:, 24:].any()
    assert not (part[62:90, 40:, :].max(axis=2) > 250)[:4].any()
