# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The sectors of an image file, read and written one by one, and flushed to the disk."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Protocol

SECTOR = 512


class Sectors(Protocol):
    """A block device. Sectors not flushed may be lost or kept, each on its own."""

    count: int

    def read(self, first: int, count: int = 1) -> bytes:
        """``count`` sectors from ``first`` on."""

    def write(self, number: int, data: bytes) -> None:
        """Replace one sector."""

    def flush(self) -> None:
        """Return when all that was written is on the device."""


class ImageFile:
    """An image file as a block device; a context manager. Raises ``OSError``.

    The file is given back by ``close``, or when nobody holds this any more.
    """

    def __init__(self, path: Path, writable: bool = True) -> None:
        flags = (os.O_RDWR if writable else os.O_RDONLY) | getattr(os, "O_BINARY", 0)
        self._handle = os.open(path, flags)
        self._given_back = weakref.finalize(self, os.close, self._handle)
        self.count = os.fstat(self._handle).st_size // SECTOR

    def read(self, first: int, count: int = 1) -> bytes:
        os.lseek(self._handle, first * SECTOR, os.SEEK_SET)
        return os.read(self._handle, count * SECTOR)

    def write(self, number: int, data: bytes) -> None:
        os.lseek(self._handle, number * SECTOR, os.SEEK_SET)
        os.write(self._handle, data)

    def flush(self) -> None:
        os.fsync(self._handle)

    def close(self) -> None:
        """Give the file back."""
        self._given_back()

    def __enter__(self) -> ImageFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
