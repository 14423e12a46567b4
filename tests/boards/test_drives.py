# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Boards are found by what their drives say, and never guessed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lanewise.boards import drives
from lanewise.boards.drive import FolderDrive
from lanewise.boards.drives import (
    BOOTLOADER,
    CIRCUITPY,
    choose,
    find_boards,
    look_at,
    open_drive,
)
from lanewise.boards.fat.format import empty_volume
from lanewise.errors import DriveError, UsageError

BOOT_OUT = (
    "Adafruit CircuitPython 10.0.3 on 2025-10-16; Raspberry Pi Pico with rp2040\r\n"
    "Board ID:raspberry_pi_pico\r\nUID:E66141040396AB21\r\n"
)
INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"


def mounted(root: Path, name: str, file: str, text: str) -> Path:
    (root / name).mkdir()
    (root / name / file).write_bytes(text.encode())
    return root / name


def test_drives_say_what_they_are(tmp_path):
    circuitpy = mounted(tmp_path, "CIRCUITPY", "boot_out.txt", BOOT_OUT)
    boot = mounted(tmp_path, "RPI-RP2", "INFO_UF2.TXT", INFO)
    other = mounted(tmp_path, "STICK", "holiday.txt", "sun")
    found = find_boards(lambda: [other, boot, circuitpy, tmp_path / "gone"])
    assert [board.path for board in found] == [circuitpy, boot]
    pico = found[0]
    assert (pico.kind, pico.board_id, pico.version) == (CIRCUITPY, "raspberry_pi_pico", "10.0.3")
    assert (pico.model, pico.uid) == ("Raspberry Pi Pico with rp2040", "E66141040396AB21")
    assert pico.total_bytes >= pico.free_bytes > 0 and not pico.read_only
    assert (found[1].kind, found[1].board_id, found[1].version) == (BOOTLOADER, "RPI-RP2", None)


def test_several_boards_are_a_choice_and_none_is_advice(tmp_path):
    one = mounted(tmp_path, "CIRCUITPY", "boot_out.txt", BOOT_OUT)
    two = mounted(tmp_path, "CIRCUITPY1", "boot_out.txt", BOOT_OUT)
    both = find_boards(lambda: [one, two])
    with pytest.raises(UsageError, match=r"2 boards: choose one with --drive.*CIRCUITPY1"):
        choose(both, CIRCUITPY)
    assert choose(both, CIRCUITPY, two).path == two
    assert choose(both[:1], CIRCUITPY).path == one
    with pytest.raises(DriveError, match="no bootloader drive found; there is .*; press it"):
        choose(both[:1], BOOTLOADER, advice="press it")
    with pytest.raises(DriveError, match="plug in the board"):
        choose([], CIRCUITPY)
    with pytest.raises(DriveError, match="not a bootloader drive but a circuitpython drive"):
        choose([], BOOTLOADER, one)
    with pytest.raises(DriveError, match="no folder or drive"):
        choose([], CIRCUITPY, tmp_path / "gone")
    assert choose([], CIRCUITPY, tmp_path).board_id is None


@pytest.mark.parametrize(
    "text",
    ["", "\x1b[2Jnonsense", "Adafruit CircuitPython \x1b[31m on x", "Board ID:" + "x" * 5000,
     "Board ID:\x1b]0;title\x07"],
)  # fmt: skip
def test_what_a_drive_says_is_bounded_and_free_of_escapes(tmp_path, text):
    board = look_at(mounted(tmp_path, "D", "boot_out.txt", text))
    assert board is not None and board.board_id is None and board.version is None
    assert "\x1b" not in str(board)


def test_links_are_not_followed(tmp_path):
    real = mounted(tmp_path, "real", "boot_out.txt", BOOT_OUT)
    (tmp_path / "fake").mkdir()
    try:
        (tmp_path / "fake" / "boot_out.txt").symlink_to(real / "boot_out.txt")
        (real / "lanewise").symlink_to(tmp_path / "fake")
    except OSError:
        pytest.skip("no links here")
    assert look_at(tmp_path / "fake") is None
    with pytest.raises(DriveError, match="is a link"):
        FolderDrive(real).write("lanewise/x", b"")
    assert not (tmp_path / "fake" / "x").exists()


def test_partitions_of_this_machine_can_be_listed():
    assert all(isinstance(path, Path) for path in drives.mount_points())


def test_the_real_drive_does_each_operation(tmp_path):
    drive = FolderDrive(tmp_path)
    assert drive.read("a/b.txt") is None and drive.files("a") == []
    drive.make_folder("a/deep")
    drive.write("a/deep/b.part", b"old and long")
    drive.write("a/deep/b.part", b"new")
    drive.flush("a/deep/b.part")
    drive.rename("a/deep/b.part", "a/deep/b.txt")
    drive.sync()
    assert drive.files("a") == ["a/deep/b.txt"] and drive.read("a/deep/b.txt") == b"new"
    drive.remove("a/deep/b.txt")
    drive.sync()
    assert drive.files("a") == [] and drive.space().free > 0
    assert drive.space().taken(0) == drive.space().taken(1) == drive.space().cluster
    for bad in ("../x", "/x", "a/../../x"):
        with pytest.raises(UsageError):
            drive.write(bad, b"")
    if sys.platform == "linux":
        with pytest.raises(OSError):
            drive.remove("a/deep/b.txt")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_looking_at_an_image_again_and_again_leaves_no_file_open(tmp_path):
    """As a wait for a board does, four times a second."""
    image = tmp_path / "CIRCUITPY.img"
    image.write_bytes(empty_volume())
    open_drive(image).write("boot_out.txt", BOOT_OUT.encode())
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        assert [board.path for board in find_boards(lambda: [image])] == [image]
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
