# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What comes from outside stays in its place: archives, images, records, and a board's words."""

from __future__ import annotations

import ast
import os
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy_scenes import version
from fat_drive import FatDrive
from lanewise.boards.bundle import BundleFile, board_files
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import FolderDrive
from lanewise.boards.folder import write_bundle, zipped
from lanewise.boards.lines import LONGEST_LINE, LineCutter
from lanewise.boards.slots import load_record
from lanewise.boards.undo import undo
from lanewise.cli import main
from lanewise.errors import BoardError, DriveError, LanewiseError, UsageError
from small_models import small_model

ROOT = Path(__file__).resolve().parents[2]
ESCAPES = [
    "../evil.py",
    "{root}/evil.py",
    "a/../../evil.py",
    "C:/evil.py",
    "..\\evil.py",
    "a//b.py",
]
MPY = b"C\x06rest"


def adafruit_bundle(path: Path, extra: dict[str, bytes]) -> Path:
    """A zip as Adafruit publishes it, with ``extra`` entries."""
    top = "adafruit-circuitpython-bundle-10.x-mpy-20260101"
    entries = {
        f"{top}/VERSIONS.txt": b"x",
        f"{top}/lib/adafruit_ov7670.mpy": MPY,
        f"{top}/lib/adafruit_bus_device/i2c_device.mpy": MPY,
        f"{top}/lib/adafruit_bus_device/spi_device.mpy": MPY,
        f"{top}/lib/adafruit_ov7670_like.mpy": MPY,
        f"{top}/examples/adafruit_ov7670.py": b"not this one",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {
            **entries,
            **{f"{top}/{key}": value for key, value in extra.items()},
        }.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def model(tmp_path):
    return small_model(tmp_path / "any.lanes")


def test_libraries_come_from_a_bundles_zip(tmp_path, model):
    path = adafruit_bundle(tmp_path / "bundle.zip", {})
    bundle = board_files(model, libraries=path)
    taken = {file.path for file in bundle.files if file.path.startswith("lib/adafruit")}
    assert taken == {"lib/adafruit_ov7670.mpy", "lib/adafruit_bus_device/i2c_device.mpy",
                     "lib/adafruit_bus_device/spi_device.mpy"}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["lib/adafruit_bus_device/../../../code.py", "lib/adafruit_bus_device//x.py",
     "lib/adafruit_bus_device/..\\x.py", "lib/adafruit_bus_device/nul.py"],
)  # fmt: skip
def test_a_zip_whose_names_lead_elsewhere_is_refused(name, tmp_path, model):
    with pytest.raises(UsageError):
        board_files(model, libraries=adafruit_bundle(tmp_path / "evil.zip", {name: MPY}))


def test_a_zip_that_unpacks_to_far_more_than_it_is_or_is_none_is_refused(tmp_path, model):
    bomb = adafruit_bundle(tmp_path / "bomb.zip", {"lib/adafruit_bus_device/x.py": bytes(50 << 20)})
    assert bomb.stat().st_size < 100_000
    with pytest.raises(BoardError, match="larger than"):
        board_files(model, libraries=bomb)
    (tmp_path / "none.zip").write_bytes(b"PK no zip")
    with pytest.raises(BoardError, match="cannot be read as Adafruit's bundle"):
        board_files(model, libraries=tmp_path / "none.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(BoardError, match="holds no lib/adafruit_ov7670"):
        board_files(model, libraries=tmp_path / "empty.zip")


@pytest.mark.parametrize("path", ESCAPES)
def test_a_bundle_with_a_path_that_escapes_is_written_nowhere(path, tmp_path, model):
    bundle = version("new")
    path = path.format(root=tmp_path)
    evil = replace(bundle, files=(*bundle.files, BundleFile(path, b"evil", "test")))
    place = tmp_path / "place"
    (place / "drive").mkdir(parents=True)
    with pytest.raises(UsageError):
        zipped(evil)
    with pytest.raises(UsageError):
        write_bundle(evil, place / "folder")
    with pytest.raises(UsageError):
        deploy(FolderDrive(place / "drive"), evil)
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"evil" in one.read_bytes()]


def test_a_drive_full_of_links_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").write_text("mine")
    for name in ("lanewise", "settings.toml", "code.py", "code.py.lanewise-part"):
        drive = tmp_path / f"drive-{name}"
        drive.mkdir()
        (drive / name).symlink_to(outside if name == "lanewise" else outside / "precious.txt")
        with pytest.raises(DriveError, match="is a link"):
            deploy(FolderDrive(drive), version("new"))
    assert [path.name for path in outside.iterdir()] == ["precious.txt"]
    assert (outside / "precious.txt").read_text() == "mine"


