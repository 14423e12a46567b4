# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An empty FAT volume as CircuitPython formats its flash: sectors and clusters of 512 bytes."""

from __future__ import annotations

import struct

from lanewise.boards.fat.entries import VOLUME_LABEL, short_slot
from lanewise.boards.fat.sectors import SECTOR

_ROOT_SLOTS = 512
_LARGEST_12 = 4084


def empty_volume(size: int = 1 << 20, label: str = "CIRCUITPY") -> bytes:
    """The bytes of an empty image of ``size`` bytes: FAT12 up to 2 MiB, FAT16 up to 31 MiB."""
    total = size // SECTOR
    root_sectors = _ROOT_SLOTS * 32 // SECTOR
    bits = 12 if total - root_sectors - 14 <= _LARGEST_12 else 16
    table = 1
    while (total - 1 - table - root_sectors + 2) * bits > table * SECTOR * 8:
        table += 1
    if bits == 16 and not _LARGEST_12 < total - 1 - table - root_sectors < 65525:
        raise ValueError(f"{size} bytes is no size for clusters of one sector")
    boot = bytearray(SECTOR)
    boot[:11] = b"\xeb\x3c\x90MSDOS5.0"
    small = total if total < 1 << 16 else 0
    struct.pack_into("<HBHBHHBH", boot, 11, SECTOR, 1, 1, 1, _ROOT_SLOTS, small, 0xF8, table)
    struct.pack_into("<HHII", boot, 24, 63, 255, 0, 0 if small else total)
    struct.pack_into("<BBBI", boot, 36, 0x80, 0, 0x29, 0x1A9E_3153)
    boot[43:62] = label.encode("ascii").ljust(11) + f"FAT{bits}".encode().ljust(8)
    boot[510:] = b"\x55\xaa"
    first = bytes([0xF8, 0xFF, 0xFF]) + (b"\xff" if bits == 16 else b"")
    root = short_slot(label.encode("ascii").ljust(11), VOLUME_LABEL, 0, 0)
    image = bytes(boot) + first.ljust(table * SECTOR, b"\0") + root
    return image.ljust(total * SECTOR, b"\0")
