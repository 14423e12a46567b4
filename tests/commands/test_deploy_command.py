# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""boards and deploy as a user calls them, on folders that stand for drives."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from command_line import run
from plugged_in import circuitpy
from small_models import small_model


@pytest.fixture
def model(tmp_path):
    return small_model(tmp_path / "small.lanes")


@pytest.fixture
def drive(tmp_path) -> Path:
    path = circuitpy(tmp_path / "CIRCUITPY")
    (path / "code.py").write_text("print('hello')")
    return path


def test_deploy_says_what_it_did_and_undo_takes_it_back(drive, model):
    status, out, err = run("deploy", model, "--drive", drive)
    assert (status, err) == (0, "") and "model small model runs" in out
    assert "note: code.py is not as lanewise wrote it: a copy is in lanewise/backup/code-" in out
    status, out, _ = run("deploy", model, "--drive", drive)
    assert status == 0 and "nothing to write" in out
    status, out, _ = run("deploy", "--undo", "--drive", drive)
    assert status == 0 and "your own code.py runs again" in out
    assert (drive / "code.py").read_text() == "print('hello')"
    status, _, err = run("deploy", "--undo", "--drive", drive)
    assert status == 1 and "nothing to undo" in err


def test_deploy_speaks_json_and_dry_runs(drive, model, monkeypatch):
    status, out, _ = run("deploy", model, "--drive", drive, "--dry-run", "--json")
    planned = json.loads(out)
    assert status == 0 and planned["changed"] and not (drive / "lanewise").exists()
    clock = SimpleNamespace(perf_counter=iter((10.0, 10.25)).__next__)
    monkeypatch.setattr("lanewise.commands.deploy.time", clock)
    status, out, _ = run("deploy", model, "--drive", drive, "--json")
    done = json.loads(out)
    assert done["written"] == planned["written"] and done["seconds"] == 0.25
    monkeypatch.undo()
    assert done["versions"]["adafruit-circuitpython-ov7670"]
    status, out, _ = run("deploy", "dense14", "--drive", drive, "--dry-run")
    assert status == 0 and "lanewise/b/digits.lanes" in out


def test_a_deployed_version_reads_digits_from_its_slot(drive):
    """code.py runs as it lies on the drive, on the emulated board, with nothing else to import."""
    assert run("deploy", "dense14", "--no-compact", "--drive", drive)[0] == 0
    script = (
        "import sys\n"
        "from lanewise.emulator import EmulatedBoard, DigitSource\n"
        "from lanewise.data.sources import load\n"
        "seen = DigitSource(load('pen', 'test', count=1).images[0])\n"
        "with EmulatedBoard(source=seen, fast=True):\n"
        "    sys.path[:0] = ['lanewise/a/lib']\n"
        "    from lanecam import app\n"
        "    real = app.run\n"
        "    app.run = lambda pins, model: real(pins, model, frames=2)\n"
        "    exec(compile(open('code.py').read(), 'code.py', 'exec'))\n"
        "    print(app.__file__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=drive, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in lines[:2]] == ["READY", "DIGIT"], lines
    assert "lanewise/a/lib" in lines[-1].replace("\\", "/")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("deploy",), 2, "name a model"),
        (("deploy", "--undo", "x.lanes"), 2, "--undo takes no model"),
        (("deploy", "x.lanes", "--drive", "nowhere"), 1, "no folder or drive"),
        (("deploy", "{model}", "--drive", "{other}"), 2, "does not say which board it is"),
        (("deploy", "{model}", "--drive", "{drive}", "--board", "x"), 2, "is a raspberry_pi_pico"),
        (("deploy", "{model}", "--drive", "{other}", "--board", "x"), 2, "no pins for x"),
        (("deploy", "nonesuch", "--drive", "{drive}"), 1, "nonesuch"),
    ],
)
def test_wrong_calls_get_one_line(arguments, status, says, drive, model, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    named = {"model": model, "drive": drive, "other": other}
    got, out, err = run(*(argument.format(**named) for argument in arguments))
    assert got == status and says in err and len(err.splitlines()) == 1 and not out


def test_an_old_firmware_is_named(drive, model):
    circuitpy(drive, "8.2.6")
    status, out, _ = run("deploy", model, "--drive", drive)
    assert status == 0 and "CircuitPython 8.2.6 is older" in out


def test_boards_lists_a_drive(drive):
    status, out, _ = run("boards", "--drive", drive, "--json")
    found = json.loads(out)["drives"][0]
    assert status == 0 and found["board_id"] == "raspberry_pi_pico" and found["version"] == "10.0.3"
    status, out, _ = run("boards", "--drive", drive)
    assert status == 0 and "10.0.3" in out
    assert run("boards")[0] == 0


def test_deploying_nothing_new_loads_nothing_heavy(drive, model):
    """NumPy, torch and rich would take longer than the whole deploy (tools/bench_deploy.py)."""
    assert run("deploy", model, "--drive", drive)[0] == 0
    script = (
        "import sys\nfrom lanewise.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'torch', 'rich', 'PIL', 'onnx', 'serial'} & set(sys.modules)\n"
        "print('loaded:', sorted(heavy))"
    )
    command = [sys.executable, "-c", script, "deploy", str(model), "--drive", str(drive)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "nothing to write" in said and "loaded: []" in said


def test_a_model_whose_proof_fails_is_refused_before_the_first_byte(drive, model):
    """The header is right and the CRC fits: only the recomputed certificate shows it."""
    data = bytearray(model.read_bytes())
    data[32 + 40 : 32 + 44] = (-1).to_bytes(4, "little", signed=True)  # op 0: lowest accumulator
    data[-4:] = zlib.crc32(data[:-4]).to_bytes(4, "little")
    model.write_bytes(data)
    status, _, err = run("deploy", model, "--drive", drive)
    assert status == 1 and str(model) in err and not (drive / "lanewise").exists()
    model.write_bytes(model.read_bytes()[:-9])
    status, _, err = run("deploy", model, "--drive", drive)
    assert status == 1 and "cut short" in err
