# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Marks that are no digits: repeatable, framed as digits are, their splits apart, in scenes too."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lanewise.cli import main
from lanewise.data.marks import KINDS, Marks, load_marks
from lanewise.data.marks.draw import SEGMENTS, SHARES, SPLITS, of_split, sign_paths
from lanewise.data.marks.families import FAMILIES, LONG, WIDE, Family
from lanewise.data.marks.letters import LETTERS
from lanewise.data.marks.printed import HELD, SEEN, printed
from lanewise.data.marks.signs import listed
from lanewise.data.marks.strike import struck_out
from lanewise.data.marks.symbols import SYMBOLS
from lanewise.data.pen.draw import CHUNK
from lanewise.data.pen.framing import BOX, CENTRE
from lanewise.data.pictures import picture_folder
from lanewise.data.scenes import LEVELS, scenes
from lanewise.data.sources import load, load_ink
from lanewise.emulator.camera_digits import camera_views
from lanewise.errors import DataError, UsageError

SIGNS = (*LETTERS, *SYMBOLS)
MARKS = load_marks("train", 1500, seed=4)


def test_equal_seeds_give_equal_marks_whatever_the_count() -> None:
    many, few = load_marks("train", CHUNK + 9, 7), load_marks("train", CHUNK + 3, 7)
    assert np.array_equal(many.images[: len(few)], few.images)
    assert np.array_equal(many.kinds[: len(few)], few.kinds)
    assert len({image.tobytes() for image in many.images}) == len(many)
    for other in (load_marks("train", 40, 8), load_marks("validation", 40, 7)):
        assert not np.array_equal(few.images[:40], other.images)


@pytest.mark.parametrize("split", SPLITS)
def test_every_kind_occurs_as_often_as_it_should(split: str) -> None:
    kinds = load_marks(split, 1500, seed=4).kinds
    share = np.bincount(kinds, minlength=len(KINDS)) / len(kinds)
    for kind, found in zip(KINDS, share, strict=True):
        assert abs(found - SHARES[kind]) < 4 * np.sqrt(SHARES[kind] / len(kinds)), kind
    assert sum(SHARES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("split", SPLITS)
def test_marks_are_framed_as_digits_are(split: str) -> None:
    images = load_marks(split, 1500, seed=4).images.astype(float)
    centre = np.arange(28) + 0.5
    mass = images.sum(axis=(1, 2))
    assert mass.min() > 255 * 4  # three dots at least
    across = images.sum(axis=1) @ centre / mass
    down = images.sum(axis=2) @ centre / mass
    off = np.maximum(np.abs(across - CENTRE), np.abs(down - CENTRE))
    # Half a pixel at most, save where the box of 20 pixels would leave the picture.
    assert np.mean(off <= 0.51) > 0.99 and off.max() < 2.5
    inked = images > 0
    longer = np.maximum(inked.any(axis=1).sum(axis=1), inked.any(axis=2).sum(axis=1))
    assert longer.max() <= BOX
    assert np.mean(longer >= BOX - 1) > 0.95


def test_the_splits_share_no_sign_and_no_family() -> None:
    assert not set(SEEN) & set(HELD)
    for kind in set(KINDS) - {"crossed", "print"}:
        for things in (SIGNS, FAMILIES):
            seen, held, both = (set(of_split(things, kind, split)) for split in SPLITS)
            assert not seen & held and seen | held == both
        seen, held, _ = (
            [thing for things in (SIGNS, FAMILIES) for thing in of_split(things, kind, split)]
            for split in SPLITS
        )
        assert seen and held, kind
    by_split = [{sign.poses for sign in SIGNS if sign.held == held} for held in (False, True)]
    assert not by_split[0] & by_split[1]
    assert len({sign.poses for sign in SIGNS}) == len(SIGNS)
    names = [{sign.name for sign in SIGNS if sign.held == held} for held in (False, True)]
    assert not names[0] & names[1]


def test_letters_that_pass_for_digits_are_left_out() -> None:
    names = {sign.name.split()[0] for sign in LETTERS if "Cyrillic" not in sign.name}
    assert not names & set("BDGIOQSYZbgijloqsyz")
    assert not set(SEEN + HELD) & set("BDGIOQSYZbgijloqsyz0123456789|!()[]{}/>&$")


@pytest.mark.parametrize("number", range(len(SIGNS)), ids=[f"{s.kind} {s.name}" for s in SIGNS])
def test_every_sign_becomes_a_path_as_wide_as_a_mark(number: int) -> None:
    path = sign_paths()[number]
    assert path.smooth.shape[1] == SEGMENTS
    drawn = path.cornered[0] @ path.poses[0]
    width, height = np.ptp(drawn, axis=0)
    # A narrow sign would be framed as a 1.
    assert width > 0.3 * height


def test_poses_of_one_layout_are_one_sign() -> None:
    signs = listed("letter", False, "A: 0,0 1,1\nA: 0,0 2,2\nA: 0,0 1,1 2,2\nB: 0,0\n    1,1")
    assert [(sign.name, len(sign.poses)) for sign in signs] == [("A", 2), ("A", 1), ("B", 1)]
    assert signs[2].poses == ("0,0 1,1",)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_no_family_draws_what_stands_up_like_a_1(family: Family) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        strokes = family.strokes(rng)
        points = np.concatenate(strokes)
        assert np.isfinite(points).all() and all(len(line) > 1 for line in strokes)
        width, height = np.ptp(points, axis=0)
        assert width > 0.35 * height
        if family.name in ("tangle", "scrawl", "pieces", "wander"):
            length = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in strokes)
            assert width >= WIDE * height and length >= LONG * max(width, height)