def test_nothing_that_the_tool_did_not_write_is_ever_removed():
    """Whatever the user has, also inside the tool's own folders, through deploys and undos."""
    mine = {
        "code.py": b"mine", "main.py": b"mine", "settings.toml": b"mine", "lib/x.mpy": b"mine",
        "lanewise/a/mine.py": b"mine", "lanewise/b/lib/mine.py": b"mine",
        "lanewise/backup/code-000000000000.py": b"mine", "lanewise/notes.txt": b"mine",
        "lanewise/a/lib/lanecam/app.py": b"mine, where the tool wants to write",
    }  # fmt: skip
    drive = FatDrive(dict(mine))
    for name in ("one", "two", "three", "four"):
        deploy(drive, version(name))
    for act in (undo, undo):
        act(drive)
    left = {path: node.cached for path, node in drive.names.items()}
    for path, data in mine.items():
        assert data in left.values(), path
        if path not in ("code.py", "lanewise/a/lib/lanecam/app.py"):
            assert left[path] == data, path


def test_a_record_cannot_make_the_tool_remove_a_file():
    """A record that claims the user's files has paths outside its slot: it is not believed."""
    for path in ("main.py", "lanewise/b/mine.py", "lanewise/a/../../main.py"):
        drive = FatDrive({"main.py": b"mine", "lanewise/b/mine.py": b"mine"})
        deploy(drive, version("one"))
        record = load_record(drive, "a")
        assert record is not None
        lying = replace(record, former={path: "0" * 64})
        drive.names["lanewise/a.json"].cached = lying.dumps()
        deploy(drive, version("two"))
        deploy(drive, version("three"))
        assert drive.read("main.py") == drive.read("lanewise/b/mine.py") == b"mine"


def test_no_part_of_the_tool_runs_a_shell():
    """Every program is started with a list of words; none of these names is even used."""
    calls = 0
    for path in (ROOT / "host" / "lanewise").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            assert name not in ("os.system", "os.popen", "pty.spawn", "commands.getoutput"), path
            assert not name.startswith(("os.exec", "os.spawn")), path
            for keyword in node.keywords:
                assert keyword.arg != "shell", f"{path}: {ast.unparse(node)}"
            if name in ("subprocess.run", "subprocess.Popen", "run"):
                first = node.args[0] if node.args else None
                assert not isinstance(first, ast.Constant | ast.JoinedStr), f"{path}: a string"
                calls += name.startswith("subprocess.")
    assert calls >= 3, "the search finds what is there"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_a_hostile_board_reaches_neither_terminal_nor_memory(tmp_path):
    """Through a real port: escape sequences, control characters, and a line that never ends."""
    import tty

    board, port = os.openpty()
    tty.setraw(port)
    hostile = [
        b"\x1b]0;owned\x07\x1b[2J\x1b[31mDIGIT 1 0.9 margin=1 ms=1\r\n",
        b"\x1b]52;c;cm0gLXJm\x07\x9b6n\x85\x00\x08\x08text\r\n",
        b"FAULT camera \x1b[8mhidden\x1b[0m words\r\n",
        b"NONE \x1b[Anothing-here ms=\x1b[3m5\r\n",
        b"x" * 200_000 + b"\r\n",
        b"DIGIT \xe2\x80\xae7 0.9 margin=1 ms=1\r\n",
        b"DIGIT 2 0.9 margin=1 ms=1\r\n",
    ]
    stop = threading.Event()

    def speak() -> None:
        os.set_blocking(board, False)
        while not stop.is_set():
            for line in hostile:
                for at in range(0, len(line), 1024):
                    try:
                        os.write(board, line[at : at + 1024])
                    except BlockingIOError:
                        stop.wait(0.002)
                if stop.is_set():
                    return

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        name = os.ttyname(port)
        for more in (("--plain",), ("--json",), ("--log", str(tmp_path / "log.csv"), "--plain")):
            result = CliRunner().invoke(main, ["monitor", "--port", name, "--count", "6", *more])
            assert result.exit_code == 0, result.output
            out = result.stdout.replace("\n", "")
            assert out.isascii() and all(" " <= letter <= "~" for letter in out)
            assert all(len(line) < LONGEST_LINE + 600 for line in result.stdout.splitlines())
        log = (tmp_path / "log.csv").read_text()
        assert "\x1b" not in log and log.replace("\n", "").isprintable()
    finally:
        stop.set()
        speaker.join()
        os.close(board)
        os.close(port)


def test_a_line_without_end_takes_no_memory():
    cutter = LineCutter()
    most = 0
    for _ in range(1000):
        cutter.feed(b"x" * 1000)
        most = max(most, len(cutter._rest))
    assert most <= 2 * LONGEST_LINE


def test_what_a_bad_file_says_is_one_line_without_escapes(tmp_path):
    """A model, a drive or a board file from somewhere may be called anything."""
    for name in ("\x1b[31mred.lanes", "two\nlines.lanes"):
        path = tmp_path / name
        path.write_bytes(b"no model")
        with pytest.raises(LanewiseError):
            board_files(path)
        call = ["deploy", str(path), "--drive", str(tmp_path), "--board", "raspberry_pi_pico"]
        result = CliRunner().invoke(main, call, color=True)  # as on a terminal: nothing is stripped
        assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
        assert result.stderr.strip().isprintable()
