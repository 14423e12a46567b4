# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The camera wrapper on the emulated board: preflight, sizes, and words for what is wrong."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from camera_pictures import PEN
from lanecam.errors import CameraError
from lanewise.emulator import BOARDS, DigitSource, EmulatedBoard
from lanewise.vision.luma import frame_luma

DEVICE = Path(__file__).resolve().parents[2] / "device"


@pytest.fixture
def pico(monkeypatch):
    """A board that looks at a digit."""
    monkeypatch.syspath_prepend(str(DEVICE))
    with EmulatedBoard(source=DigitSource(PEN[3]), fast=True) as board:
        yield board


@pytest.fixture
def pins(pico):
    """What the board file says, free to be changed."""
    for name in ("boards", "boards.raspberry_pi_pico"):
        sys.modules.pop(name, None)
    stored = importlib.import_module("boards.raspberry_pi_pico")
    return SimpleNamespace(**{k: v for k, v in vars(stored).items() if k.isupper()})


def open_camera(pins):
    camera_file = importlib.import_module("lanecam.camera")
    camera = camera_file.Camera(pins)
    camera.open()
    return camera


def test_the_board_file_is_wired_as_the_emulated_board(pico, pins):
    wiring = BOARDS["raspberry_pi_pico"].wiring
    assert [pin.number for pin in pins.DATA] == list(range(wiring.data0, wiring.data0 + 8))
    ours = (pins.SCL, pins.SDA, pins.PCLK, pins.VSYNC, pins.HREF, pins.MCLK)
    theirs = (wiring.scl, wiring.sda, wiring.pclk, wiring.vsync, wiring.href, wiring.xclk)
    assert tuple(pin.number for pin in ours) == theirs
    assert pins.RESET.number == wiring.reset
    assert pins.SHUTDOWN is None


@pytest.mark.parametrize("width", [320, 160, 80, 40])
@pytest.mark.parametrize("space", ["rgb", "yuv"])
def test_every_size_and_colour_space_shows_the_page(pico, pins, width, space):
    pins.WIDTH, pins.COLORSPACE = width, space
    camera = open_camera(pins)
    frame = camera.capture()
    assert (camera.width, camera.height) == (width, width * 3 // 4)
    luma = frame_luma(frame, camera.height, width, space).astype(int)
    assert luma[0].min() > 150
    assert luma.min() < 110
    assert camera.capture() is frame
    camera.close()


def test_flips_come_from_the_board_file(pico, pins):
    upright = bytes(open_and_capture(pins))
    pins.FLIP_X = pins.FLIP_Y = True
    turned = bytes(open_and_capture(pins))
    a, b = (frame_luma(frame, 60, 80, "yuv").astype(int) for frame in (upright, turned))
    assert np.abs(a - b).mean() > 2
    assert np.abs(a - b[::-1, ::-1]).mean() < 2


def open_and_capture(pins):
    camera = open_camera(pins)
    frame = camera.capture()
    camera.close()
    return frame


@pytest.mark.parametrize(
    "fault, words",
    [
        ("no-device", "no I2C device at 0x21: check SDA, SCL"),
        ("wrong-id", "product id is 0x77, an OV7670 has 0x76"),
        ("stuck-vsync", "VSYNC does not move: check the wires VSYNC and XCLK"),
    ],
)
def test_preflight_says_what_to_check_and_frees_the_pins(pico, pins, fault, words):
    pico.fault = fault
    with pytest.raises(CameraError, match=words):
        open_camera(pins)
    pico.fault = None
    open_camera(pins).close()


def test_swapped_i2c_wires_are_no_traceback(pico, pins):
    pins.SCL, pins.SDA = pins.SDA, pins.SCL
    with pytest.raises(CameraError, match="check the pins"):
        open_camera(pins)


def test_a_bus_without_pull_ups_is_named(pico, pins):
    import board

    pins.SCL, pins.SDA = board.GP27, board.GP26
    with pytest.raises(CameraError, match=r"no pull-ups.*4\.7 kOhm"):
        open_camera(pins)


def test_a_camera_pulled_out_is_noticed_before_the_capture_and_comes_back(pico, pins):
    camera = open_camera(pins)
    pico.fault = "vanishing"
    for _ in range(3):
        camera.capture()
    with pytest.raises(CameraError, match="stopped answering"):
        camera.capture()
    frame = camera.frame
    camera.close()
    pico.fault = None
    camera.open()
    assert camera.capture() is frame
    camera.close()


def test_without_reset_and_shutdown_pins_it_opens_and_closes(pico, pins):
    pins.RESET = pins.SHUTDOWN = None
    for _ in range(2):
        open_camera(pins).close()


def test_short_memory_takes_the_next_smaller_size(pico, pins, monkeypatch):
    camera_file = importlib.import_module("lanecam.camera")
    monkeypatch.setattr(camera_file, "bytearray", scarce(20_000), raising=False)
    pins.WIDTH = 160
    camera = camera_file.Camera(pins)
    assert (camera.width, camera.height, len(camera.frame)) == (80, 60, 9600)
    camera.open()
    assert frame_luma(camera.capture(), 60, 80, "yuv").max() > 150
    camera.close()
    assert camera.take_smaller_frame()
    assert (camera.width, camera.take_smaller_frame()) == (40, False)
    monkeypatch.setattr(camera_file, "bytearray", scarce(100))
    with pytest.raises(CameraError, match="no memory"):
        camera_file.Camera(pins)


def scarce(most):
    """A bytearray of at most so many bytes."""

    def make(size):
        if isinstance(size, int) and size > most:
            raise MemoryError
        return bytearray(size)

    return make


def test_a_width_that_the_sensor_lacks_is_named(pico, pins):
    pins.WIDTH = 100
    with pytest.raises(CameraError, match="WIDTH is 100"):
        open_camera(pins)
