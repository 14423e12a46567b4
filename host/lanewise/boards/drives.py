# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Find boards by their mounted drives.

CIRCUITPY is known by ``boot_out.txt``, a bootloader by ``INFO_UF2.TXT``. A FAT image file (.img)
counts as a drive wherever a folder does. Nothing is guessed: with several boards the caller gets an
error that lists them.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from lanewise.boards.drive import Drive, FolderDrive
from lanewise.errors import DriveError, UsageError

BOOT_OUT = "boot_out.txt"
INFO_UF2 = "INFO_UF2.TXT"
CIRCUITPY = "circuitpython"
BOOTLOADER = "bootloader"

_READ_BYTES = 4096
_VERSION = re.compile(r"CircuitPython (\d{1,3}\.\d{1,3}\.\d{1,3}[0-9A-Za-z.+-]{0,40})")
_MODEL = re.compile(r"on \d{4}-\d{2}-\d{2}; ([ -~]{1,80})")
_FIELD = r"(?m)^{}: ?([ -~]{{1,80}}?)[ \r]*$"
_PSEUDO = ("proc", "sysfs", "devpts", "cgroup", "overlay", "squashfs", "tmpfs", "devtmpfs")

FURTHER = "LANEWISE_DRIVES"
"""Environment variable: folders whose folders and images are looked at as drives, too."""

IMAGE = ".img"
"""Ending of a FAT image file that stands for a drive."""

BOOTLOADER_HELP = (
    "enter the bootloader: hold BOOTSEL (Pico) while plugging in USB, or press RESET twice quickly "
    "(most other boards); or `lanewise flash --enter` for a board that runs CircuitPython"
)
"""What to do when no bootloader drive is there."""


@dataclass(frozen=True)
class BoardDrive:
    """A board's drive. kind: ``circuitpython`` or ``bootloader``; sizes in bytes.

    ``board_id``: CircuitPython's id, or the bootloader's; None when the drive does not say. So for
    ``version`` (CircuitPython's) and ``model`` (words for people).
    """

    path: Path
    kind: str
    board_id: str | None
    version: str | None
    model: str | None
    uid: str | None
    free_bytes: int
    total_bytes: int
    read_only: bool

    def __str__(self) -> str:
        what = self.model or self.board_id or "unknown board"
        version = f", CircuitPython {self.version}" if self.version else ""
        return f"{self.path}: {what}{version} ({self.kind})"


def mount_points() -> list[Path]:
    """Where drives are mounted now, and the folders in those that ``LANEWISE_DRIVES`` names."""
    found = psutil.disk_partitions(all=False)
    mounts = [Path(part.mountpoint) for part in found if part.fstype not in _PSEUDO]
    for named in filter(None, os.environ.get(FURTHER, "").split(os.pathsep)):
        if Path(named).is_dir():
            inside = (one for one in Path(named).iterdir() if one.is_dir() or is_image(one))
            mounts += sorted(path for path in inside if not path.name.startswith("."))
    return mounts


def is_image(path: Path) -> bool:
    """Is this an image file that stands for a drive?"""
    return path.suffix == IMAGE and path.is_file()


def open_drive(path: Path) -> Drive:
    """The drive at ``path``, a folder or an image; ``DriveError`` for an image that is damaged."""
    if not is_image(path):
        return FolderDrive(path)
    from lanewise.boards.fat.drive import FatDrive

    return FatDrive.of_file(path)


def find_boards(mounts: Callable[[], Iterable[Path]] = mount_points) -> list[BoardDrive]:
    """Every board whose drive is mounted, by path."""
    found = (look_at(path) for path in mounts())
    return sorted((board for board in found if board is not None), key=lambda board: board.path)


def look_at(path: Path) -> BoardDrive | None:
    """What the drive at ``path`` says about its board; None when it is no board's drive."""
    for name, kind in ((BOOT_OUT, CIRCUITPY), (INFO_UF2, BOOTLOADER)):
        text = _image_text(path, name) if is_image(path) else _bounded_text(path / name)
        if text is None:
            continue
        if kind == CIRCUITPY:
            version, board_id = _match(_VERSION, text), _field("Board ID", text)
            model, uid = _match(_MODEL, text), _field("UID", text)
        else:
            version, uid = None, None
            board_id, model = _field("Board-ID", text), _field("Model", text)
        free, total = _space(path)
        return BoardDrive(
            path, kind, board_id, version, model, uid, free, total, is_read_only(path)
        )
    return None


def choose(
    boards: Sequence[BoardDrive], kind: str, drive: Path | None = None, advice: str = ""
) -> BoardDrive:
    """The one drive of ``kind``, or the one at ``drive``.

    Raises ``DriveError`` when there is none (``advice`` says what to do), ``UsageError`` that lists
    them when there are several, ``DriveError`` when ``drive`` is no such drive.
    """
    if drive is not None:
        if not drive.is_dir() and not is_image(drive):
            raise DriveError(
                f"{drive} is no folder or drive (nor a FAT image, .img); is the board plugged in?"
            )
        board = look_at(drive)
        if board is None and kind == CIRCUITPY:
            free, total = _space(drive)
            return BoardDrive(drive, kind, None, None, None, None, free, total, is_read_only(drive))
        if board is None or board.kind != kind:
            raise DriveError(
                f"{drive} is not a {kind} drive"
                + (f" but a {board.kind} drive" if board else "")
                + (f"; {advice}" if advice else "")
            )
        return board
    fitting = [board for board in boards if board.kind == kind]
    if not fitting:
        others = "".join(f"; there is {board}" for board in boards)
        raise DriveError(f"no {kind} drive found{others}; {advice or 'plug in the board'}")
    if len(fitting) > 1:
        names = "; ".join(str(board) for board in fitting)
        raise UsageError(f"{len(fitting)} boards: choose one with --drive PATH: {names}")
    return fitting[0]


def is_read_only(path: Path) -> bool:
    """Does the system refuse to write to the drive at ``path``?"""
    if is_image(path):
        return not os.access(path, os.W_OK)
    if hasattr(os, "statvfs"):
        try:
            if os.statvfs(path).f_flag & getattr(os, "ST_RDONLY", 1):
                return True
        except OSError:
            return True
    return not os.access(path, os.W_OK)


def _space(path: Path) -> tuple[int, int]:
    if is_image(path):
        return open_drive(path).space().free, path.stat().st_size
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0, 0
    return usage.free, usage.total


def _bounded_text(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(_READ_BYTES).decode("ascii", "replace")
    except OSError:
        return None


def _image_text(path: Path, name: str) -> str | None:
    try:
        data = open_drive(path).read(name)
    except (OSError, DriveError):
        return None  # somebody's image, but no drive of a board
    return None if data is None else data[:_READ_BYTES].decode("ascii", "replace")


def _match(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1].strip() if found else None


def _field(name: str, text: str) -> str | None:
    return _match(re.compile(_FIELD.format(re.escape(name))), text)
