# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The unmodified Adafruit driver on the emulated board: set up, sizes, colours, flips, patterns."""

from __future__ import annotations

import importlib.metadata
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lanewise.emulator import ArraySource, Colour, EmulatedBoard, TestPattern
from lanewise.emulator.patterns import BAR_COLOURS
from lanewise.errors import EmulatorError, UsageError

EMULATED = ("board", "busio", "digitalio", "pwmio", "imagecapture", "microcontroller")
SIZES = [(0, 640, 480), (1, 320, 240), (2, 160, 120), (3, 80, 60), (4, 40, 30)]


def test_the_driver_is_the_one_from_the_package_index():
    with EmulatedBoard(fast=True):
        import adafruit_ov7670
    files = importlib.metadata.files("adafruit-circuitpython-ov7670") or []
    listed = next(f for f in files if f.name == "adafruit_ov7670.py")
    assert Path(str(listed.locate())).resolve() == Path(adafruit_ov7670.__file__).resolve()
    assert listed.hash is not None
    import base64
    import hashlib

    digest = hashlib.sha256(Path(adafruit_ov7670.__file__).read_bytes()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == listed.hash.value


def test_it_initializes_and_knows_the_sensor(camera):
    with EmulatedBoard(fast=True) as pico:
        cam = camera()
        assert (cam.product_id, cam.product_version) == (0x76, 0x73)
        assert (cam.width, cam.height) == (80, 60)
        assert (pico.sensor.width, pico.sensor.height) == (80, 60)
        assert pico.sensor.colour is Colour.RGB565
        assert cam.mclk_frequency == 16_000_000
        assert pico.sensor.frame_period_s == pytest.approx(2 * 784 * 510 / 16e6)
        settings = pico.sensor.settings
        assert settings.auto_exposure and settings.auto_gain and not settings.auto_white


def test_it_writes_115_registers_and_reads_4_at_set_up(camera):
    with EmulatedBoard(fast=True) as pico:
        writes, reads = [], []
        true_write, true_read = pico.sensor.write, pico.sensor.read
        pico.sensor.write = lambda a, v: (writes.append((a, v)), true_write(a, v))[1]
        pico.sensor.read = lambda a: (reads.append(a), true_read(a))[1]
        camera()
    assert len(writes) == 115
    assert len(reads) == 4


@pytest.mark.parametrize(("size", "width", "height"), SIZES)
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_frames_decode_to_the_scene(
    size, width, height, mirror, flip, camera, captured, decode, colourful
):
    seen = decode.area_average(colourful, 640 // width)
    seen = decode.toned(seen[:: -1 if flip else 1, :: -1 if mirror else 1])
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module="ideal") as pico:
        cam = camera()
        cam.size, cam.flip_x, cam.flip_y = size, mirror, flip
        cam.colorspace = 0
        frame = captured(cam)
        assert len(frame) == 2 * width * height == pico.sensor.frame_bytes
        steps = np.abs(decode.rgb565(frame, width) - (seen & [0xF8, 0xFC, 0xF8]))
        assert (steps > [8, 4, 8]).sum() == 0 and (steps > 0).mean() < 0.02

        cam.colorspace = 1
        frame = captured(cam)
        assert len(frame) == 2 * width * height
        luma, u, v = decode.yuyv(frame, width)
        exact = seen @ [0.299, 0.587, 0.114]
        assert np.abs(luma - exact).max() <= 2
        even = decode.to_rgb(luma[:, 0::2], u, v)
        assert np.abs(even - seen[:, 0::2]).max() <= 4


@pytest.mark.parametrize(("size", "width", "height"), SIZES)
def test_eight_bars_in_both_colour_spaces(size, width, height, camera, captured, decode):
    with EmulatedBoard(fast=True) as pico:
        cam = camera()
        cam.size = size
        cam.test_pattern = 2
        assert pico.sensor.test_pattern is TestPattern.COLOUR_BARS
        middles = [(2 * bar + 1) * width // 16 for bar in range(8)]
        cam.colorspace = 0
        rgb = decode.rgb565(captured(cam), width)
        np.testing.assert_array_equal(
            rgb[height // 2, middles],
            np.array(BAR_COLOURS) & 0xFC & 0xF8 | np.array(BAR_COLOURS) & [0, 4, 0],
        )
        cam.colorspace = 1
        luma, u, v = decode.yuyv(captured(cam), width)
        pairs = [m // 2 for m in middles]
        bars = decode.to_rgb(luma[0, middles], u[0, pairs], v[0, pairs])
        assert np.abs(bars - BAR_COLOURS).max() <= 3
        assert list(luma[0, middles]) == sorted(luma[0, middles], reverse=True)
        cam.test_pattern = 0
        assert np.ptp(decode.yuyv(captured(cam), width)[0]) < 30  # the blank page again


def test_fade_and_shifting_one(camera, captured, decode):
    with EmulatedBoard(fast=True):
        cam = camera()
        cam.test_pattern = 3
        rgb = decode.rgb565(captured(cam), 80)
        np.testing.assert_array_equal(rgb[0, 15], [248, 252, 0])
        np.testing.assert_array_equal(rgb[-1], np.full((80, 3), 0x80))
        cam.test_pattern = 1
        assert captured(cam)[:10] == bytes([1, 2, 4, 8, 16, 32, 64, 128, 1, 2])


def test_a_test_pattern_survives_a_change_of_size(camera, captured, decode):
    with EmulatedBoard(fast=True):
        cam = camera()
        cam.test_pattern = 2
        cam.size = 4
        np.testing.assert_array_equal(decode.rgb565(captured(cam), 40)[0, 0], [248, 252, 248])


def test_the_picture_follows_registers_written_behind_the_drivers_back(
    camera, captured, decode, colourful
):
    with EmulatedBoard(source=ArraySource(colourful), fast=True, module="ideal") as pico:
        cam = camera()
        before = decode.rgb565(captured(cam), 80)
        pico.sensor.write(0x1E, 0x37)  # MVFP: mirror and flip; the driver believes otherwise
        assert not cam.flip_x
        np.testing.assert_array_equal(decode.rgb565(captured(cam), 80), before[::-1, ::-1])


def test_night_mode_reaches_the_sensor(camera):
    with EmulatedBoard(source=ArraySource(np.full((48, 64), 20, np.uint8)), fast=True) as pico:
        cam = camera()
        usual = pico.sensor.frame_period_s
        cam.night = 0b11100000
        assert pico.sensor.settings.night_divider == 8
        assert pico.sensor.frame_period_s == pytest.approx(8 * usual)


def test_code_py_runs_as_on_a_board():
    program = """
import board, busio
from adafruit_ov7670 import OV7670, OV7670_SIZE_DIV4, OV7670_COLOR_YUV
cam = OV7670(busio.I2C(board.GP9, board.GP8), data_pins=[board.GP12, board.GP13, board.GP14,
    board.GP15, board.GP16, board.GP17, board.GP18, board.GP19], clock=board.GP11, vsync=board.GP7,
    href=board.GP21, mclk=board.GP20, shutdown=board.GP22, reset=board.GP10)
cam.size = OV7670_SIZE_DIV4
cam.colorspace = OV7670_COLOR_YUV
buf = bytearray(2 * cam.width * cam.height)
cam.capture(buf)
cam.deinit()
"""
    names: dict[str, object] = {}
    with EmulatedBoard(fast=True, module="ideal"):
        exec(compile(program, "code.py", "exec"), names)
    assert bytes(names["buf"]) == bytes([229, 128]) * (160 * 120)


def test_without_reset_pin_the_driver_resets_by_register(camera, captured):
    with EmulatedBoard(fast=True) as pico:
        pico.sensor.write(0x55, 0x40)
        cam = camera(reset=None, shutdown=None)
        assert pico.sensor.read(0x55) == 0
        assert len(captured(cam)) == 9600


def test_leaving_the_board_restores_the_modules(camera):
    names = (*EMULATED, "adafruit_ov7670")
    before = {name: sys.modules.get(name) for name in names}
    with EmulatedBoard(fast=True):
        driver = camera().__class__.__module__
        assert all(sys.modules[name] is not before[name] for name in EMULATED)
        inside = sys.modules[driver]
        assert inside.time is not time
    assert {name: sys.modules.get(name) for name in names} == before
    assert inside.time is time
    with pytest.raises(RuntimeError, match="on purpose"), EmulatedBoard(fast=True):
        raise RuntimeError("on purpose")
    assert {name: sys.modules.get(name) for name in names} == before


def test_two_boards_one_after_the_other(camera, captured):
    white = np.full((480, 640), 240, np.uint8)
    frames = []
    for level in (white, white // 2 + 90):
        with EmulatedBoard(source=ArraySource(level), fast=True, module="ideal"):
            cam = camera()
            cam.colorspace = 1
            frames.append(captured(cam))
    assert [frame[0] for frame in frames] == [240, 208]


def test_a_board_switched_on_again_starts_afresh(camera, captured):
    pico = EmulatedBoard(fast=True)
    with pico:
        first = camera()
        first.size = 4
        captured(first)
    with pico:
        assert pico.frames == 0
        assert (pico.sensor.width, pico.sensor.height) == (640, 480)
        import board

        bus = board.I2C()
        assert len(captured(camera(i2c_bus=bus))) == 9600
    with EmulatedBoard(fast=True):
        assert board.I2C() is not bus  # a module imported earlier acts on the board that is on


def test_one_board_at_a_time():
    with EmulatedBoard(fast=True), pytest.raises(EmulatorError, match="still switched on"):
        EmulatedBoard(fast=True).__enter__()
    with EmulatedBoard(fast=True):
        pass


def test_objects_need_a_board(camera):
    with EmulatedBoard(fast=True):
        import board
        from imagecapture import ParallelImageCapture

        pins = [getattr(board, f"GP{i}") for i in range(12, 20)]
    with pytest.raises(EmulatorError, match="no emulated board"):
        ParallelImageCapture(data_pins=pins, clock=board.GP11, vsync=board.GP7, href=board.GP21)


def test_real_time_is_kept_when_not_fast(camera, captured):
    with EmulatedBoard() as pico:
        start = time.monotonic()
        cam = camera()
        assert time.monotonic() - start >= 0.4  # the driver's own sleeps
        start = time.monotonic()
        captured(cam)
        assert time.monotonic() - start >= pico.sensor.frame_period_s * 0.9


def test_unknown_board_is_named():
    with pytest.raises(UsageError, match=r"'teensy'.*raspberry_pi_pico"):
        EmulatedBoard("teensy")
