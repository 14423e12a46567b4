# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""docs/emulation.md and docs/scenes.md say what the code does: registers, faults, ranges."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from click.testing import CliRunner

from lanewise.data.scenes import LEVELS
from lanewise.emulator import FAULTS, MODULES
from lanewise.emulator import registers as reg

ROOT = Path(__file__).resolve().parents[2]
EMULATION = (ROOT / "docs" / "emulation.md").read_text()
SCENES = (ROOT / "docs" / "scenes.md").read_text()
NOT_IN_TABLE = {"PID", "VER", "MIDH", "MIDL", "BAVE", "GBAVE", "RAVE", "YAVE", "COM2"}
"""Ids, measured averages and sleep: no effect on a picture."""


def documented() -> set[str]:
    """Names of registers in the table of effects, ranges such as "GAM1 to GAM15" filled in."""
    table = EMULATION.split("## What follows the registers")[1].split("## ")[0]
    cells = " ".join(row.split("|")[2] for row in table.splitlines() if row.startswith("| "))
    for name, first, last in re.findall(r"\b([A-Z]+)(\d+) to [A-Z]+(\d+)", cells):
        cells += " " + " ".join(f"{name}{n}" for n in range(int(first), int(last) + 1))
    return set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", cells))


def test_the_table_names_every_register_that_the_model_reads_and_no_other():
    by_name = {register.name.upper() for register in reg.REGISTERS.values()}
    shown = documented() - {"RGB565"}
    assert shown <= by_name, shown - by_name
    read: set[str] = set()
    for name in ("settings", "tuning", "sensor"):
        source = (ROOT / "host" / "lanewise" / "emulator" / f"{name}.py").read_text()
        read |= set(re.findall(r"\breg\.([A-Z][A-Z0-9_]+)\b", source)) & by_name
    assert len(read) > 40
    assert read - NOT_IN_TABLE <= shown, read - NOT_IN_TABLE - shown


def test_the_faults_and_modules_are_listed():
    for name in FAULTS:
        assert f"| `{name}` |" in EMULATION
    for module in MODULES.values():
        assert f'"{module.name}"' in EMULATION
        if module.full_well:
            assert f"{module.full_well:,.0f}, {module.read_noise:.0f}" in EMULATION


def test_the_ranges_of_the_levels_are_those_that_are_drawn():
    program = runpy.run_path(str(ROOT / "tools" / "table_scenes.py"))
    result = CliRunner().invoke(program["main"], [])
    assert result.exit_code == 0, result.output
    assert result.output.strip() in SCENES
    for level in LEVELS:
        assert f"`{level}`" in SCENES


def test_pictures_are_small():
    for name in ("scenes.jpg", "sensor.jpg"):
        assert (ROOT / "docs" / "images" / name).stat().st_size < 150_000
        assert f"images/{name}" in EMULATION + SCENES
