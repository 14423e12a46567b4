# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From the desk to an emulated board and back: flash, deploy, monitor, deploy again, undo.

The board is the real one of ``emulate --as-board``: its drive, its serial port, its bootloader, and
the device code that lies on its drive. Waiting is for the board to say something, never for time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from command_line import run
from firmware_files import firmware_file
from lanewise.boards.drives import open_drive
from lanewise.boards.enter import touch
from lanewise.boards.lines import Event
from lanewise.boards.listen import State, listen
from lanewise.boards.ports import open_port
from lanewise.cli import main
from lanewise.commands.board_emulation import firmware_version, storage_of
from lanewise.emulator.usb_board import Look, UsbBoard
from lanewise.errors import UsageError
from plugged_in import alive

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
PICO = "raspberry_pi_pico"
LIMIT_S = 40.0
HELLO = "import time\nwhile True:\n    print('hello from my own code')\n    time.sleep(0.1)\n"


@pytest.fixture(params=["cpython, folder", "micropython, FAT image"])
def usb(request, tmp_path, monkeypatch) -> Iterator[UsbBoard]:
    """A board without CircuitPython, plugged in and alive."""
    vm, kind = request.param.split(", ")
    if vm == "micropython":
        request.getfixturevalue("micropython_vm")
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.setenv("LANEWISE_DRIVES", str(folder))
    board = UsbBoard(
        folder,
        lambda data: firmware_version(data, PICO),
        look=Look(vm=vm, seconds=1.0),
        in_bootloader=True,
        storage=storage_of(folder, kind == "FAT image", vm),
    )
    with alive(board):
        yield board


class Impatient:
    """A serial port that stops the test when the board stays silent too long."""

    def __init__(self, port: object, end: float, said: list[str]) -> None:
        self._port, self._end, self._said = port, end, said

    def __getattr__(self, name: str) -> object:
        assert time.monotonic() < self._end, self._said
        return getattr(self._port, name)


def heard(board: UsbBoard, wanted: Callable[[Event], bool]) -> Event:
    """The first line that is wanted; fails after ``LIMIT_S``."""
    end = time.monotonic() + LIMIT_S
    said: list[str] = []
    for one in listen(lambda: Impatient(open_port(str(board.port)), end, said)):
        if not isinstance(one, State):
            said.append(one.text)
            assert not one.text.startswith("Traceback"), said
            if wanted(one):
                return one
    raise AssertionError(said)


def test_from_an_empty_board_to_a_digit_and_back(usb, tmp_path):
    assert (usb.bootloader / "INFO_UF2.TXT").is_file() and not usb.drive.exists()
    file = tmp_path / "circuitpython.uf2"
    file.write_bytes(firmware_file())
    status, out, err = run("flash", file, "--board", PICO)
    assert status == 0 and "CircuitPython 10.0.3 for raspberry_pi_pico runs" in out, err
    status, out, _ = run("boards", "--json")
    drives = {drive["path"]: drive for drive in json.loads(out)["drives"]}
    assert drives[str(usb.drive)]["version"] == "10.0.3" and not usb.bootloader.exists()

    open_drive(usb.drive).write("code.py", HELLO.encode())
    assert "hello from my own" in heard(usb, lambda event: "hello" in event.text).text
    drive = ("--drive", usb.drive)
    status, out, err = run("deploy", "dense14", *drive)
    assert status == 0 and "model dense14 runs" in out, err
    ready = heard(usb, lambda event: event.kind == "ready")
    assert ready.fields["model"] == "dense14"
    assert heard(usb, lambda event: event.kind == "digit").confidence is not None

    status, out, _ = run("monitor", "--port", usb.port, "--count", 2, "--json")
    assert status == 0
    assert sum(json.loads(line)["ms"] is not None for line in out.splitlines()) == 2

    status, out, err = run("doctor", "--port", usb.port, "--probe", "--restart", "--listen", 30,
                           "--json")  # fmt: skip
    checks = {check["name"]: check["status"] for check in json.loads(out)["checks"]}
    assert status == 0 and checks["reader"] == checks["wiring, product id, VSYNC"] == "ok", out
    assert checks["module imagecapture"] == checks["self test"] == "ok", out
    assert checks["wires, product id, VSYNC"] == "ok", out

    frames = tmp_path / "frames"
    command = ["monitor", "--port", str(usb.port), "--collect", str(frames), "--json"]
    result = CliRunner().invoke(main, command, input="3x7q")
    assert result.exit_code == 0 and json.loads(result.stdout)["frames"] == 2, result.stderr
    assert (frames / "labels.csv").read_text().split() == [
        "file,label", "frame-0000.png,3", "frame-0001.png,7"]  # fmt: skip
    status, out, _ = run("emulate", "--model", "dense14", "--images", frames, "--json")
    assert status == 0 and "digit" in {json.loads(line)["outcome"] for line in out.splitlines()}

    assert run("deploy", "dense14-pen", *drive)[0] == 0
    heard(usb, lambda event: event.kind == "ready" and event.fields["model"] == "dense14-pen")
    with open_port(str(usb.port)) as port:  # for a fresh heap, the program starts itself again
        port.write(b"model digits\n")
        heard(usb, lambda event: event.text == "soft reboot")
    heard(usb, lambda event: event.kind == "ready" and event.fields["model"] == "dense14-pen")
    status, out, _ = run("deploy", "--undo", *drive)
    assert status == 0 and "model dense14 runs again" in out
    heard(usb, lambda event: event.kind == "ready" and event.fields["model"] == "dense14")
    status, out, _ = run("deploy", "--undo", *drive)
    assert status == 0 and "your own code.py runs again" in out
    heard(usb, lambda event: "hello" in event.text)

    status, out, err = run("flash", file, "--enter", "--port", usb.port, "--board", PICO)
    assert status == 0 and "CircuitPython 10.0.3 for raspberry_pi_pico runs" in out, err
    assert open_drive(usb.drive).read("code.py") == HELLO.encode(), "the files stay"
    touch(lambda baud: open_port(str(usb.port), baud))
    end = time.monotonic() + LIMIT_S
    while not (usb.bootloader / "INFO_UF2.TXT").is_file():
        assert time.monotonic() < end
        time.sleep(0.02)
    status, _, err = run("deploy", "dense14")
    assert status == 1 and "no circuitpython drive found" in err


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds thesis.txt"), UsbBoard(tmp_path, lambda data: None):
        pass
    assert [path.name for path in Path(tmp_path).iterdir()] == ["thesis.txt"]
    status, _, err = run("emulate", "--as-board", tmp_path, "--model", "dense14")
    assert status == 2 and "--as-board takes picture files only" in err
    assert run("emulate", tmp_path / "x.png")[0] == 2


