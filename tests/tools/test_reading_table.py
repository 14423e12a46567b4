# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the table of sizes and colour spaces says of chance and of real differences."""

from __future__ import annotations

import importlib.util
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

CELLS = list(product(("80x60", "640x480"), ("rgb", "yuv"), ("upright", "mirrored")))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "measure_reading.py"
    spec = importlib.util.spec_from_file_location("measure_reading", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows_that_are_alike_lie_within_the_range_of_chance(tool: ModuleType) -> None:
    rng = np.random.default_rng(5)
    hard = rng.random(400) < 0.05  # scenes that noise decides, half and half
    inside = 0
    for _ in range(40):
        table = np.where(hard, rng.random((len(CELLS), 400)) < 0.5, True)
        shares = 100 * table.mean(axis=1)
        inside += shares.max() - shares.min() <= tool.range_by_chance(table, 200)
    assert inside >= 33


def test_scenes_that_all_rows_agree_on_give_chance_no_range(tool: ModuleType) -> None:
    table = np.tile(np.arange(50) % 7 > 0, (len(CELLS), 1))
    assert tool.range_by_chance(table) == 0
    assert all("± 0.00" in line for line in tool.effects(table, CELLS))


def test_a_colour_space_that_reads_worse_is_found_and_nothing_else(tool: ModuleType) -> None:
    table = np.ones((len(CELLS), 500), bool)
    table[[space == "rgb" for _, space, _ in CELLS], :20] = False
    frame, colour, mounting = tool.effects(table, CELLS)
    assert "rgb -4.00 ± 1.75 %, yuv +4.00 ± 1.75 %" in colour
    assert "80x60 +0.00" in frame and "mirrored +0.00" in mounting
    shares = 100 * table.mean(axis=1)
    assert shares.max() - shares.min() > tool.range_by_chance(table)
