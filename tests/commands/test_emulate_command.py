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

import command_line
from lanewise.cli import main
from lanewise.data.sources import load
from lanewise.emulator import FAULTS, ArraySource, DigitSource
from lanewise.emulator.desk import EmulatedDesk, boards_with_pins
from lanewise.resources import bundled

KEYS = ("file", "outcome", "digit", "confidence", "margin", "box")
DISPLAYIO = importlib.util.find_spec("displayio") is not None


def run(*arguments: object) -> tuple[int, str, str]:
    return command_line.run("emulate", "--model", "dense14", *arguments)


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


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
def test_a_micropython_vm_reads_what_cpython_reads(micropython_vm, size, space):
    arguments = ("--data", "pen", "--limit", 8, "--size", size, "--colorspace", space, "--json")
    here = run(*arguments)
    there = run(*arguments, "--vm", "micropython")
    assert here[0] == there[0] == 0, there[2]
    assert here[1] == there[1]


@pytest.mark.parametrize("space", ["yuv", "rgb"])
def test_a_micropython_vm_reads_with_the_largest_convolutions(micropython_vm, space):
    arguments = ("--data", "pen", "--limit", 4, "--colorspace", space, "--json")
    here = command_line.run("emulate", "--model", "granite", *arguments)
    there = command_line.run("emulate", "--model", "granite", *arguments, "--vm", "micropython")
    assert here == there, "frames of 80x60, for which there is room"


def two_digits():
    """A page with two digits side by side, and what they are."""
    digits = load("pen", "test", count=2)
    page = np.full((240, 320), 225.0)
    for image, x in zip(digits.images, (20, 180), strict=True):
        large = np.asarray(Image.fromarray(image).resize((110, 110)))
        page[60:170, x : x + 110] *= 1 - 0.8 * large / 255
    return page.astype(np.uint8), "".join(map(str, digits.labels))


def test_a_folder_with_pages_without_a_digit_and_with_several(tmp_path, vm):
    page, label = two_digits()
    Image.fromarray(page).save(tmp_path / "two.png")
    Image.fromarray(np.full((240, 320), 225, np.uint8)).save(tmp_path / "none.png")
    (tmp_path / "labels.csv").write_text(f"filename,label\nnone.png,\ntwo.png,{label}\n")
    status, out, err = run("--images", tmp_path, "--vm", vm, "--json", "--save", tmp_path / "seen")
    none, two = objects(out)
    assert (status, err) == (0, "")
    assert (none["outcome"], none["label"], none["digit"]) == ("nothing-here", None, None)
    assert (two["outcome"], two["label"]) == ("several-digits", label)
    (left, right), first = two["boxes"], two["box"]
    assert first == left and left[0] + left[2] < 40 < right[0]
    assert "boxes" not in none
    assert "1 of 2 read right" in run("--images", tmp_path)[1]


def test_several_frames_of_each_picture_vote():
    status, out, _ = run("--data", "pen", "--limit", 4, "--frames", 3, "--json")
    assert status == 0 and len(objects(out)) == 4


@pytest.mark.parametrize("board", boards_with_pins())
def test_every_board_reads(board, vm):
    status, out, err = run("--data", "pen", "--limit", 2, "--board", board, "--vm", vm, "--json")
    assert status == 0, err
    assert {one["outcome"] for one in objects(out)} == {"digit"}


def test_a_camera_that_goes_is_told_for_each_picture_it_misses():
    arguments = ("--data", "pen", "--limit", 6, "--fault", "vanishing")
    status, out, err = run(*arguments, "--json")
    found = objects(out)
    assert status == 1 and len(found) == 6
    outcomes = [one["outcome"] for one in found]
    assert outcomes[0] == "digit" and outcomes[-1] == "fault"
    assert all(one["label"] for one in found)
    assert "check SDA" in found[-1]["message"]
    assert "the board says: " in err and "check its wires" in err
    assert " of 6 read right" in run(*arguments)[1], "what was missed was not read right"


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_each_picture_has_one_object_whatever_is_broken(fault):
    status, out, err = run("--data", "pen", "--limit", 5, *(["--fault", fault] if fault else []),
                           "--json")  # fmt: skip
    found = objects(out)
    assert len(found) == 5 and all(set(KEYS) <= set(one) for one in found)
    faults = [one for one in found if one["outcome"] == "fault"]
    assert status == bool(faults) and all("message" in one for one in faults)
    assert bool(err) == bool(fault), "what is broken is said with the very first pictures"


