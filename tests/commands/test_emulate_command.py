# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate``: scenes, both VMs, faults, saved stages, displays."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lanewise.cli import main
from lanewise.emulator import DigitSource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.errors import MissingExtraError
from lanewise.resources import bundled
from lanewise.runtimes.micropython import interpreter

KEYS = ("file", "outcome", "digit", "confidence", "margin", "box")
DISPLAYIO = importlib.util.find_spec("displayio") is not None


def run(*arguments: object) -> tuple[int, str, str]:
    command = ["emulate", "--model", "dense14", *map(str, arguments)]
    result = CliRunner().invoke(main, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def _vm():
    try:
        interpreter()
    except MissingExtraError as reason:
        pytest.skip(str(reason))


def test_scenes_are_read_and_scored():
    status, out, err = run("--scenes", 12, "--level", "easy", "--seed", 3, "--json")
    assert status == 0, err
    found = objects(out)
    assert len(found) == 12 and all(set(KEYS) <= set(one) for one in found)
    assert sum(one["digit"] == one["label"] for one in found) >= 9
    assert run("--scenes", 12, "--level", "easy", "--seed", 3, "--json")[1] == out


def test_an_empty_scene_is_right_when_no_digit_is_read():
    status, out, _ = run("--scenes", 3, "--level", "empty", "--json")
    assert status == 0
    assert all(one["label"] is None for one in objects(out))


@pytest.mark.parametrize("size, space", [("80x60", "yuv"), ("40x30", "rgb")])
def test_a_micropython_vm_reads_what_cpython_reads(_vm, size, space):
    arguments = ("--data", "pen", "--limit", 8, "--size", size, "--colorspace", space, "--json")
    here = run(*arguments)
    there = run(*arguments, "--vm", "micropython")
    assert here[0] == there[0] == 0, there[2]
    assert here[1] == there[1]


def test_several_frames_of_each_picture_vote():
    status, out, _ = run("--data", "pen", "--limit", 4, "--frames", 3, "--json")
    assert status == 0 and len(objects(out)) == 4


@pytest.mark.parametrize("board", ["raspberry_pi_pico2", "grandcentral_m4_express"])
def test_every_board_reads(board):
    status, out, err = run("--data", "pen", "--limit", 2, "--board", board, "--json")
    assert status == 0, err
    assert {one["outcome"] for one in objects(out)} == {"digit"}


def test_a_camera_that_goes_is_told_for_each_picture_it_misses():
    status, out, err = run("--data", "pen", "--limit", 6, "--fault", "vanishing", "--json")
    found = objects(out)
    assert status == 1 and len(found) == 6
    outcomes = [one["outcome"] for one in found]
    assert outcomes[0] == "digit" and outcomes[-1] == "fault"
    assert "the board says: " in err and "check its wires" in err


def test_damaged_frames_are_read_and_the_damage_is_told():
    status, out, err = run("--data", "pen", "--limit", 20, "--fault", "bit-errors", "--json")
    assert status == 0 and len(objects(out)) == 20
    assert "wrong bits: shorten the wires" in err


def test_what_the_board_saw_is_saved_at_each_stage(tmp_path):
    status, _, err = run("--data", "pen", "--limit", 2, "--save", tmp_path / "shots")
    assert status == 0, err
    names = sorted(path.name for path in (tmp_path / "shots").iterdir())
    assert names[:3] == ["0000-frame.png", "0000-ink.png", "0000-scene.png"]
    frame = np.asarray(Image.open(tmp_path / "shots" / "0000-frame.png"))
    assert frame.shape == (360, 480, 3) and frame.min() < 60 < 200 < frame.max()


@pytest.mark.skipif(not DISPLAYIO, reason="adafruit-blinka-displayio is not installed")
@pytest.mark.parametrize("panel, size", [("st7735", (160, 128)), ("ili9341", (320, 240))])
def test_the_display_shows_frame_ink_digit_and_faults(panel, size):
    from lanewise.data.sources import load

    digit = DigitSource(load("pen", "test", count=3).images[1])
    model = bundled("models") / "dense14" / "model.lanes"
    with EmulatedDesk(model, settings={"LANEWISE_DISPLAY": panel}) as desk:
        for _ in range(2):
            seen = desk.look(digit)
        shown = desk.display_picture()
        assert shown.shape == (size[1], size[0], 3)
        times = size[0] // 160
        part = shown[::times, ::times].astype(int)
        step = part[:60:2, :80:2]
        grey = (np.ptp(step, axis=2) < 16) & (step.min(axis=2) > 0)
        luma = seen.luma[::2, ::2].astype(int)
        assert np.abs(step[..., 1] - luma)[grey].max() <= 8, "the frame, in 565 colours"
        red = (step[..., 0] > 200) & (step[..., 1] < 100)
        x, y, width, height = (edge // 2 for edge in seen.box)
        assert red[y, x : x + width].all() and red[y : y + height, x].all()
        assert (part[62:96, 4:24].max(axis=2) > 200).sum() > 40, "a large digit"
        desk.board.fault = "no-device"
        line = desk.program.next_line()
        assert line.startswith("FAULT camera")
        words = desk.display_picture()[::times, ::times].astype(int)
        assert (words[..., 0] > 80).mean() > 0.5 and (words.min(axis=2) > 200).sum() > 200
        desk.board.fault = None
        while not desk.program.next_line().startswith("DIGIT"):
            pass
        assert not (desk.display_picture()[..., 0] == 99).any()


@pytest.mark.skipif(not DISPLAYIO, reason="adafruit-blinka-displayio is not installed")
def test_an_unknown_display_is_named():
    model = bundled("models") / "dense14" / "model.lanes"
    with EmulatedDesk(model, settings={"LANEWISE_DISPLAY": "ssd1306"}, start=False) as desk:
        assert desk.program.next_line() == (
            "FAULT settings LANEWISE_DISPLAY is ssd1306; it can be ili9341, st7735, st7789"
        )


def test_a_webcam_without_opencv_is_one_line():
    if importlib.util.find_spec("cv2") is not None:
        pytest.skip("OpenCV is installed here")
    status, _, err = run("--webcam", 0)
    assert status == 1 and len(err.splitlines()) == 1
    assert "OpenCV" in err and "pip install" in err
