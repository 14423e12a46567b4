# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""demo and emulate: the whole chain, and one clear line for every bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import run
from lanewise.data.sources import load
from lanewise.emulator.sources import DigitSource
from lanewise.export.lanes import read
from lanewise.integer.certificate import certify

SMALL = ("--epochs", "2", "--digits", "4000")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A model that a short demo wrote, and what the demo printed."""
    path = tmp_path_factory.mktemp("demo") / "digits.lanes"
    status, out, err = run("demo", "--out", path, *SMALL)
    assert status == 0, err
    return path, out


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of three drawn digits as picture files, without labels."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    digits = load("pen", "test", count=3)
    for index, image in enumerate(digits.images):
        Image.fromarray(DigitSource(image).scene()).save(folder / f"{index}.png")
    labels = "".join(f"{index}.png,{label}\n" for index, label in enumerate(digits.labels))
    (folder / "labels.csv").write_text("file,label\n" + labels)
    return folder


def test_demo_shows_every_stage_and_writes_a_certified_model(demo):
    path, out = demo
    stages = ("1. Draw", "2. Train", "3. Fold", "4. Read", "Certificate of digits-demo", "Summary")
    figures = ("margin", "read right by the emulated board", "bits, for every possible input")
    for words in stages + figures:
        assert words in out
    program, proof = read(path)
    assert proof == certify(program)
    assert proof.acc_bits <= 12 and "ulab16" in proof.engines


def test_demo_replaces_its_own_file_and_no_other(demo, tmp_path):
    mine = tmp_path / "digits.lanes"
    mine.write_bytes(b"something of the user's")
    status, _, err = run("demo", "--out", mine, *SMALL)
    assert status == 2 and "exists" in err and "--force" in err
    assert mine.read_bytes() == b"something of the user's"
    mine.write_bytes(demo[0].read_bytes())
    status, out, err = run("demo", "--out", mine, "--json", *SMALL)
    assert status == 0, err
    summary = json.loads(out)
    assert summary["accuracy"] > 0.6 and summary["camera_frames"] == 100
    assert mine.read_bytes() == demo[0].read_bytes(), "the same demo twice gives the same model"


def test_emulate_reads_files_and_folders(demo, pictures):
    status, out, err = run("emulate", "--model", demo[0], "--images", pictures, "--json")
    assert status == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [Path(line["file"]).name for line in lines] == ["0.png", "1.png", "2.png"]
    assert all({"outcome", "digit", "confidence", "margin", "box", "label"} <= set(line)
               for line in lines)  # fmt: skip
    status, out, _ = run("emulate", "--model", demo[0], "--image", pictures / "0.png", "--show")
    assert status == 0 and "0.png: " in out and "frame" in out
    status, out, _ = run("emulate", "--model", demo[0], "--images", pictures)
    assert " of 3 read right" in out


def test_emulate_sees_an_empty_page_as_such(demo, tmp_path):
    Image.new("RGB", (320, 240), (225, 224, 220)).save(tmp_path / "empty.png")
    status, out, _ = run("emulate", "--model", demo[0], tmp_path / "empty.png", "--json")
    found = json.loads(out)
    assert status == 0 and found["outcome"] == "nothing-here" and found["digit"] is None


def test_an_unreadable_picture_is_named_and_the_rest_is_read(demo, pictures):
    (pictures / "labels.csv").unlink()
    (pictures / "1.png").write_bytes(b"this is no picture")
    status, out, err = run("emulate", "--model", demo[0], "--images", pictures, "--json")
    assert status == 1
    assert [json.loads(line)["outcome"] == "unreadable" for line in out.splitlines()] == [
        False, True, False,
    ]  # fmt: skip
    assert "1.png" in err and "cannot be read as a picture" in err
    assert "1 of 3 pictures" in err


@pytest.mark.parametrize("name", ["bad.png", "two\nlines \x1b[31m.png"])
def test_one_unreadable_picture_is_one_line(demo, tmp_path, name):
    (tmp_path / name).write_bytes(b"this is no picture")
    status, out, err = run("emulate", "--model", demo[0], tmp_path / name)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1 and "cannot be read as a picture" in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: [path.unlink() for path in folder.iterdir()], "holds no pictures"),
        (lambda folder: (folder / "2.png").unlink(), "names 2.png, which is not in"),
        (lambda folder: (folder / "labels.csv").write_text("0.png,1\n"), "no label for 1.png"),
        (lambda folder: (folder / "labels.csv").write_text("0.png\n"), "line 1: expected"),
        (lambda folder: (folder / "labels.csv").write_text("0.png,1\n0.png,2\n"), "line 2"),
        (lambda folder: (folder / "labels.csv").write_text("../x.png,1\n"), "plain file name"),
        (lambda folder: (folder / "labels.csv").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
    ],
)
def test_bad_folders_get_one_line(demo, pictures, spoil, says):
    spoil(pictures)
    status, out, err = run("emulate", "--model", demo[0], "--images", pictures)
    assert status == 1 and says in err
    assert len(err.splitlines()) == 1 and not out


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("no-device", "no I2C device at 0x21: check SDA"),
        ("wrong-id", "product id is 0x77, an OV7670 has 0x76"),
        ("stuck-vsync", "VSYNC does not move"),
    ],
)
def test_faults_of_the_camera_get_one_line(demo, pictures, fault, says):
    status, _, err = run(
        "emulate", "--model", demo[0], "--image", pictures / "0.png", "--fault", fault
    )
    assert status == 1 and says in err and len(err.splitlines()) == 1


def test_emulate_wants_exactly_one_kind_of_picture(demo, pictures):
    assert run("emulate", "--model", demo[0])[0] == 2
    both = ("--images", pictures, "--data", "pen")
    assert run("emulate", "--model", demo[0], *both)[0] == 2
    assert run("emulate", "--model", demo[0], "--data", "nope")[0] == 2
    status, _, err = run("emulate", "--model", pictures / "0.png", "--data", "pen")
    assert status == 1 and "not a .lanes file" in err


def test_the_board_and_the_desk_see_the_same_integers(demo):
    """The logits of a frame through the board equal the reference on the ink the board framed."""
    from lanewise.emulator.desk import EmulatedDesk
    from lanewise.integer.reference import logits

    program, _ = read(demo[0])
    digits = load("pen", "test", count=40)
    with EmulatedDesk(demo[0]) as desk:
        seen = [desk.look(DigitSource(image)) for image in digits.images]
    asked = [look for look in seen if look.logits is not None]
    assert len(asked) > 30
    inks = np.stack([look.ink for look in asked])
    assert np.array_equal(logits(program, inks), np.array([look.logits for look in asked]))
