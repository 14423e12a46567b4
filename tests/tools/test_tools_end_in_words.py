# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The scripts in tools/ end as the commands do: in one line that says why, never in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lanewise.endings import run_tool
from lanewise.errors import UsageError

TOOLS = sorted((Path(__file__).resolve().parents[2] / "tools").glob("*.py"))


@pytest.mark.parametrize("tool", TOOLS, ids=[tool.stem for tool in TOOLS])
def test_every_script_ends_by_the_common_way(tool):
    last = tool.read_text().splitlines()[-2:]
    assert last[0] == 'if __name__ == "__main__":' and last[1].startswith("    run_tool(")


def said(tmp_path, *words: object) -> str:
    """What a script that fails says, run where there is no MNIST."""
    tool, *arguments = words
    nowhere = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    nowhere.pop("LANEWISE_DATA", None)
    command = [sys.executable, str(TOOLS[0].parent / f"{tool}.py"), *map(str, arguments)]
    done = subprocess.run(command, env=nowhere, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in (1, 2), done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("bench_host", "dense14"),
        ("emulate_cortexm", "model.lanes", "--data", "mnist"),
        ("measure_calibration", "model.lanes"),
        ("measure_scenes", "dense14"),
        ("measure_reading", "dense14", "--data-dir", "nowhere"),
    ],
)
def test_without_mnist_the_way_to_it_is_said(tmp_path, words):
    model = TOOLS[0].parents[1] / "models" / "dense14" / "model.lanes"
    (tmp_path / "model.lanes").write_bytes(model.read_bytes())
    lines = said(tmp_path, *words).splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"{words[0]}: ")
    assert "`lanewise data fetch mnist` gets MNIST" in lines[0]


@pytest.mark.parametrize(
    "words, told",
    [
        (("price_zoo", "--models", "nowhere"), "nowhere holds no model"),
        (("price_zoo", "--models", "."), "x/card.json is no card of a model"),
        (("table_zoo", "--models", "nowhere"), "nowhere holds no model"),
        (("soak", "--model", "bad.lanes"), "bad.lanes: not a .lanes file"),
        (("measure_scenes", "bad.lanes"), "bad.lanes: not a .lanes file"),
        (("measure_calibration", "bad.lanes"), "bad.lanes: not a .lanes file"),
        (("study_depth", "--depths", "2,x"), "give whole numbers from 1 on"),
        (("draw_vision", "bad.lanes"), "name a .png file"),
    ],
)
def test_a_bad_argument_is_named(tmp_path, words, told):
    (tmp_path / "bad.lanes").write_text("no model")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "card.json").write_text("{")
    error = said(tmp_path, *words)
    assert told in error and len(error.splitlines()) == 1


def test_a_table_of_confidence_is_replaced_only_by_a_new_one(tmp_path):
    """What lies beside the model stays when it may not be replaced, and when measuring fails."""
    model = TOOLS[0].parents[1] / "models" / "dense14" / "model.lanes"
    (tmp_path / "model.lanes").write_bytes(model.read_bytes())
    table = tmp_path / "model.conf"
    table.write_text("mine")
    assert "say --force" in said(tmp_path, "measure_calibration", "model.lanes")
    assert "MNIST" in said(tmp_path, "measure_calibration", "model.lanes", "--force")
    assert table.read_text() == "mine"


@pytest.mark.parametrize(
    "raised, status, told",
    [
        (UsageError("a name\nin\x1btwo lines"), 2, "script: a name in?two lines"),
        (KeyboardInterrupt(), 130, "script: stopped by Ctrl-C"),
        (OSError(28, "No space left on device", "x.png"), 1,
         "script: x.png: No space left on device; mend that and repeat the command"),
    ],
)  # fmt: skip
def test_what_is_raised_becomes_a_line_and_a_status(monkeypatch, capsys, raised, status, told):
    def main() -> None:
        raise raised

    monkeypatch.setattr(sys, "argv", ["tools/script.py"])
    with pytest.raises(SystemExit) as ended:
        run_tool(main)
    assert ended.value.code == status
    assert capsys.readouterr().err == told + "\n"


def test_a_defect_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["script.py"])
    with pytest.raises(json.JSONDecodeError):
        run_tool(lambda: json.loads("{"))
    with pytest.raises(SystemExit) as ended:
        run_tool(lambda: 3)
    assert ended.value.code == 3