def test_struck_digits_are_struck_from_side_to_side() -> None:
    for split in SPLITS:
        start, end, _, _ = struck_out(60, SEGMENTS, split, np.random.default_rng(1))
        digit, over = (
            np.concatenate([start[:, part], end[:, part]], axis=1)
            for part in (slice(0, 48), slice(48, None))
        )
        for axis in (0, 1):
            covered = np.ptp(over[..., axis], axis=1) / np.ptp(digit[..., axis], axis=1)
            assert covered.min() > 0.5


def test_print_fills_the_box_on_its_longer_side() -> None:
    for split, characters in (("train", SEEN), ("validation", HELD)):
        drawn = printed(200, split, np.random.default_rng(2)) > 0
        wide, high = (drawn.any(axis=axis).sum(axis=1) for axis in (1, 2))
        longer = np.maximum(wide, high)  # its faintest row of pixels may be none
        assert longer.min() >= BOX - 1 and np.mean(longer == BOX) > 0.9
        assert len({picture.tobytes() for picture in drawn}) > 3 * len(characters)


def test_marks_say_what_is_wrong_with_them() -> None:
    images, kinds = MARKS.images[:3], MARKS.kinds[:3]
    assert np.array_equal(MARKS.take([2, 0]).images, images[[2, 0]])
    assert len(MARKS.take(slice(5, 9))) == 4 and len(MARKS.take([])) == 0
    wrong = [
        lambda: Marks(images, kinds[:2], "x"),
        lambda: Marks(images.astype(float), kinds, "x"),
        lambda: Marks(images[:, :20], kinds, "x"),
        lambda: Marks(images, kinds + np.uint8(len(KINDS)), "x"),
        lambda: MARKS.take([len(MARKS)]),
        lambda: MARKS.take([-1]),
    ]
    for make in wrong:
        with pytest.raises(DataError):
            make()
    for split, count, seed in (("test", 1, 0), ("train", 0, 0), ("train", 1, -1)):
        with pytest.raises(UsageError):
            load_marks(split, count, seed)


def test_marks_are_loaded_by_name_but_not_as_digits() -> None:
    marks = load_ink("marks", "validation", count=5, seed=2)
    assert isinstance(marks, Marks) and marks.name == "marks validation"
    assert np.array_equal(marks.images, load_marks("validation", 5, 2).images)
    digits = load_ink("pen", "train", count=5, seed=2)
    assert np.array_equal(digits.images, load("pen", "train", count=5, seed=2).images)
    with pytest.raises(UsageError, match="no digits"):
        load("marks")


@pytest.mark.parametrize("level", LEVELS[:4])
def test_a_scene_of_a_mark_has_a_box_but_no_label(level: str) -> None:
    drawn = list(scenes(MARKS, 3, level, seed=7))
    bare = list(scenes(None, 3, level, seed=7))
    for number, (scene, page) in enumerate(zip(drawn, bare, strict=True)):
        assert scene.label is None and scene.figures == () and scene.boxes == ()
        assert scene.digit == number and scene.box is not None
        assert scene.conditions == page.conditions
        assert not np.array_equal(scene.picture, page.picture)
    empty = next(scenes(MARKS, 1, "empty", seed=7))
    assert empty.digit is None and empty.box is None


def test_the_camera_sees_marks_and_vision_frames_them() -> None:
    views = list(camera_views(MARKS.take(slice(0, 12)), 12, "easy", seed=1))
    assert all(view.scene.label is None for view in views)
    assert sum(view.framed() is not None for view in views) >= 9


def test_the_command_writes_scenes_of_marks_without_labels(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    words = ["--source", "marks", "--split", "validation", "--count", "4", "--height", "60"]
    result = CliRunner().invoke(main, ["data", "scenes", "--out", str(folder), *words])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((folder / "labels.csv").open()))
    assert [(row["label"], row["digit"]) for row in rows] == [("", str(at)) for at in range(4)]
    assert all(int(row["width"]) > 0 for row in rows)
    assert [picture.label for picture in picture_folder(folder)] == [""] * 4
    words = ["data", "scenes", "--source", "marks", "--figures", "2", "--out", str(tmp_path / "x")]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2 and "not with marks" in refused.output
    assert not (tmp_path / "x").exists()


def test_the_command_shows_marks_by_their_kinds(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    words = ["data", "show", "--data", "marks", "--count", "8", "--out", str(out)]
    shown = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)
    marks = load_marks("train", 8)
    assert shown["kinds"] == [KINDS[kind] for kind in marks.kinds]
    sheet = np.asarray(Image.open(out))
    assert np.array_equal(255 - sheet[0:56:2, 0:56:2], marks.images[0])
    text = CliRunner().invoke(main, ["data", "show", "--data", "marks", "--count", "1"]).output
    assert text.splitlines()[0] == f"marks train: {shown['kinds'][0]}"


def test_the_docs_count_what_is_drawn() -> None:
    docs = (Path(__file__).resolve().parents[2] / "docs" / "scenes.md").read_text()
    for kind in KINDS:
        row = next(line for line in docs.splitlines() if line.startswith(f"| {kind} |"))
        _, _, share, *drawn, _ = (cell.strip() for cell in row.split("|"))
        assert share == f"{100 * SHARES[kind]:.0f} %"
        for split, said in zip(SPLITS, drawn, strict=False):
            signs = len(of_split(SIGNS, kind, split))
            if kind == "print":
                signs = len({"train": SEEN, "validation": HELD}[split])
            assert not signs or said.startswith(str(signs)), (kind, split, signs)
