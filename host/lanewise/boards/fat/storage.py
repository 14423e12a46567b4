# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The drive of an emulated board as a FAT image: what a board has, not a folder that stands for it.

1 MiB of FAT12 with clusters of 512 bytes, as on a Pico: it fills up, ignores case, and can be taken
apart with other tools.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

from lanewise.boards.drives import BOOT_OUT
from lanewise.boards.fat.drive import FatDrive
from lanewise.boards.fat.format import empty_volume
from lanewise.errors import DriveError

IMAGE = "CIRCUITPY.img"
HIDDEN_IMAGE = f".{IMAGE}"
PICO_BYTES = 1023 * 1024
"""CIRCUITPY of a Raspberry Pi Pico."""


class ImageStorage:
    """A board's drive as an image file in ``folder``, for ``lanewise.emulator.usb_board``.

    A program runs on a copy made when it starts: ``mounted``: a copy of the image, which the VM
    mounts; otherwise a folder with the files in it.
    """

    def __init__(self, folder: Path, mounted: bool = False, size: int = PICO_BYTES) -> None:
        self.shown = folder / IMAGE
        self.names = frozenset((IMAGE, HIDDEN_IMAGE))
        self._mounted = mounted
        self._hidden = folder / HIDDEN_IMAGE
        self._size = size
        self._copies = Path(tempfile.mkdtemp(prefix="lanewise-board-"))

    def appear(self, boot_out: bytes) -> None:
        image = self._hidden if self._hidden.is_file() else self.shown
        if not image.exists():
            image.write_bytes(empty_volume(self._size))
        FatDrive.of_file(image).write(BOOT_OUT, boot_out)
        if image is self._hidden:
            image.rename(self.shown)

    def vanish(self) -> None:
        if self.shown.is_file():
            self.shown.rename(self._hidden)

    def state(self) -> object:
        try:
            status = self.shown.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def working_place(self) -> Path:
        if self._mounted:
            place = self._copies / IMAGE
            shutil.copyfile(self.shown, place)
            return place
        folder = self._copies / "files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with contextlib.suppress(DriveError, OSError):  # a board, too, runs what it can read
            _extract(FatDrive.of_file(self.shown), folder)
        return folder

    def close(self) -> None:
        shutil.rmtree(self._copies, ignore_errors=True)


def _extract(drive: FatDrive, folder: Path) -> None:
    for path in drive.all_files():
        to = folder / path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(drive.read(path) or b"")
