# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Firmware: copied whole to the right bootloader, and waited for."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from command_line import run
from firmware_files import firmware_file
from lanewise.boards.drives import look_at
from lanewise.boards.flash import copy_firmware, target_for, wait_for_circuitpython
from lanewise.boards.uf2 import TARGETS, check
from lanewise.cli import main
from lanewise.errors import BoardError, DriveError, UsageError
from plugged_in import circuitpy

INFO = "UF2 Bootloader v3.0\r\nModel: {}\r\nBoard-ID: {}\r\n"
PICO = "raspberry_pi_pico"


@pytest.fixture
def bootloader(tmp_path):
    path = tmp_path / "RPI-RP2"
    path.mkdir()
    (path / "INFO_UF2.TXT").write_text(INFO.format("Raspberry Pi RP2", "RPI-RP2"))
    return path


def test_a_file_is_copied_whole_with_progress(bootloader):
    firmware = check(firmware_file(pages=1000), TARGETS[PICO])
    steps = []
    copy_firmware(firmware, bootloader, steps.append)
    assert (bootloader / "firmware.uf2").read_bytes() == firmware.data
    assert sum(steps) == len(firmware.data) and len(steps) > 4


def test_a_bootloader_drive_that_vanishes_is_explained(bootloader):
    firmware = check(firmware_file(), TARGETS[PICO])
    with pytest.raises(DriveError, match="stopped after 0 of .*enter the bootloader again"):
        copy_firmware(firmware, bootloader / "gone")


def test_a_bootloader_of_several_boards_needs_a_name(bootloader):
    drive = look_at(bootloader)
    with pytest.raises(UsageError, match=r"may be raspberry_pi_pico, raspberry_pi_pico_w"):
        target_for(drive, None)
    assert target_for(drive, PICO) is TARGETS[PICO]
    with pytest.raises(DriveError, match="not of raspberry_pi_pico2"):
        target_for(drive, "raspberry_pi_pico2")
    (bootloader / "INFO_UF2.TXT").write_text(INFO.format("x", "SAMD51P20A-GrandCentral-v1"))
    with pytest.raises(DriveError, match="SAMD51P20A-GrandCentral-v1"):
        target_for(look_at(bootloader), None)


def waited(firmware, appearances, before=()):
    clock = iter(range(1000))
    found = iter(appearances)
    last = []

    def find():
        last[:] = next(found, last)
        return last

    return wait_for_circuitpython(
        firmware, before, PICO, find, wait_s=5, now=lambda: next(clock), pause=lambda s: None
    )


def test_waiting_ends_with_the_right_board_and_no_other(tmp_path):
    firmware = check(firmware_file(), TARGETS[PICO])
    other = look_at(circuitpy(tmp_path / "other"))
    came = look_at(circuitpy(tmp_path / "CIRCUITPY"))
    assert waited(firmware, [[], [other], [other, came]], before=[other]) is came
    with pytest.raises(BoardError, match="no CIRCUITPY drive within 5 s"):
        waited(firmware, [[], [other]], before=[other])
    with pytest.raises(BoardError, match="expected raspberry_pi_pico with CircuitPython 10.0.3"):
        waited(firmware, [[look_at(circuitpy(tmp_path / "old", "9.2.1"))]])


def test_the_command_refuses_what_is_not_for_this_board_and_writes_nothing(bootloader, tmp_path):
    wrong = tmp_path / "w.uf2"
    wrong.write_bytes(firmware_file("raspberry_pi_pico_w"))
    status, _, err = run("flash", wrong, "--drive", bootloader, "--board", PICO)
    assert status == 1 and "get the file for raspberry_pi_pico" in err
    right = tmp_path / "right.uf2"
    right.write_bytes(firmware_file())
    status, _, err = run(
        "flash", right, "--drive", bootloader, "--board", PICO, "--sha256", "0" * 64
    )
    assert status == 1 and "SHA-256 is" in err
    status, out, _ = run("flash", right, "--drive", bootloader, "--board", PICO, "--dry-run")
    assert status == 0 and "would be written" in out and "no digest of this file" in out
    assert [path.name for path in bootloader.iterdir()] == ["INFO_UF2.TXT"]
    status, out, _ = run(
        "flash", right, "--drive", bootloader, "--board", PICO, "--wait", 0, "--json"
    )
    assert status == 0 and json.loads(out)["version"] == "10.0.3"
    assert (bootloader / "firmware.uf2").read_bytes() == right.read_bytes()


def test_without_a_bootloader_the_command_says_how_to_enter_it(tmp_path):
    file = tmp_path / "f.uf2"
    file.write_bytes(firmware_file())
    status, _, err = run("flash", file, "--drive", tmp_path)
    assert status == 1 and "BOOTSEL" in err and "RESET twice" in err
    assert run("flash")[0] == 2 and run("flash", tmp_path / "none.uf2")[0] == 2


def test_a_bad_file_is_refused_before_the_board_is_put_into_its_bootloader(tmp_path):
    """The port does not exist: whoever had asked it for the bootloader would say so."""
    bad = tmp_path / "bad.uf2"
    bad.write_bytes(firmware_file()[:-512])
    for more in ((), ("--board", "raspberry_pi_pico")):
        result = CliRunner().invoke(
            main, ["flash", str(bad), "--enter", "--port", str(tmp_path / "none"), *more]
        )
        assert result.exit_code == 1 and "incomplete" in result.stderr, result.stderr
