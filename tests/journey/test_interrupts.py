# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Ctrl-C, as a real signal to a real process, ends every wait: at once, in words, nothing broken.

Each process is first seen to wait (it says so, or a file is there), then gets SIGINT.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from firmware_files import firmware_file
from lanewise.boards.bundle import board_files
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import FolderDrive
from lanewise.boards.slots import PART
from plugged_in import circuitpy
from small_models import small_model

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
LIMIT_S = 30.0
SOON_S = 5.0
PICO = "raspberry_pi_pico"
MAIN = "from lanewise.cli import main; main(prog_name='lanewise')"
SLOW_FLUSH = (
    "import time\nfrom lanewise.boards.drive import FolderDrive\nflush = FolderDrive.flush\n"
    "def slow(self, path):\n    time.sleep(0.05)\n    flush(self, path)\n"
    "FolderDrive.flush = slow\n" + MAIN
)


@pytest.fixture
def silent_port():
    """A serial port that somebody holds and that never says anything."""
    import tty

    board, port = os.openpty()
    tty.setraw(port)
    yield os.ttyname(port)
    os.close(board)
    os.close(port)


@pytest.fixture
def drive(tmp_path):
    return circuitpy(tmp_path / "CIRCUITPY")


def interrupted(waits, *arguments: object, program: str = MAIN, **more: object):
    """(status, stdout, stderr) of a lanewise that got SIGINT once ``waits(stderr so far)``."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environment = {**os.environ, "LANEWISE_DRIVES": ""}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **more
    )
    heard: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        heard.extend(iter(process.stderr.readline, ""))

    reader = threading.Thread(target=listen)
    reader.start()
    try:
        end = time.monotonic() + LIMIT_S
        while not waits("".join(heard)):
            assert process.poll() is None, heard
            assert time.monotonic() < end, heard
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.wait(SOON_S)
    finally:
        process.kill()
        reader.join()
    assert process.stdout is not None
    out, err = process.stdout.read(), "".join(heard)
    process.stdout.close()
    assert "Traceback" not in err, err
    return process.returncode, out, err


def test_a_deploy_is_stopped_and_the_next_one_goes_on(drive, tmp_path):
    first, second = (small_model(tmp_path / f"{n}.lanes", cells=n) for n in (14, 16))
    deploy(FolderDrive(drive), board_files(first))
    before = (drive / "code.py").read_bytes()
    slot = drive / "lanewise" / "b" / "lib"
    status, _, err = interrupted(
        lambda _: slot.exists(), "deploy", second, "--drive", drive, program=SLOW_FLUSH
    )
    assert status == 1 and "stopped by Ctrl-C: the board keeps the version it had" in err
    assert (drive / "code.py").read_bytes() == before
    done = deploy(FolderDrive(drive), board_files(second))
    assert done.changed and not list(drive.rglob(f"*{PART}"))


def test_monitor_ends_with_what_it_counted(silent_port):
    status, out, _ = interrupted(lambda err: "connected" in err, "monitor", "--port", silent_port)
    assert status == 0 and "0 readings" in out


def test_monitor_waiting_for_a_port_ends(tmp_path):
    status, out, _ = interrupted(
        lambda err: "it is not there" in err, "monitor", "--port", tmp_path / "none", "--wait", 60
    )
    assert status == 0 and "0 readings" in out


def test_collecting_ends_while_the_board_is_asked(silent_port, drive, tmp_path):
    deploy(FolderDrive(drive), board_files(small_model(tmp_path / "m.lanes")))
    status, _, _ = interrupted(
        lambda err: "asking the board" in err,
        *("monitor", "--collect", tmp_path / "frames", "--port", silent_port, "--drive", drive),
    )
    assert status == 1 and not (tmp_path / "frames").exists()


def test_the_doctor_ends_while_it_listens(silent_port, drive):
    status, _, err = interrupted(
        lambda err: "listening" in err,
        *("doctor", "--drive", drive, "--port", silent_port, "--listen", 60),
    )
    assert status == 1 and "Aborted" in err


def test_flash_ends_while_it_waits_for_the_board(tmp_path):
    boot = tmp_path / "RPI-RP2"
    boot.mkdir()
    (boot / "INFO_UF2.TXT").write_text("Model: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n")
    file = tmp_path / "f.uf2"
    file.write_bytes(firmware_file())
    status, _, err = interrupted(
        lambda err: "waiting for CIRCUITPY" in err,
        *("flash", file, "--drive", boot, "--board", PICO),
    )
    assert status == 1 and "stopped by Ctrl-C: enter the bootloader again" in err
    assert (boot / "firmware.uf2").read_bytes() == firmware_file()


def test_flash_ends_while_it_waits_for_the_bootloader(silent_port):
    status, _, err = interrupted(
        lambda err: "restarts into its bootloader" in err,
        *("flash", "--enter", "--port", silent_port),
    )
    assert status == 1 and "stopped by Ctrl-C" in err


def test_a_download_ends_and_nothing_is_kept(tmp_path):
    """The server sends a little and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\nUF2")
                asked.set()
                connection.recv(1)  # until the other side goes

        thread = threading.Thread(target=serve)
        thread.start()
        status, _, err = interrupted(
            lambda _: asked.is_set(),
            *("firmware", "fetch", PICO, "10.0.3", "--cache", tmp_path / "cache"),
            *("--from", f"http://127.0.0.1:{server.getsockname()[1]}"),
        )
        thread.join()
    assert status == 1 and "stopped by Ctrl-C: nothing was kept" in err
    assert not (tmp_path / "cache").exists()


def test_an_emulated_board_is_unplugged_and_nothing_stays(tmp_path):
    desk = tmp_path / "desk"
    (desk / "CIRCUITPY").mkdir(parents=True)
    (desk / "CIRCUITPY" / "code.py").write_text("import time\nwhile True: time.sleep(1)\n")
    status, _, _ = interrupted(
        lambda _: f"run_code code.py {desk}" in _commands(), *("emulate", "--as-board", desk)
    )
    assert status == 0 and not (desk / "serial").is_symlink()
    assert (desk / "CIRCUITPY" / "boot_out.txt").is_file(), "its drive keeps what was written"
    assert str(desk) not in _commands(), "no program of the board goes on"


def _commands() -> str:
    """The command lines of all processes of this machine that can be seen."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(found)
