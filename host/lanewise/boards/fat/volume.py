# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A FAT12 or FAT16 volume: its geometry, its table, its clusters and its directories.

Order is everything: data before the chain that leads to it, the chain before the entry that names
it, and an entry is gone before its clusters are free. Each step is flushed before the next, so a
power cut at any sector loses clusters at worst; no two files ever share one.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable

from lanewise.boards.fat.sectors import SECTOR, Sectors
from lanewise.errors import DriveError

ROOT = 0
"""Stands for the root directory where a folder's first cluster is meant."""

_BOOT = struct.Struct("<HBHBHHBH")  # from byte 11: sector bytes ... sectors a table
_FAT12_CLUSTERS, _FAT16_CLUSTERS = 4085, 65525
_DAMAGED = (
    "its file system is damaged: copy your files off, then in the board's REPL "
    "import storage; storage.erase_filesystem() makes a new, empty one"
)


class Volume:
    """A volume on ``sectors``; raises ``DriveError`` for one that is none or contradicts itself."""

    def __init__(self, sectors: Sectors, name: str = "the drive") -> None:
        self.sectors = sectors
        self.name = name
        boot = sectors.read(0)
        if len(boot) < SECTOR or boot[510:512] != b"\x55\xaa":
            raise DriveError(f"{name} is no FAT image (no boot sector)")
        size, per_cluster, reserved, tables, roots, small, _, table_size = _BOOT.unpack_from(
            boot, 11
        )
        total = small or int.from_bytes(boot[32:36], "little")
        if size != SECTOR or not per_cluster or not tables or not roots or not table_size:
            raise DriveError(f"{name} is no FAT12 or FAT16 image with sectors of {SECTOR} bytes")
        self.tables_at = [reserved + table_size * number for number in range(tables)]
        self.root_at = reserved + table_size * tables
        self.root_sectors = -(-roots * 32 // SECTOR)
        self.data_at: int = self.root_at + self.root_sectors
        self.per_cluster: int = per_cluster
        self.cluster_bytes = per_cluster * SECTOR
        self.clusters = int((total - self.data_at) // per_cluster)
        self.bits = 12 if self.clusters < _FAT12_CLUSTERS else 16
        if total > sectors.count or not 1 <= self.clusters < _FAT16_CLUSTERS:
            raise DriveError(f"{name} is cut short, or is FAT32, which boards do not use")
        if (self.clusters + 2) * self.bits > table_size * SECTOR * 8:
            raise DriveError(f"{name}: {_DAMAGED} (allocation table too small)")
        self.table = bytearray(sectors.read(self.tables_at[0], table_size))
        self._dirty: set[int] = set()
        self._last = (1 << self.bits) - 8  # from here on: end of a chain

    # -- allocation table -----------------------------------------------------------------------

    def link(self, cluster: int) -> int:
        """What the table says of a cluster: 0 free, the next one, or an end."""
        if self.bits == 16:
            return int.from_bytes(self.table[2 * cluster : 2 * cluster + 2], "little")
        pair = int.from_bytes(self.table[cluster * 3 // 2 : cluster * 3 // 2 + 2], "little")
        return pair >> 4 if cluster & 1 else pair & 0xFFF

    def _set_link(self, cluster: int, value: int) -> None:
        at = cluster * self.bits // 8
        if self.bits == 12:
            pair = int.from_bytes(self.table[at : at + 2], "little")
            value = (value & 0xFFF) << 4 | pair & 0xF if cluster & 1 else value & 0xFFF | (
                pair & 0xF000
            )  # fmt: skip
        self.table[at : at + 2] = (value & 0xFFFF).to_bytes(2, "little")
        self._dirty.update((at // SECTOR, (at + 1) // SECTOR))

    def _write_table(self) -> None:
        for number in sorted(self._dirty):
            piece = bytes(self.table[number * SECTOR : (number + 1) * SECTOR])
            for start in self.tables_at:
                self.sectors.write(start + number, piece)
        self._dirty.clear()
        self.sectors.flush()

    def chain(self, cluster: int) -> list[int]:
        """The clusters from ``cluster`` on; none for an empty file."""
        found: list[int] = []
        while cluster and cluster < self._last:
            if not 2 <= cluster < self.clusters + 2 or len(found) > self.clusters:
                raise DriveError(f"{self.name}: {_DAMAGED} (a chain leads nowhere)")
            found.append(cluster)
            cluster = self.link(cluster)
        if found and not cluster:
            raise DriveError(f"{self.name}: {_DAMAGED} (a chain has no end)")
        return found

    def free_clusters(self) -> list[int]:
        """Every cluster that belongs to nobody."""
        return [number for number in range(2, self.clusters + 2) if not self.link(number)]

    def _straddles(self, cluster: int) -> bool:
        """Does its link lie in two sectors, of which a power cut may keep one?"""
        return self.bits == 12 and (cluster * 3 // 2 + 1) % SECTOR == 0

    def allocate(self, data: bytes, whole_link: bool = False) -> int:
        """Put ``data`` into free clusters; its first one, 0 for no data. ``ENOSPC`` when full.

        ``whole_link``: only clusters whose link one sector holds.
        """
        count = -(-len(data) // self.cluster_bytes)
        free = self.free_clusters()
        if whole_link:
            free = [cluster for cluster in free if not self._straddles(cluster)]
        if len(free) < count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        mine = free[:count]
        for number, cluster in enumerate(mine):
            self._write_cluster(cluster, data[number * self.cluster_bytes :][: self.cluster_bytes])
        if not mine:
            return 0
        self.sectors.flush()
        for this, following in zip(mine, [*mine[1:], self._last + 7], strict=True):
            self._set_link(this, following)
        self._write_table()
        return mine[0]

    def release(self, cluster: int) -> None:
        """Give the clusters of a chain back; no entry may name it any more."""
        for number in self.chain(cluster):
            self._set_link(number, 0)
        self._write_table()

    # -- clusters and directories ---------------------------------------------------------------

    def _at(self, cluster: int) -> int:
        return self.data_at + (cluster - 2) * self.per_cluster

    def _write_cluster(self, cluster: int, data: bytes) -> None:
        padded = data.ljust(self.cluster_bytes, b"\0")
        for number in range(self.per_cluster):
            piece = padded[number * SECTOR : (number + 1) * SECTOR]
            self.sectors.write(self._at(cluster) + number, piece)

    def contents(self, cluster: int, size: int) -> bytes:
        """The bytes of a file."""
        chain = self.chain(cluster)
        if size > len(chain) * self.cluster_bytes:
            raise DriveError(f"{self.name}: {_DAMAGED} (a file is shorter than it says)")
        pieces = [self.sectors.read(self._at(one), self.per_cluster) for one in chain]
        return b"".join(pieces)[:size]

    def directory_sectors(self, folder: int) -> list[int]:
        """The sectors of a directory, in order."""
        if folder == ROOT:
            return list(range(self.root_at, self.root_at + self.root_sectors))
        return [
            self._at(cluster) + number
            for cluster in self.chain(folder)
            for number in range(self.per_cluster)
        ]

    def directory(self, folder: int) -> bytes:
        """All slots of a directory."""
        if folder == ROOT:
            return self.sectors.read(self.root_at, self.root_sectors)
        return b"".join(self.sectors.read(number) for number in self.directory_sectors(folder))

    def extend_directory(self, folder: int) -> None:
        """One more, empty cluster for a directory; ``ENOSPC`` for the root, which cannot grow."""
        if folder == ROOT:
            raise OSError(errno.ENOSPC, "the root directory is full")
        last = self.chain(folder)[-1]
        more = self.allocate(bytes(self.cluster_bytes), whole_link=True)
        self._set_link(last, more)
        self._write_table()

    def write_slots(self, folder: int, first: int, slots: bytes, last_first: bool = False) -> None:
        """Replace slots from number ``first`` on, sector by sector, each flushed.

        ``last_first``: begin with the last sector, so that an entry is gone before its long name.
        """
        numbers = self.directory_sectors(folder)
        at = first * 32
        touched: Iterable[int] = range(at // SECTOR, (at + len(slots) - 1) // SECTOR + 1)
        for index in sorted(touched, reverse=last_first):
            sector = bytearray(self.sectors.read(numbers[index]))
            for offset in range(0, len(slots), 32):
                where = at + offset - index * SECTOR
                if 0 <= where < SECTOR:
                    sector[where : where + 32] = slots[offset : offset + 32]
            self.sectors.write(numbers[index], bytes(sector))
            self.sectors.flush()
