# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Rendered desks: the same from the same seed, labelled, and read through the board's vision."""

from __future__ import annotations

import csv
from itertools import islice

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lanewise.cli import main
from lanewise.data.pen import pen_digits
from lanewise.data.pictures import picture_folder
from lanewise.data.scenes import DIFFICULTIES, LEVELS, draw_conditions, scenes
from lanewise.data.scenes.clutter import draw_objects, drawing
from lanewise.data.scenes.folder import COLUMNS
from lanewise.data.scenes.oddities import OBJECTS, PRINTS, SHADOWS, TABLES
from lanewise.errors import UsageError
from lanewise.vision.pipeline import read_frame

PEN = pen_digits(40, seed=5)


def luma(picture):
    return np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


WILD = [draw_conditions("wild", np.random.default_rng(seed)) for seed in range(400)]


@pytest.mark.parametrize("difficulty", LEVELS[:4])
def test_a_seed_gives_the_same_scenes_however_many_are_drawn(difficulty):
    some = list(scenes(PEN, 3, difficulty, seed=7))
    more = list(islice(scenes(PEN, 30, difficulty, seed=7), 3))
    other = next(scenes(PEN, 1, difficulty, seed=8))
    for one, two in zip(some, more, strict=True):
        assert np.array_equal(one.picture, two.picture)
        assert (one.label, one.conditions) == (two.label, two.conditions)
    assert some[0].picture.shape == (120, 160, 3)
    assert [scene.label for scene in some] == PEN.labels[:3].tolist()
    assert not np.array_equal(some[0].picture, other.picture)


def test_most_easy_scenes_are_framed_and_empty_ones_are_not():
    found = [read_frame(luma(s.picture), 14, 4).outcome for s in scenes(PEN, 40, "easy")]
    assert found.count("digit") >= 37
    nothing = [read_frame(luma(s.picture), 14, 4).outcome for s in scenes(None, 20, "easy")]
    assert nothing.count("digit") == 0


def test_a_digit_lies_where_the_conditions_say():
    for scene in scenes(PEN, 20, "easy", seed=3):
        x, y, width, height = read_frame(luma(scene.picture), 14, 4).box
        side = scene.conditions.side * 120
        assert abs(max(width, height) - side) < 0.35 * side
        assert abs(x + width / 2 - scene.conditions.centre[0] * 120) < 0.25 * side
        assert abs(y + height / 2 - scene.conditions.centre[1] * 120) < 0.25 * side


def test_what_varies_is_wider_the_harder_it_gets():
    spread = []
    for difficulty in DIFFICULTIES:
        rng = np.random.default_rng(0)
        drawn = [draw_conditions(difficulty, rng) for _ in range(200)]
        spread.append([np.std([getattr(c, name) for c in drawn]) for name in ("turn", "noise")])
    assert (np.diff(np.array(spread), axis=0) > 0).all()


def test_wild_is_wider_than_hard():
    rng = np.random.default_rng(0)
    hard = [draw_conditions("hard", rng) for _ in range(400)]
    for name in ("turn", "side", "width", "vignette", "exposure", "line_pitch"):
        hard_spread, wild_spread = (
            np.ptp([getattr(c, name) for c in drawn]) for drawn in (hard, WILD)
        )
        assert wild_spread > hard_spread, name
    papers = [np.ptp(np.array([c.paper for c in drawn]) @ [1, -2, 1]) for drawn in (hard, WILD)]
    assert papers[1] > papers[0]


def test_everything_wild_happens():
    odd = [conditions.oddities for conditions in WILD]
    assert {o.table for o in odd} == set(TABLES)
    assert {o.print for o in odd} == set(PRINTS)
    assert {o.shadow for o in odd} == set(SHADOWS)
    assert {name for o in odd for name in o.objects} == set(OBJECTS)
    for name in ("text_lines", "rings", "folds", "jpeg", "motion", "sharpen", "torn", "grain"):
        share = np.mean([bool(getattr(o, name)) for o in odd])
        assert 0.03 < share < 0.97, name
    dark = np.mean([np.mean(conditions.paper) < np.mean(conditions.pen) for conditions in WILD])
    assert 0.2 < dark < 0.4


def test_wild_ink_can_be_told_from_its_paper():
    weights = np.array([0.299, 0.587, 0.114])
    for conditions in WILD:
        apart = abs((np.array(conditions.paper) - np.array(conditions.pen)) @ weights)
        assert apart * conditions.opacity > 0.15


def test_a_wild_sheet_holds_its_digit():
    sheets = [c for c in WILD if c.oddities.sheet is not None]
    assert len(sheets) > 100
    for conditions in sheets:
        corners = np.array(conditions.oddities.sheet)
        half = conditions.side / 2
        for across in (-half, half):
            for down in (-half, half):
                point = np.array(conditions.centre) + np.array([across, down])
                ahead = np.roll(corners, -1, axis=0) - corners
                away = point - corners
                inside = ahead[:, 0] * away[:, 1] - ahead[:, 1] * away[:, 0]
                assert (inside > 0).all(), conditions