@pytest.mark.parametrize("name", ["thesis.txt", "firmware.uf2"])
def test_what_lies_in_a_folder_named_like_a_bootloader_is_left_alone(tmp_path, name):
    """Only what the emulation itself put there goes when CircuitPython starts."""
    kept = tmp_path / "RPI-RP2" / name
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(UsageError, match=f"holds {name}"), UsbBoard(tmp_path, lambda data: None):
        pass
    assert kept.read_text() == "mine"
    kept.unlink()
    (kept.parent / "INFO_UF2.TXT").write_text("of an emulation that was killed")
    with UsbBoard(tmp_path, lambda data: None) as board:
        assert board.drive.is_dir() and not board.bootloader.exists()


def test_what_is_put_beside_the_firmware_stays(tmp_path):
    with UsbBoard(tmp_path, lambda data: "10.0.3", in_bootloader=True) as board:
        (board.bootloader / "notes").mkdir()
        (board.bootloader / "firmware.uf2").write_bytes(firmware_file())
        ends = iter(range(100))
        board.run(lambda: board.drive.exists() or next(ends) == 99)
        assert [path.name for path in board.bootloader.iterdir()] == ["notes"]


SPEAKS = """import os
print("vote", os.getenv("LANEWISE_VOTE"), os.getenv("LANEWISE_FRAME"), "told")
"""


def test_settings_are_the_drives_not_this_computers(usb, tmp_path, monkeypatch):
    """A board reads its settings.toml; what the shell exports for lanewise is none of them."""
    monkeypatch.setenv("LANEWISE_VOTE", "9")
    monkeypatch.setenv("LANEWISE_FRAME", "17")
    file = tmp_path / "circuitpython.uf2"
    file.write_bytes(firmware_file())
    assert run("flash", file, "--board", PICO)[0] == 0
    drive = open_drive(usb.drive)
    drive.write("settings.toml", b"# frames\nLANEWISE_VOTE = 4  # of each picture\n")
    drive.write("code.py", SPEAKS.encode())
    assert heard(usb, lambda event: "told" in event.text).text == "vote 4 None told"


def test_a_slow_listener_hears_every_line(tmp_path):
    """A board waits in print() while its computer is busy: lines are lost to nobody alone."""
    lines = 600
    board = UsbBoard(tmp_path / "desk", lambda data: None)
    heard, turns = b"", 0

    def listener_is_done():
        nonlocal heard, turns
        turns += 1
        if turns > 20:
            heard += port.read(900)
        return b"line 599 ends" in heard or turns > 20_000

    board.drive.mkdir(parents=True)
    (board.drive / "code.py").write_text(
        f"for n in range({lines}):\n    print('line', n, 'ends here, and all of it was said')\n"
    )
    with board, open_port(str(board.port)) as port:
        port.timeout = 0
        board.run(listener_is_done)
    said = [line.split() for line in heard.decode().splitlines() if line.startswith("line ")]
    assert [int(words[1]) for words in said[:lines]] == list(range(lines))
