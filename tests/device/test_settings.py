# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What settings.toml and the board file may say, and words for what they may not."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from camera_pictures import PEN
from lanecam.settings import Settings
from lanewise.emulator import DigitSource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.errors import EmulatorError
from small_models import small_model

needs_displayio = pytest.mark.skipif(
    importlib.util.find_spec("displayio") is None, reason="adafruit-blinka-displayio is missing"
)


class Expression(str):
    """Goes into the board file as it is."""

    __repr__ = str.__str__


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DISPLAY_ROTATION", "90", "it can be 0 or 180"),
        ("DISPLAY_ROTATION", "270", "it can be 0 to 180"),
        ("DISPLAY_SIZE", "320", "write it as 320x240"),
        ("DISPLAY_SIZE", "0x240", "write it as 320x240"),
        ("DISPLAY_SIZE", "320x-240", "write it as 320x240"),
        ("DISPLAY_SIZE", "99999x240", "write it as 320x240"),
        ("VOTE", "0", "it can be 1 to 32"),
    ],
)
def test_a_value_that_cannot_be_is_named_and_the_usual_one_taken(monkeypatch, name, value, words):
    usual = vars(Settings())
    monkeypatch.setenv("LANEWISE_" + name, value)
    found = vars(Settings())
    (problem,) = found.pop("problems")
    assert problem.startswith(f"LANEWISE_{name} is {value}; ") and words in problem
    assert found == {key: usual[key] for key in found}


def test_a_display_is_turned_and_sized(monkeypatch):
    monkeypatch.setenv("LANEWISE_DISPLAY_ROTATION", "180")
    monkeypatch.setenv("LANEWISE_DISPLAY_SIZE", "240x135")
    found = Settings()
    assert (found.rotation, found.display_size, found.problems) == (180, (240, 135), [])


def first_line(tmp_path, settings=None, pins=None):
    path = small_model(tmp_path / "m.lanes")
    desk = EmulatedDesk(path, colorspace="yuv", settings=settings, pins=pins, start=False)
    with desk:
        return desk.program.next_line()


@pytest.mark.parametrize("name, value", [
    ("EXPOSURE", "long"), ("GAIN", "high"), ("GAIN", (2, 3)), ("WHITE_BALANCE", 128),
    ("WHITE_BALANCE", "manual"), ("WHITE_BALANCE", (1, 2, 3)), ("WHITE_BALANCE", (1, 256)),
    ("BRIGHTNESS", "x"), ("CONTRAST", [64]),
])  # fmt: skip
def test_a_board_file_with_a_wrong_value_is_told_so(tmp_path, name, value):
    line = first_line(tmp_path, pins={name: value})
    assert line.startswith(f"FAULT settings {name} is ") and "it can be" in line


def test_a_colour_space_that_is_none_is_named(tmp_path):
    line = first_line(tmp_path, pins={"COLORSPACE": "YUV"})
    assert line == 'FAULT settings COLORSPACE is YUV; it can be "yuv" or "rgb"'


def test_firmware_that_drives_no_display_is_no_traceback(tmp_path, monkeypatch):
    path = small_model(tmp_path / "m.lanes")
    settings = {"LANEWISE_DISPLAY": "st7735"}
    desk = EmulatedDesk(path, settings=settings, start=False)
    with desk, monkeypatch.context() as bare:
        bare.setitem(sys.modules, "busdisplay", None)
        line = desk.program.next_line()
    assert line.startswith("FAULT settings this firmware drives no display")
    assert "remove LANEWISE_DISPLAY" in line


def test_whoever_waits_for_a_board_that_never_gets_ready_is_told_why(tmp_path):
    path = small_model(tmp_path / "m.lanes")
    with pytest.raises(EmulatorError, match="LANEWISE_DISPLAY is ssd1306; it can be"):
        EmulatedDesk(path, settings={"LANEWISE_DISPLAY": "ssd1306"}).__enter__()


@needs_displayio
def test_a_display_that_wants_one_pin_twice_is_named(tmp_path):
    pins = {"DISPLAY_COMMAND": Expression("board.GP2")}
    line = first_line(tmp_path, {"LANEWISE_DISPLAY": "st7735"}, pins)
    assert line.startswith("FAULT settings the display does not start: ")
    assert line.endswith("check the DISPLAY_ pins")


@needs_displayio
def test_the_display_shows_the_ink_of_a_model_with_other_bits(tmp_path):
    """Ink of 6 bits in the greys of 4 bits would be indexes beyond the palette."""
    path = small_model(tmp_path / "m.lanes", bits=4)
    settings = {"LANEWISE_DISPLAY": "st7735"}
    with EmulatedDesk(path, colorspace="yuv", settings=settings) as desk:
        small_model(desk.drive / "finer.lanes", bits=6)
        shown = []
        for most in (15, 63):
            seen = desk.look(DigitSource(PEN[3]))
            view = desk.display_picture()[4:60:4, 94:150:4]
            shown.append(view.max(axis=2).astype(int) - 255 + 255 * seen.ink.astype(int) // most)
            desk.board.console.send(b"model finer\n")
            while not desk.program.next_line().startswith("READY"):
                pass
        assert all(abs(off).max() <= 12 for off in shown), shown
