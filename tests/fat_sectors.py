# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A flash drive in memory on which each sector that is not flushed may be lost on its own."""

from __future__ import annotations

import errno
import os
import random

from lanewise.boards.fat.drive import FatDrive
from lanewise.boards.fat.entries import parse
from lanewise.boards.fat.sectors import SECTOR
from lanewise.boards.fat.volume import ROOT

FAULTS = ("gone", "read-only", "io-error", "power-cut", "interrupt")


class MemorySectors:
    """An image; ``fault`` strikes at write or flush number ``strike`` (from 0)."""

    def __init__(
        self, image: bytes, fault: str | None = None, strike: int = -1, seed: int = 0
    ) -> None:
        self.count = len(image) // SECTOR
        self._durable = bytearray(image)
        self._cache: dict[int, bytes] = {}
        self._fault, self._strike = fault, strike
        self._rng = random.Random(seed)
        self.operations = 0
        self.dead: int | None = None

    def read(self, first: int, count: int = 1) -> bytes:
        if self.dead not in (None, errno.EROFS):
            raise OSError(self.dead, os.strerror(self.dead))
        return b"".join(self._sector(number) for number in range(first, first + count))

    def _sector(self, number: int) -> bytes:
        kept = bytes(self._durable[number * SECTOR : (number + 1) * SECTOR])
        return self._cache.get(number, kept)

    def _operate(self) -> None:
        if self.dead is not None:
            raise OSError(self.dead, os.strerror(self.dead))
        struck = self.operations == self._strike
        self.operations += 1
        if struck and self._fault == "interrupt":
            raise KeyboardInterrupt
        if struck and self._fault == "io-error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if struck:
            self.dead = errno.EROFS if self._fault == "read-only" else errno.ENODEV
            raise OSError(self.dead, os.strerror(self.dead))

    def write(self, number: int, data: bytes) -> None:
        assert len(data) == SECTOR and 0 <= number < self.count
        if self._fault == "power-cut" and self.operations == self._strike:
            self._cache[number] = data  # it was on its way
        self._operate()
        self._cache[number] = data

    def flush(self) -> None:
        self._operate()
        self._keep(self._cache)

    def _keep(self, sectors: dict[int, bytes]) -> None:
        for number, data in sectors.items():
            self._durable[number * SECTOR : (number + 1) * SECTOR] = data
        self._cache.clear()

    def image(self) -> bytes:
        """All of it, as the system sees it now."""
        return self.read(0, self.count)

    def after_power_cut(self) -> bytes:
        """What is on the device: all that was flushed, and a seeded part of the rest."""
        kept = {number: data for number, data in self._cache.items() if self._rng.randrange(2)}
        self._keep(kept)
        return bytes(self._durable)


def consistent(drive: FatDrive) -> None:
    """No cluster has two owners, every chain ends and is as long as its file says."""
    volume = drive.volume
    owner: dict[int, str] = {}

    def claim(cluster: int, name: str) -> int:
        chain = volume.chain(cluster)
        for one in chain:
            assert one not in owner, f"{name} shares cluster {one} with {owner[one]}"
            owner[one] = name
        return len(chain)

    def walk(folder: int, at: str) -> None:
        names = set()
        for entry in parse(volume.directory(folder)):
            path = f"{at}/{entry.name}"
            assert entry.name.lower() not in names, f"{path} is there twice"
            names.add(entry.name.lower())
            count = claim(entry.cluster, path)
            if entry.is_folder:
                walk(entry.cluster, path)
            else:
                assert count == -(-entry.size // volume.cluster_bytes), path

    walk(ROOT, "")
