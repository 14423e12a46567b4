# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The file system of an emulated board, as the computer sees it: here, a plain folder.

A folder is handy and never fails as FAT can; ``lanewise.boards.fat.storage`` shows a FAT image.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

CIRCUITPY = "CIRCUITPY"
HIDDEN = f".{CIRCUITPY}"
BOOT_OUT = "boot_out.txt"


class Storage(Protocol):
    """A board's drive. ``shown``: where the computer finds it while CircuitPython runs.

    ``names``: what it may keep in the board's folder.
    """

    shown: Path
    names: frozenset[str]

    def appear(self, boot_out: bytes) -> None:
        """Show the drive, with this ``boot_out.txt``."""

    def vanish(self) -> None:
        """Hide it: the bootloader shows its own."""

    def state(self) -> object:
        """Something that differs after a change."""

    def working_place(self) -> Path:
        """What a program runs in: a folder with the drive's files, or a copy of the image."""

    def close(self) -> None:
        """Clean up; the drive's contents stay."""


class FolderStorage:
    """A plain folder."""

    def __init__(self, folder: Path) -> None:
        self.shown = folder / CIRCUITPY
        self.names = frozenset((CIRCUITPY, HIDDEN))
        self._hidden = folder / HIDDEN

    def appear(self, boot_out: bytes) -> None:
        drive = self._hidden if self._hidden.is_dir() else self.shown
        drive.mkdir(exist_ok=True)
        (drive / BOOT_OUT).write_bytes(boot_out)
        if drive is self._hidden:
            drive.rename(self.shown)

    def vanish(self) -> None:
        if self.shown.is_dir():
            self.shown.rename(self._hidden)

    def state(self) -> object:
        found = {}
        for here, _, names in os.walk(self.shown):
            for name in names:
                path = os.path.join(here, name)  # noqa: PTH118  (looked at ten times a second)
                try:
                    status = os.stat(path)  # noqa: PTH116
                except OSError:
                    continue
                found[path] = (status.st_mtime_ns, status.st_size)
        return found

    def working_place(self) -> Path:
        return self.shown

    def close(self) -> None:
        return