def test_things_lie_beside_the_digit():
    drawn = 0
    for seed, conditions in enumerate(WILD):
        if not conditions.oddities.objects:
            continue
        page = Image.new("RGB", (320, 240), (255, 0, 255))
        draw_objects(
            drawing(page), conditions, conditions.oddities, np.random.default_rng((seed, 1))
        )
        covered = (np.asarray(page) != (255, 0, 255)).any(axis=2)
        drawn += covered.any()
        reach = 0.5 * conditions.side * 240
        x, y = (np.array(conditions.centre) * 240).round()
        rows, columns = np.mgrid[0:240, 0:320]
        on_digit = (abs(rows - y) < reach) & (abs(columns - x) < reach)
        assert not (covered & on_digit).any(), (seed, conditions.oddities.objects)
    assert drawn > 60


def test_the_box_is_where_the_ink_is():
    for scene in scenes(PEN, 20, "easy", seed=3):
        x, y, width, height = scene.box
        x1, y1, width1, height1 = read_frame(luma(scene.picture), 14, 4).box
        across = min(x + width, x1 + width1) - max(x, x1)
        down = min(y + height, y1 + height1) - max(y, y1)
        assert across * down > 0.6 * max(width * height, width1 * height1)


def test_ink_changes_the_picture_in_its_box_only():
    for level in ("easy", "desk"):
        for number in range(6):
            bare, inked = (next(islice(scenes(d, 9, level, 4), number, None)) for d in (None, PEN))
            changed = np.abs(bare.picture.astype(int) - inked.picture).max(axis=2) > 12
            x, y, width, height = inked.box
            outside = changed.copy()
            outside[max(0, y - 4) : y + height + 4, max(0, x - 4) : x + width + 4] = False
            assert changed.any() and not outside.any()


def test_empty_is_pages_of_every_level_without_a_digit():
    drawn = list(scenes(PEN, 8, "empty", seed=2))
    assert all(scene.label is None and scene.box is None for scene in drawn)
    assert [scene.conditions.oddities is not None for scene in drawn] == [
        False,
        False,
        False,
        True,
    ] * 2
    with pytest.raises(UsageError, match="other levels"):
        draw_conditions("empty", np.random.default_rng(0))


def test_an_unknown_difficulty_is_refused():
    with pytest.raises(UsageError, match="'brutal'"):
        next(scenes(PEN, 1, "brutal"))


def test_the_command_writes_pictures_and_labels_and_overwrites_nothing(tmp_path):
    folder = tmp_path / "scenes"
    command = ["data", "scenes", "--out", str(folder), "--count", "5", "--height", "60"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((folder / "labels.csv").open()))
    assert len(rows) == 5 and tuple(rows[0]) == COLUMNS
    for number, row in enumerate(rows):
        assert Image.open(folder / row["file"]).size == (80, 60)
        assert row["label"] in "0123456789"
        assert (row["level"], row["seed"], row["number"]) == ("desk", "0", str(number))
        assert int(row["x"]) >= 0 and int(row["x"]) + int(row["width"]) <= 80
        assert int(row["y"]) >= 0 and int(row["y"]) + int(row["height"]) <= 60
    assert [picture.label for picture in picture_folder(folder)] == [row["label"] for row in rows]
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["scenes"]


def test_the_command_takes_levels_sizes_and_pictures_of_digits(tmp_path):
    """A folder of pictures is a source; what comes out of it is the scene of that digit."""
    drawn = tmp_path / "mine"
    drawn.mkdir()
    for label in (3, 7):
        at = int(np.flatnonzero(PEN.labels == label)[0])
        Image.fromarray(255 - PEN.images[at]).resize((140, 140)).save(drawn / f"{label}.png")
    (drawn / "labels.csv").write_text("3.png,3\n7.png,7\n")
    out = tmp_path / "out"
    arguments = ["--level", "wild", "--limit", "4", "--size", "320x240", "--source", str(drawn)]
    result = CliRunner().invoke(main, ["data", "scenes", "--out", str(out), *arguments])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((out / "labels.csv").open()))
    assert [(row["label"], row["digit"]) for row in rows] == [("3", "0"), ("7", "1")] * 2
    assert Image.open(out / rows[0]["file"]).size == (320, 240)

    empty = tmp_path / "empty"
    result = CliRunner().invoke(
        main, ["data", "scenes", "--out", str(empty), "--count", "3", "--level", "empty"]
    )
    assert result.exit_code == 0, result.output
    assert [picture.label for picture in picture_folder(empty)] == [""] * 3


@pytest.mark.parametrize("size", ["160", "160x100", "axb", "20x15"])
def test_a_size_that_is_none_is_refused(tmp_path, size):
    command = ["data", "scenes", "--out", str(tmp_path / "x"), "--size", size]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2 and "160x120" in result.output
    assert not (tmp_path / "x").exists()
