# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The checklist names what is wrong with host, board, camera and model, and what to do."""

from __future__ import annotations

import itertools
import json

import pytest
from click.testing import CliRunner

from lanewise.boards.bundle import board_files
from lanewise.boards.checkup import (
    FAIL,
    OK,
    WARN,
    drive_checks,
    group_check,
    host_checks,
    listening_checks,
)
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import FolderDrive
from lanewise.boards.drives import look_at
from lanewise.cli import main
from lanewise.errors import BoardError
from plugged_in import circuitpy
from small_models import small_model

READY = b"READY 1 model=m engine=ulab16 frame=80x60 colorspace=yuv\r\n"
DIGIT = b"DIGIT 7 0.98 margin=123 box=21,8,30,44 ms=96\r\n"
FAULT = b"FAULT camera no I2C device at 0x21: check SDA\r\n"


@pytest.fixture
def drive(tmp_path):
    return circuitpy(tmp_path / "CIRCUITPY")


def by_name(checks):
    return {check.name: check for check in checks}


def test_this_machine_passes():
    checks = by_name(host_checks())
    assert checks["Python"].status == OK and checks["packages"].status == OK
    assert "ov7670 1." in checks["libraries for the board"].detail


def test_rights_to_serial_ports_are_told_by_group():
    assert group_check(None) == [] == group_check({})
    (check,) = group_check({"dialout": True})
    assert check.status == OK
    (check,) = group_check({"dialout": False})
    assert check.status == WARN and "usermod -aG dialout" in check.remedy


def test_a_drive_is_checked_from_firmware_to_files(drive, tmp_path):
    checks = by_name(drive_checks(look_at(drive)))
    assert checks["firmware"].status == checks["board"].status == checks["drive"].status == OK
    assert checks["reader"].status == FAIL and "lanewise deploy" in checks["reader"].remedy
    deploy(FolderDrive(drive), board_files(small_model(tmp_path / "m.lanes")))
    checks = by_name(drive_checks(look_at(drive)))
    assert {check.status for check in checks.values()} == {OK}
    (drive / "lanewise/a/lib/lanecam/app.py").write_text("broken")
    (drive / "settings.toml").write_text("A=1\n")
    checks = by_name(drive_checks(look_at(drive)))
    assert checks["reader"].status == WARN and "app.py" in checks["reader"].detail
    assert checks["heap"].status == WARN


def test_old_firmware_unknown_boards_and_bootloaders_are_named(drive):
    circuitpy(drive, "8.0.0", "feather_x", "X with y")
    checks = by_name(drive_checks(look_at(drive)))
    assert checks["firmware"].status == checks["board"].status == WARN
    assert "--pins" in checks["board"].remedy
    (drive / "boot_out.txt").unlink()
    (drive / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\r\n")
    (check,) = drive_checks(look_at(drive))
    assert check.status == FAIL and "lanewise flash" in check.remedy


class Port:
    def __init__(self, data):
        self.data, self.sent, self.closed = data, b"", False

    @property
    def in_waiting(self):
        return len(self.data)

    def read(self, count):
        got, self.data = self.data[:count], self.data[count:]
        return got

    def write(self, data):
        self.sent += data

    def close(self):
        self.closed = True


def listened(data, **more):
    clock = itertools.count()
    port = Port(data)
    checks = by_name(listening_checks(lambda: port, 50, now=lambda: next(clock), **more))
    assert port.closed
    return checks, port


def test_an_app_that_reads_passes_camera_and_model():
    checks, port = listened(READY + DIGIT + DIGIT, restart=True)
    assert {check.status for check in checks.values()} == {OK} and port.sent == b"\x03\x04"
    assert "80x60" in checks["wiring, product id, VSYNC"].detail
    assert "digit 7, 96 ms" in checks["frames"].detail


def test_a_fault_is_told_in_the_boards_words():
    checks, _ = listened(FAULT * 2)
    assert checks["fault"].status == FAIL and "check SDA" in checks["fault"].detail
    assert "wires" in checks["fault"].remedy


def test_a_silent_board_and_a_missing_port_are_told():
    checks, _ = listened(b"")
    assert "heard nothing in 50 s" in checks["app"].detail
    checks, _ = listened(b">>> \r\nhello\r\n")
    assert "2 lines, none of the reader's" in checks["app"].detail

    def never():
        raise BoardError("it is not there")

    (check,) = listening_checks(never, 1)
    assert check.status == FAIL and check.detail == "it is not there"


def test_the_command_ends_with_1_when_a_check_fails(drive):
    result = CliRunner().invoke(main, ["doctor", "--drive", str(drive), "--listen", "0", "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 1 and told["ok"] is False
    assert {"part", "name", "status", "detail", "remedy"} == set(told["checks"][0])
    result = CliRunner().invoke(main, ["doctor", "--drive", str(drive), "--port", "/dev/none"])
    assert result.exit_code == 1 and "lanewise deploy MODEL" in result.stdout
