# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Espressif chips: the image is checked here, and esptool, a program, writes it."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from command_line import run
from lanewise.boards.esp import CHIPS, check_image
from lanewise.errors import BoardError

BANNER = b"Adafruit CircuitPython 10.0.3 on 2025-10-16; Some Board with ESP32S3"


def image(tmp_path, chip, body=BANNER):
    head = bytearray(24)
    head[0], head[12] = 0xE9, CHIPS[chip].chip_id
    path = tmp_path / f"{chip}.bin"
    path.write_bytes(b"\xff" * CHIPS[chip].boot_at + bytes(head) + body)
    return path


@pytest.fixture
def esptool(tmp_path, monkeypatch):
    """A program of that name that notes how it is called."""
    program = tmp_path / "bin" / "esptool"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "if sys.argv[1:] == ['version']:\n"
        "    sys.exit(print('esptool v' + os.environ.get('ESP_VERSION', '5.1.0')))\n"
        "open(os.environ['ESP_CALLS'], 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "sys.exit(int(os.environ.get('ESP_STATUS', '0')))\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("ESP_CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


@pytest.mark.parametrize("chip", CHIPS)
def test_an_image_is_known_by_its_chip_and_version(chip, tmp_path):
    path = image(tmp_path, chip)
    assert check_image(path, CHIPS[chip]).version == "10.0.3"
    for other in CHIPS.values():
        if other.name != chip:
            with pytest.raises(BoardError, match="is for|is no image for"):
                check_image(path, other)
    with pytest.raises(BoardError, match="expected 000"):
        check_image(path, CHIPS[chip], "0" * 64)
    with pytest.raises(BoardError, match="holds no CircuitPython"):
        check_image(image(tmp_path, chip, b"something else"), CHIPS[chip])


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line")
@pytest.mark.parametrize(("version", "write"), [("5.1.0", "write-flash"), ("4.8.1", "write_flash")])
def test_esptool_is_called_with_a_list_and_no_shell(version, write, tmp_path, esptool, monkeypatch):
    monkeypatch.setenv("ESP_VERSION", version)
    folder = tmp_path / "a b; rm -rf $HOME"
    folder.mkdir()
    path = image(folder, "esp32s3")
    port = "/dev/ttyACM0; touch x"
    common = ("flash", path, "--esp", "esp32s3", "--port", port)
    status, out, _ = run(*common, "--dry-run")
    assert status == 0 and "would be written" in out and not esptool.exists()
    status, out, _ = run(*common)
    assert status == 0 and "CircuitPython 10.0.3 for esp32s3 is written" in out
    assert json.loads(esptool.read_text()) == [
        "--chip", "esp32s3", "--port", port, write, "0x0", str(path)]  # fmt: skip
    monkeypatch.setenv("ESP_STATUS", "2")
    status, _, err = run(*common)
    assert status == 1 and "esptool ended with status 2" in err and "Hold BOOT" in err


def test_without_esptool_or_with_the_wrong_file_it_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = image(tmp_path, "esp32s2")
    status, _, err = run("flash", path, "--esp", "esp32s2", "--port", "/dev/x")
    assert status == 1 and "pip install esptool" in err
    status, _, err = run("flash", path, "--esp", "esp32s3", "--port", "/dev/x")
    assert status == 1 and "is no image for esp32s3" in err
    assert run("flash", path, "--esp", "esp32s2")[0] == 2


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line")
def test_an_esptool_that_does_not_start_or_hangs_is_no_traceback(tmp_path, esptool, monkeypatch):
    path = image(tmp_path, "esp32s3")
    common = ("flash", path, "--esp", "esp32s3", "--port", "/dev/x")
    monkeypatch.setattr("lanewise.boards.esp.VERSION_WAIT_S", 0)
    status, _, err = run(*common)
    assert status == 1 and "cannot be used (TimeoutExpired)" in err
    monkeypatch.undo()
    broken = tmp_path / "bin" / "esptool"
    broken.write_text("#!/no/such/python\n")
    monkeypatch.setenv("PATH", str(broken.parent))
    status, _, err = run(*common)
    assert status == 1 and "cannot be used" in err and len(err.splitlines()) == 1
