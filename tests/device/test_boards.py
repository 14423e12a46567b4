# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Every board file names pins that its chip can use, and each of them once."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from lanewise.emulator import EmulatedBoard
from lanewise.emulator.desk import boards_with_pins

DEVICE = Path(__file__).resolve().parents[2] / "device"
FILES = sorted(path.stem for path in (DEVICE / "boards").glob("*.py"))


def test_every_board_file_is_emulated():
    assert sorted(boards_with_pins()) == FILES
    assert len(FILES) == 4


@pytest.fixture(params=FILES)
def board(request, monkeypatch):
    monkeypatch.syspath_prepend(str(DEVICE))
    with EmulatedBoard(request.param, fast=True) as powered:
        for name in [name for name in sys.modules if name.partition(".")[0] == "boards"]:
            sys.modules.pop(name)
        powered.pins = importlib.import_module(f"boards.{request.param}")
        yield powered


def test_its_pins_are_where_the_camera_is_soldered(board):
    pins, wiring = board.pins, board.wiring
    assert [pin.number for pin in pins.DATA] == [wiring.data0 + bit for bit in range(8)]
    ours = (pins.SCL, pins.SDA, pins.PCLK, pins.VSYNC, pins.HREF, pins.MCLK, pins.RESET)
    theirs = (wiring.scl, wiring.sda, wiring.pclk, wiring.vsync, wiring.href, wiring.xclk)
    assert tuple(pin.number for pin in ours) == (*theirs, wiring.reset)


def test_no_pin_is_used_twice(board):
    pins = board.pins
    names = [name for name in vars(pins) if name.isupper() and name != "DATA"]
    single = [getattr(pins, name) for name in names if hasattr(getattr(pins, name), "number")]
    numbers = [pin.number for pin in [*single, *pins.DATA]]
    assert len(numbers) == len(set(numbers)) > 15


@pytest.mark.parametrize(
    "name, value, register, expected",
    [
        ("EXPOSURE", 300, 0x10, 75),
        ("GAIN", 4, 0x00, 0x30),
        ("WHITE_BALANCE", (150, 90), 0x02, 150),
        ("WHITE_BALANCE", "auto", 0x13, 0xE7),
        ("BRIGHTNESS", -16, 0x55, 0x90),
        ("CONTRAST", 80, 0x56, 80),
    ],
)
def test_what_the_board_file_wants_of_the_picture_is_in_the_registers(
    board, name, value, register, expected
):
    from types import SimpleNamespace

    from lanecam.camera import Camera

    names = {key: thing for key, thing in vars(board.pins).items() if key.isupper()}
    camera = Camera(SimpleNamespace(**names | {name: value}))
    camera.open()
    camera.capture()
    assert board.sensor._values[register] == expected
    camera.close()


@pytest.mark.parametrize("name, value", [("EXPOSURE", 0), ("GAIN", 200), ("CONTRAST", 256)])
def test_a_value_that_cannot_be_is_named(board, name, value):
    from types import SimpleNamespace

    from lanecam.camera import Camera
    from lanecam.errors import SettingError

    names = {key: thing for key, thing in vars(board.pins).items() if key.isupper()}
    camera = Camera(SimpleNamespace(**names | {name: value}))
    with pytest.raises(SettingError, match=f"{name} is {value}; it can be"):
        camera.open()
    assert not camera.is_open