def test_a_loose_plug_is_back_for_the_next_picture_in_both_vms(micropython_vm):
    arguments = ("--data", "pen", "--limit", 8, "--fault", "loose-plug", "--json")
    here, there = run(*arguments), run(*arguments, "--vm", "micropython")
    assert [one["outcome"] for one in objects(here[1])].count("digit") >= 3
    assert [one["digit"] for one in objects(here[1])] == [one["digit"] for one in objects(there[1])]


def test_frames_that_memory_has_no_room_for_are_told(micropython_vm):
    page = ("--data", "pen", "--limit", 1, "--size", "320x240", "--json")
    assert run(*page)[2] == ""
    status, out, err = run(*page, "--vm", "micropython")
    assert status == 0 and objects(out)[0]["outcome"] == "digit"
    assert "frames of 320x240 do not fit" in err and "it takes " in err


def test_a_seed_decides_the_noise():
    reads = [run("--data", "pen", "--limit", 4, "--seed", seed, "--json")[1] for seed in (0, 0, 1)]
    assert reads[0] == reads[1] != reads[2]


def test_a_limit_holds_for_every_kind_of_picture(tmp_path):
    for index, image in enumerate(load("pen", "test", count=3).images):
        Image.fromarray(DigitSource(image).scene()).save(tmp_path / f"{index}.png")
    files = sorted(map(str, tmp_path.iterdir()))
    for pictures in (["--images", tmp_path], files, ["--scenes", 3], ["--data", "pen"]):
        status, out, err = run(*pictures, "--limit", 2, "--json")
        assert status == 0 and len(objects(out)) == 2, err


@pytest.mark.parametrize(
    "option",
    [["--fat"], ["--seconds", 3], ["--level", "hard"], ["--figures", 2], ["--split", "train"],
     ["--scale", 0.5]],
)  # fmt: skip
def test_an_option_that_says_nothing_here_is_refused(option, tmp_path):
    Image.new("L", (64, 48), 230).save(tmp_path / "page.png")
    status, out, err = run(tmp_path / "page.png", *option)
    assert (status, out) == (2, "") and len(err.splitlines()) == 1
    assert f"{option[0]} goes with --" in err


def test_damaged_frames_are_read_and_the_damage_is_told():
    status, out, err = run("--data", "pen", "--limit", 20, "--fault", "bit-errors", "--json")
    assert status == 0 and len(objects(out)) == 20
    assert "lines: shorten the wires" in err


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
@pytest.mark.parametrize("fault", list(FAULTS))
def test_every_fault_is_on_the_display_within_two_seconds_and_goes_with_it(fault):
    digit = DigitSource(load("pen", "test", count=2).images[1])
    model = bundled("models") / "dense14" / "model.lanes"
    with EmulatedDesk(model, settings={"LANEWISE_DISPLAY": "st7735"}) as desk:
        whole = desk.look(digit) and desk.display_picture()
        desk.board.fault = fault
        begun = desk.board.clock.now_s()
        while not (line := desk.program.next_line()).startswith("FAULT "):
            pass
        screen = desk.app.screen
        if line.startswith("FAULT link"):  # the picture is shown with it
            desk.program.next_line()
            shown, part = screen._words._shown[:52], desk.display_picture()[96:120]
        else:
            shown, part = screen._fault._shown, desk.display_picture()
            assert (part[:120, :156].max(axis=2) > 80).all(), "all of the picture is covered"
        assert desk.board.clock.now_s() - begun < 2
        assert "check" in shown or "wires" in shown
        assert shown in line and (part.min(axis=2) > 200).sum() > 100
        desk.board.fault = None
        while not desk.program.next_line().startswith("READY"):
            pass
        for _ in range(3):
            desk.program.next_line()
        now = desk.display_picture()
        assert np.abs(now[:60].astype(int) - whole[:60]).mean() < 6


@pytest.mark.skipif(not DISPLAYIO, reason="adafruit-blinka-displayio is not installed")
def test_an_unknown_display_is_named():
    model = bundled("models") / "dense14" / "model.lanes"
    with EmulatedDesk(model, settings={"LANEWISE_DISPLAY": "ssd1306"}, start=False) as desk:
        assert desk.program.next_line() == (
            "FAULT settings LANEWISE_DISPLAY is ssd1306; it can be ili9341, st7735, st7789"
        )


