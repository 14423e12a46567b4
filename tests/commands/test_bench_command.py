# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``bench``: predicted and measured cost side by side, on the desk and on an emulated board."""

from __future__ import annotations

import json
import os

import pytest

from command_line import run
from lanewise.boards.measure import measured_on_board
from lanewise.boards.repl import RawRepl
from lanewise.commands.board_emulation import firmware_version
from lanewise.cost.reader import reader_figures
from lanewise.emulator.usb_board import Look, UsbBoard
from lanewise.errors import BoardError, MissingExtraError
from plugged_in import alive

PICO = "raspberry_pi_pico"


def test_engines_stand_side_by_side_with_stages_ops_and_memory(micropython_vm):
    status, out, err = run("bench", "dense14", "--limit", 20, "--frames", 2, "--json")
    assert status == 0, err
    found = {one["engine"]: one for one in map(json.loads, out.splitlines())}
    assert list(found) == ["ulab16", "bigint", "plain"]
    for one in found.values():
        cycles = one["cycles_rp2040"]
        assert cycles["vision"] == reader_figures().vision_cycles
        assert cycles["total"] == cycles["vision"] + cycles["inference"]
        assert sum(op["cycles_rp2040"] for op in one["ops"]) == cycles["inference"]
        assert one["ms"]["total"] == pytest.approx(
            1000 * cycles["total"] / one["clock_hz"], abs=0.01
        )
        assert one["heap_bytes"] > 20_000
        assert one["garbage_bytes_per_frame"] == sum(one["garbage_bytes"].values()) > 0
    assert "predicted" in found["ulab16"]["basis"]["memory"]
    assert "measured in a MicroPython VM" in found["bigint"]["basis"]["memory"]
    assert found["plain"]["cycles_rp2040"]["total"] > found["ulab16"]["cycles_rp2040"]["total"]


def test_the_table_says_what_is_predicted():
    status, out, _ = run("bench", "dense14", "--engine", "ulab16", "--limit", 5, "--frames", 1)
    assert status == 0
    for words in ("op 2 (dense)", "vision, cycles", "heap, bytes", "garbage a frame", "predicted"):
        assert words in out


def test_memory_is_unknown_without_the_vm_and_says_why(monkeypatch):
    def missing() -> None:
        raise MissingExtraError("no MicroPython VM here; install it")

    monkeypatch.setattr("lanewise.runtimes.micropython.interpreter", missing)
    status, out, _ = run("bench", "dense14", "--engine", "plain", "--frames", 1, "--json")
    found = json.loads(out)
    assert status == 0 and found["heap_bytes"] is found["garbage_bytes_per_frame"] is None
    assert found["basis"]["memory"] == "no MicroPython VM here; install it"


def test_a_call_without_model_or_board_is_wrong():
    status, _, err = run("bench")
    assert status == 2 and "name a model: lanewise bench MODEL" in err


@pytest.fixture
def usb(vm, tmp_path, monkeypatch):
    """An emulated board plugged in, CircuitPython running."""
    if not hasattr(os, "openpty"):
        pytest.skip("no pseudo-terminals here")
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.setenv("LANEWISE_DRIVES", str(folder))
    look = Look(vm=vm, seconds=1.0)
    board = UsbBoard(folder, lambda data: firmware_version(data, PICO), look=look)
    with alive(board):
        yield board


def test_a_board_measures_itself(usb, vm):
    where = ("--drive", usb.drive, "--port", usb.port)
    status, _, err = run("bench", *where)
    assert status == 1 and "runs no version of lanewise; run: lanewise deploy" in err
    assert run("deploy", "dense14", "--drive", usb.drive)[0] == 0
    status, _, err = run("bench", "pebble", *where)
    assert status == 1 and "the board runs dense14, not pebble" in err
    status, out, err = run("bench", *where, "--engine", "plain", "--frames", 2, "--json")
    assert status == 0, err
    found = json.loads(out)
    assert found["model"] == "dense14" and found["engine"] == "plain" and found["measured"]
    assert found["frames"] == 2 and found["digits_read"] >= 1 and found["ms"]["total"] > 0
    assert [op["op"] for op in found["ops"]] == [f"op {at} (dense)" for at in range(3)]
    assert found["predicted_cycles_rp2040"]["inference"] > 1_000_000
    assert found["cycles_rp2040"] is None, "this machine is no RP2040"
    if vm == "micropython":
        assert found["heap_bytes"] > 20_000 and found["garbage_bytes_per_frame"] > 0
    status, out, _ = run("bench", *where, "--engine", "plain", "--frames", 1)
    assert status == 0 and "total, ms" in out and "measured on" in out


class Silent:
    """A REPL whose board holds a version without bench."""

    def run(self, program: str, timeout_s: float | None = None) -> str:
        compile(program, "sent", "exec")
        raise BoardError("the board says: ImportError: no module named 'lanecam.bench'")


def test_an_older_version_on_the_board_is_told_to_be_replaced():
    repl: RawRepl = Silent()  # type: ignore[assignment]
    with pytest.raises(BoardError, match="cannot measure itself; run: lanewise deploy MODEL"):
        measured_on_board(repl, "lanewise/a", "plain", ["0" * 784])
