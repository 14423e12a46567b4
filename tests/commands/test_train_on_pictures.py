# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise train --data FOLDER``: somebody's own labelled pictures extend a base set."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from command_line import run
from lanewise.commands.training_data import gather
from lanewise.data.digits import Digits
from lanewise.data.sources import load
from lanewise.emulator.collected import collected_digits, is_collection
from lanewise.errors import DataError, UsageError
from lanewise.export.lanes import read
from lanewise.runtimes.inputs import model_inputs
from lanewise.runtimes.reference import run_reference


def frame(digit: np.ndarray, noise: int = 0) -> Image.Image:
    """A frame of 80x60 as ``monitor --collect`` saves it: dark ink on light paper."""
    ink = np.asarray(Image.fromarray(digit).resize((50, 50), Image.Resampling.BICUBIC))
    page = np.full((60, 80), 215, np.int16)
    page[5:55, 15:65] -= ink.astype(np.int16) * 3 // 4
    rng = np.random.default_rng(noise)
    return Image.fromarray((page + rng.integers(-3, 4, page.shape)).clip(0, 255).astype(np.uint8))


def sideways(count: int) -> Digits:
    """Digits lying on their side: no base set holds such."""
    digits = load("pen", "test", count=count, seed=5)
    return Digits(np.rot90(digits.images, axes=(1, 2)).copy(), digits.labels, "sideways")


def collect(folder, digits: Digits):
    folder.mkdir()
    with (folder / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "label"))
        for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
            frame(image, number).save(folder / f"frame-{number:04d}.png")
            rows.writerow((f"frame-{number:04d}.png", int(label)))
    return folder


def test_frames_become_digits_as_the_board_frames_them(tmp_path):
    digits = load("pen", "test", count=12)
    folder = collect(tmp_path / "frames", digits)
    found = collected_digits(folder)
    assert is_collection(folder) and not found.refused
    assert found.digits.labels.tolist() == digits.labels.tolist()
    overlap = np.minimum(found.digits.images, digits.images).sum() / digits.images.sum()
    assert overlap > 0.6, "the same digits, framed again"


def test_folders_named_by_digit_and_photographs_work_too(tmp_path):
    """A picture of another size is seen by the emulated camera first."""
    digits = load("pen", "test", count=4)
    for number, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        at = tmp_path / str(label)
        at.mkdir(exist_ok=True)
        photo = frame(image).resize((800, 600)).convert("RGB")
        photo.save(at / f"photo {number}.jpg")
    found = collected_digits(tmp_path)
    assert sorted(found.digits.labels) == sorted(digits.labels)


def test_what_the_vision_refuses_is_left_out_and_named(tmp_path):
    folder = collect(tmp_path / "frames", load("pen", "test", count=3))
    Image.new("L", (80, 60), 220).save(folder / "frame-0001.png")
    found = collected_digits(folder)
    assert [(path.name, why) for path, why in found.refused] == [
        ("frame-0001.png", "nothing-here")]  # fmt: skip
    for path in folder.glob("*.png"):
        Image.new("L", (80, 60), 220).save(path)
    with pytest.raises(DataError, match="finds a digit in none of 3 pictures.*nothing-here"):
        collected_digits(folder)


def test_labels_that_are_no_digits_and_two_base_sets_are_refused(tmp_path):
    folder = collect(tmp_path / "frames", load("pen", "test", count=2))
    text = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(text.replace("0001.png,", "0001.png,x"))
    with pytest.raises(DataError, match=r"frame-0001\.png is labelled 'x"):
        collected_digits(folder)
    with pytest.raises(UsageError, match="two base sets, pen and mnist"):
        gather(["pen", "mnist"], None, 10, 0, 0.1)


def test_few_pictures_extend_a_base_set_by_their_share(tmp_path):
    folder = collect(tmp_path / "frames", load("pen", "test", count=10))
    data = gather([str(folder)], None, 1000, 0, 0.2)
    assert len(data.train) == 1000 + 10 * 25 and data.train.name.split()[0] == "pen"
    assert data.own is not None and len(data.own) == 10 and not data.held_out
    assert "extend pen train, each 25 times" in data.notes[0]


def test_a_network_learns_to_read_what_only_the_pictures_show(tmp_path):
    """Digits lying on their side: a sixth of them is kept out, and read after training."""
    folder = collect(tmp_path / "frames", sideways(240))
    common = ("--limit", 3000, "--epochs", 3, "--threads", 1, "--json", "--share", 0.5)
    status, out, err = run("train", "--data", "pen", "--data", folder, "--out", tmp_path / "own",
                           *common)  # fmt: skip
    own = json.loads(out)["own_pictures"]
    assert status == 0 and own["held_out"] and 30 < own["n"] <= 40, err
    assert own["right"] > own["n"] / 2, own  # 27 to 32 of 36 with six seeds
    assert run("train", "--out", tmp_path / "base", *common)[0] == 0
    read_right = {}
    for name in ("own", "base"):
        model = tmp_path / f"{name}.lanes"
        assert run("quantize", "--from", tmp_path / name, "--out", model, "--limit", 500)[0] == 0
        read_right[name] = count_right(model, folder)
    assert read_right["own"] > 2 * read_right["base"], read_right


def count_right(model, folder) -> int:
    """How many frames of ``folder`` the integers read as their label says."""
    program, _ = read(model)
    digits = collected_digits(folder).digits
    answers = run_reference(program, model_inputs(program, digits.images)).argmax(axis=1)
    return int((answers == digits.labels).sum())