def test_camera_modules_are_chosen_by_name_and_a_poor_one_is_noisier():
    for module in ("ideal", "typical", "poor"):
        status, out, err = run("--data", "pen", "--limit", 12, "--module", module, "--json")
        assert status == 0, err
        right = sum(one["digit"] == one["label"] for one in objects(out))
        assert right >= (8 if module == "poor" else 10)
    assert run("--data", "pen", "--module", "broken")[0] == 2
    noise = []
    for module in ("ideal", "poor"):
        with EmulatedDesk(bundled("models") / "dense14" / "model.lanes", module=module) as desk:
            blank = ArraySource(np.full((480, 640), 200, np.uint8))
            noise.append(float(desk.look(blank).luma[20:40, 30:50].std()))
    assert noise[0] < 1 < noise[1]


def test_numbers_are_read_and_scored():
    scenes = ("--scenes", 10, "--level", "easy", "--figures", 2, "--seed", 3, "--model", "granite")
    status, out, err = run(*scenes, "--json")
    assert status == 0, err
    found = objects(out)
    assert sum(one["digit"] == one["label"] for one in found) >= 8
    for one in found:
        assert len(one["label"]) == 2
        if one["outcome"] == "number":
            assert one["digit"] == "".join(figure["digit"] for figure in one["figures"])
    words = run(*scenes)[1]
    assert "number " in words and "of 10 read right" in words


def test_a_folder_of_numbers_is_read_with_numbers_only(tmp_path):
    made = CliRunner().invoke(
        main,
        ["data", "scenes", "--out", str(tmp_path / "n"), "--figures", "2", "--count", "4",
         "--level", "easy", "--source", "pen"],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    plain = objects(run("--images", tmp_path / "n", "--json")[1])
    found = objects(run("--images", tmp_path / "n", "--numbers", "--json")[1])
    assert {one["outcome"] for one in plain} == {"several-digits"}
    assert sum(one["digit"] == one["label"] for one in found) >= 3


@pytest.fixture
def film(tmp_path, monkeypatch):
    """A film and numbered pictures, three of each, of pages with a pen digit."""
    monkeypatch.setenv("OPENCV_FFMPEG_LOGLEVEL", "-8")  # looked at once, by whoever comes first
    cv2 = pytest.importorskip("cv2")
    digits = load("pen", "test", count=3)
    writer = cv2.VideoWriter(
        str(tmp_path / "film.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (640, 480)
    )
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no film")
    for number, image in enumerate(digits.images):
        page = np.ascontiguousarray(DigitSource(image).scene()[:, :, ::-1])
        writer.write(page)
        assert cv2.imwrite(str(tmp_path / f"shot-{number:03d}.png"), page)
    writer.release()
    return tmp_path, [str(label) for label in digits.labels]


@pytest.mark.parametrize("name", ["film.avi", "shot-%03d.png"])
def test_a_film_is_read_through_the_webcams_own_call(film, name, tmp_path):
    folder, labels = film
    status, out, err = run("--webcam", folder / name, "--json")
    assert status == 0, err
    found = objects(out)
    assert len(found) == 3, "it ends where the film does"
    drawn = objects(run("--data", "pen", "--limit", 3, "--json")[1])
    assert [one["digit"] for one in found] == [one["digit"] for one in drawn]
    assert sum(one["digit"] == label for one, label in zip(found, labels, strict=True)) >= 2
    status, out, _ = run(
        *(
            "--webcam",
            folder / name,
            "--limit",
            2,
            "--frames",
            3,
            "--save",
            tmp_path / "s",
            "--json",
        )
    )
    assert status == 0 and len(objects(out)) == 2
    scene = np.asarray(Image.open(tmp_path / "s" / "0001-scene.png")).astype(int)
    page = DigitSource(load("pen", "test", count=2).images[1]).scene().astype(int)
    assert np.abs(scene - page).mean() < 3, "what is saved is what was seen"


@pytest.mark.parametrize("camera", ["63", "none.avi", "none-%03d.png", "-1"])
def test_a_camera_that_is_not_there_is_one_line(camera, tmp_path, capfd):
    pytest.importorskip("cv2")
    name = camera if camera.isdecimal() else str(tmp_path / camera)
    status, _, err = run("--webcam", name)
    assert status == 1 and len(err.splitlines()) == 1
    assert f"webcam {name} cannot be opened" in err
    assert capfd.readouterr().err == "", "OpenCV says nothing of its own"


def test_a_webcam_without_opencv_is_one_line():
    if importlib.util.find_spec("cv2") is not None:
        pytest.skip("OpenCV is installed here")
    status, _, err = run("--webcam", 0)
    assert status == 1 and len(err.splitlines()) == 1
    assert "OpenCV" in err and "pip install 'lanewise[webcam]'" in err
