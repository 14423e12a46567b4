# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An image file as a board's drive: what a deploy does to a mounted one, done to the image.

Each operation is on the disk when it returns. A rename takes the old name away first: cut in
between, the new bytes are lost and the file that was to be replaced is still there, whole.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from lanewise.boards.drive import Space
from lanewise.boards.fat.entries import (
    ARCHIVE,
    FOLDER,
    FREE,
    SLOT,
    Entry,
    build,
    parse,
    repointed,
    short_slot,
)
from lanewise.boards.fat.sectors import ImageFile, Sectors
from lanewise.boards.fat.volume import ROOT, Volume
from lanewise.boards.paths import checked_path
from lanewise.errors import UsageError


class FatDrive:
    """The volume on ``sectors``; raises ``OSError`` as a mounted drive would."""

    def __init__(self, sectors: Sectors, name: str = "the drive") -> None:
        self.volume = Volume(sectors, name)

    @classmethod
    def of_file(cls, path: Path) -> FatDrive:
        """The volume in an image file, read-only where the file is."""
        return cls(ImageFile(path, os.access(path, os.W_OK)), str(path))

    # -- looking --------------------------------------------------------------------------------

    def _entries(self, folder: int) -> list[Entry]:
        return list(parse(self.volume.directory(folder)))

    def _find(self, folder: int, name: str) -> Entry | None:
        wanted = name.lower()
        return next((one for one in self._entries(folder) if one.name.lower() == wanted), None)

    def _folder(self, parts: list[str]) -> int | None:
        """First cluster of a folder; None when there is no such folder."""
        at = ROOT
        for part in parts:
            entry = self._find(at, part)
            if entry is None or not entry.is_folder:
                return None
            at = entry.cluster
        return at

    def _place(self, path: str) -> tuple[int, str]:
        """(folder's first cluster, name) of a file to be; ``ENOENT`` without its folder."""
        *parents, name = checked_path(path).split("/")
        folder = self._folder(parents)
        if folder is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return folder, name

    def _file(self, path: str) -> tuple[int, Entry] | None:
        *parents, name = checked_path(path).split("/")
        folder = self._folder(parents)
        entry = None if folder is None else self._find(folder, name)
        if folder is None or entry is None or entry.is_folder:
            return None
        return folder, entry

    def _file_there(self, path: str) -> tuple[int, Entry]:
        found = self._file(path)
        if found is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return found

    def read(self, path: str) -> bytes | None:
        found = self._file(path)
        return None if found is None else self.volume.contents(found[1].cluster, found[1].size)

    def files(self, folder: str) -> list[str]:
        at = self._folder(checked_path(folder).split("/"))
        return [] if at is None else sorted(self._below(at, f"{folder}/"))

    def all_files(self) -> list[str]:
        """Every file on the volume whose name a board's drive may have."""
        return sorted(path for path in self._below(ROOT, "") if _allowed(path))

    def _below(self, folder: int, before: str, depth: int = 0) -> Iterator[str]:
        for entry in self._entries(folder):
            if not entry.is_folder:
                yield before + entry.name
            elif depth < 16:
                yield from self._below(entry.cluster, f"{before}{entry.name}/", depth + 1)

    def space(self) -> Space:
        size = self.volume.cluster_bytes
        return Space(len(self.volume.free_clusters()) * size, size)

    # -- changing -------------------------------------------------------------------------------

    def make_folder(self, path: str) -> None:
        at = ROOT
        for part in checked_path(path).split("/"):
            entry = self._find(at, part)
            if entry is None:
                at = self._new_folder(at, part)
            elif entry.is_folder:
                at = entry.cluster
            else:
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)

    def _new_folder(self, parent: int, name: str) -> int:
        own = self.volume.allocate(bytes(self.volume.cluster_bytes), whole_link=True)
        dots = _dot(b".", own) + _dot(b"..", parent)
        self.volume.write_slots(own, 0, dots)
        self._add(parent, name, FOLDER, own, 0)
        return own

    def write(self, path: str, data: bytes) -> None:
        folder, name = self._place(path)
        old = self._find(folder, name)
        cluster = self.volume.allocate(data)
        if old is None:
            self._add(folder, name, ARCHIVE, cluster, len(data))
        else:
            self._repoint(folder, old, cluster, len(data))

    def flush(self, path: str) -> None:
        self.volume.sectors.flush()

    def sync(self) -> None:
        self.volume.sectors.flush()

    def rename(self, old: str, new: str) -> None:
        folder, entry = self._file_there(old)
        target, name = self._place(new)
        there = self._find(target, name)
        self._drop(folder, entry)
        if there is None:
            self._add(target, name, ARCHIVE, entry.cluster, entry.size)
        else:
            self._repoint(target, there, entry.cluster, entry.size)

    def remove(self, path: str) -> None:
        folder, entry = self._file_there(path)
        self._drop(folder, entry)
        self.volume.release(entry.cluster)

    def _drop(self, folder: int, entry: Entry) -> None:
        slots = bytearray(
            self.volume.directory(folder)[entry.first * SLOT : SLOT * entry.last + 32]
        )
        for at in range(0, len(slots), SLOT):
            slots[at] = FREE
        self.volume.write_slots(folder, entry.first, bytes(slots), last_first=True)

    def _repoint(self, folder: int, entry: Entry, cluster: int, size: int) -> None:
        """Let a name mean other bytes, by one sector; then free those before."""
        at = entry.last * SLOT
        slot = self.volume.directory(folder)[at : at + SLOT]
        self.volume.write_slots(folder, entry.last, repointed(slot, cluster, size))
        self.volume.release(entry.cluster)

    def _add(self, folder: int, name: str, attributes: int, cluster: int, size: int) -> None:
        taken = {entry.short for entry in self._entries(folder)}
        slots = build(name, taken, attributes, cluster, size)
        first = self._room(folder, len(slots) // SLOT)
        self.volume.write_slots(folder, first, slots)

    def _room(self, folder: int, count: int) -> int:
        """Number of the first of ``count`` free slots in a row; the directory grows if it must."""
        while True:
            directory = self.volume.directory(folder)
            run = 0
            for index in range(len(directory) // SLOT):
                run = run + 1 if directory[index * SLOT] in (0, FREE) else 0
                if run == count:
                    return index - count + 1
            self.volume.extend_directory(folder)


def _allowed(path: str) -> bool:
    try:
        return bool(checked_path(path))
    except UsageError:
        return False


def _dot(name: bytes, cluster: int) -> bytes:
    return short_slot(name.ljust(11), FOLDER, cluster, 0)
