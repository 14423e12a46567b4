# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""certify, evaluate and export: what they print, and one clear line for whatever is wrong."""

from __future__ import annotations

import binascii
import errno
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from command_line import run
from lanewise.cli import COMMANDS
from lanewise.export.lanes import read, stored_bytes, write
from lanewise.integer.program import Dense, Program


@pytest.fixture
def model(tmp_path: Path) -> Path:
    rng = np.random.default_rng(8)
    hidden = Dense(rng.integers(-8, 8, (12, 196)), rng.integers(-50, 50, 12), 6, 4, "int4")
    last = Dense(rng.integers(-9, 9, (10, 12)), rng.integers(-50, 50, 10), 0, None, inputs=(1,))
    write(Program((1, 14, 14), 4, (hidden, last), name="tiny"), None, tmp_path / "tiny.lanes")
    return tmp_path / "tiny.lanes"


def test_certify_shows_every_op_and_what_it_means(model):
    status, out, _ = run("certify", model)
    assert status == 0
    assert "0 dense" in out and "1 dense" in out and "ulab16" in out
    status, out, _ = run("certify", model, "--json")
    found = json.loads(out)
    assert status == 0 and found["ok"] and found["engines"][0] == "ulab16"
    assert found["acc_bits"] == max(op["bits"] for op in found["ops"])
    assert found["stored_bytes"] == stored_bytes(read(model)[0])


def test_certify_fails_for_an_engine_that_is_not_exact(tmp_path):
    op = Dense(np.full((10, 196), 127), [0] * 10, 0, None)
    write(Program((1, 14, 14), 8, (op,), name="wide"), None, tmp_path / "wide.lanes")
    status, _, err = run("certify", tmp_path / "wide.lanes", "--engine", "ulab16")
    assert status == 1
    assert "wide: op 0 (dense), channel 0" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("engine", ["numpy", "device", "micropython"], indirect=True)
def test_evaluate_gives_the_same_answers_with_every_engine(model, engine):
    common = ("evaluate", model, "--data", "pen", "--limit", 40, "--json", "--compare")
    status, out, err = run(*common, "--engine", engine)
    assert status == 0, err
    found = json.loads(out)
    assert found["mismatches"] == 0
    assert (found["n"], found["engine"]) == (40, engine)
    assert found["accuracy"] == found["correct"] / 40
    assert found["correct"] == json.loads(run(*common)[1])["correct"]


def test_export_writes_arrays_that_rebuild_the_program(model, tmp_path):
    status, out, _ = run("export", model, "--to", "flat", "--out", tmp_path / "flat", "--json")
    assert status == 0
    folder = tmp_path / "flat"
    sizes = json.loads(out)["files"]
    assert sizes == {path.name: path.stat().st_size for path in folder.iterdir()}
    manifest = json.loads((folder / "manifest.json").read_text())
    program, proof = read(folder / "model.lanes")
    arrays = np.load(folder / "arrays.npz")
    for op, entry, bound in zip(program.ops, manifest["ops"], proof.bounds, strict=True):
        for role, described in entry["arrays"].items():
            raw = np.fromfile(folder / described["file"], dtype=described["dtype"])
            assert np.array_equal(raw.reshape(described["shape"]), getattr(op, role))
            name = described["file"].removesuffix(".bin")
            assert np.array_equal(arrays[name], getattr(op, role))
        assert entry["accumulator"] == [bound.lo, bound.hi]


def test_export_overwrites_only_when_asked(model, tmp_path):
    folder = tmp_path / "flat"
    folder.mkdir()
    (folder / "mine.txt").write_text("kept")
    status, _, err = run("export", model, "--out", folder)
    assert status == 2 and "not empty" in err and "--force" in err
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert run("export", model, "--out", folder, "--force")[0] == 0
    assert (folder / "mine.txt").read_text() == "kept"


def edit(model: Path, at: int, form: str, value: int) -> None:
    data = bytearray(model.read_bytes())
    struct.pack_into(form, data, at, value)
    data[-4:] = struct.pack("<I", binascii.crc32(bytes(data[:-4])))
    model.write_bytes(bytes(data))


@pytest.mark.parametrize("command", ["certify", "evaluate"])
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: edit(path, 4, "<H", 7), "format version 7"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "copy it again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x55"), "CRC"),
        (lambda path: edit(path, 32 + 44, "<i", 3), "the file certifies accumulators in"),
        (lambda path: path.write_bytes(b""), "not a .lanes file"),
    ],
)
def test_bad_models_get_one_line_and_status_1(model, command, damage, says):
    damage(model)
    status, out, err = run(command, model)
    assert status == 1
    assert says in err and str(model) in err
    assert len(err.splitlines()) == 1 and not out


def test_wrong_calls_get_status_2(model):
    assert run("evaluate", model, "--engine", "abacus")[0] == 2
    assert run("evaluate", model, "--data", "no-such-data")[0] == 2
    assert run("evaluate", model, "--limit", "0")[0] == 2
    assert run("frobnicate")[0] == 2


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example(command):
    status, out, _ = run(command, "--help")
    assert status == 0
    assert f"lanewise {command}" in out.split("Usage:")[1].split("\n", 1)[1]


def test_the_program_starts_without_torch():
    code = "import sys, lanewise.cli; sys.modules['torch'] = None; lanewise.cli.main(['train'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'lanewise[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_system_refuses_is_one_line(model, monkeypatch):
    """A full disk, say, that nobody on the way had better words for."""

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("lanewise.commands.certify.read", full)
    status, out, err = run("certify", model)
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert f"{model}: No space left on device" in err
