# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Directory entries: 32-byte slots to names and back, long names included."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SLOT = 32
FOLDER, ARCHIVE, VOLUME_LABEL, LONG_NAME = 0x10, 0x20, 0x08, 0x0F
FREE, NEVER_USED = 0xE5, 0x00

_SHORT = struct.Struct("<11sBBBHHHHHHHI")  # name, attributes, NT case bits, dates, cluster, size
_DATE = (2026 - 1980) << 9 | 1 << 5 | 1  # equal bundles give equal images
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-!#$%&'()@^{}~`")
_LOWER_BASE, _LOWER_ENDING = 0x08, 0x10
_CHARS_IN_SLOT = 13


@dataclass(frozen=True)
class Entry:
    """A file or folder. ``first`` .. ``last``: its slots in the directory, the short one last."""

    name: str
    short: bytes
    attributes: int
    cluster: int
    size: int
    first: int
    last: int

    @property
    def is_folder(self) -> bool:
        """Is it a folder?"""
        return bool(self.attributes & FOLDER)


def parse(directory: bytes) -> Iterator[Entry]:
    """The entries of a directory but for ``.``, ``..`` and the label."""
    long: list[bytes] = []
    first = 0
    for index in range(len(directory) // SLOT):
        slot = directory[index * SLOT : (index + 1) * SLOT]
        if slot[0] == NEVER_USED:
            return
        if slot[0] == FREE:
            long = []
        elif slot[11] & LONG_NAME == LONG_NAME:
            if slot[0] & 0x40:
                long, first = [], index
            long.append(slot)
        else:
            short, attributes, case, *_, cluster, size = _SHORT.unpack(slot)
            name = _long_name(long, short) if long else None
            begun = first if name is not None else index
            long = []
            if not attributes & VOLUME_LABEL and short[:1] != b".":
                shown = name or _short_name(short, case)
                yield Entry(shown, short, attributes, cluster, size, begun, index)


def build(name: str, taken: set[bytes], attributes: int, cluster: int, size: int) -> bytes:
    """The slots of a new entry; ``taken``: short names in the directory."""
    short = _alias(name, taken)
    slots = [] if _short_name(short, 0) == name else _long_slots(name, short)
    return b"".join([*slots, short_slot(short, attributes, cluster, size)])


def short_slot(short: bytes, attributes: int, cluster: int, size: int) -> bytes:
    """The one slot that holds everything but the long name."""
    return _SHORT.pack(short, attributes, 0, 0, 0, _DATE, _DATE, 0, 0, _DATE, cluster, size)


def repointed(slot: bytes, cluster: int, size: int) -> bytes:
    """``slot`` of a file that now begins at ``cluster``."""
    return slot[:26] + struct.pack("<HI", cluster, size)


def _short_name(short: bytes, case: int) -> str:
    base = (b"\xe5" if short[:1] == b"\x05" else b"") + short[:8].lstrip(b"\x05")
    stem = base.decode("latin-1").rstrip(" ")
    ending = short[8:].decode("latin-1").rstrip(" ")
    stem = stem.lower() if case & _LOWER_BASE else stem
    ending = ending.lower() if case & _LOWER_ENDING else ending
    return f"{stem}.{ending}" if ending else stem


def _checksum(short: bytes) -> int:
    total = 0
    for byte in short:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def _long_name(slots: list[bytes], short: bytes) -> str | None:
    """The long name, if its slots belong to the short name and are all there."""
    orders = [slot[0] & 0x3F for slot in slots]
    whole = orders == list(range(len(slots), 0, -1))
    if not whole or any(slot[13] != _checksum(short) for slot in slots):
        return None
    raw = b"".join(slot[1:11] + slot[14:26] + slot[28:32] for slot in reversed(slots))
    return raw.decode("utf-16-le", "replace").split("\0")[0]


def _long_slots(name: str, short: bytes) -> list[bytes]:
    letters = name.encode("utf-16-le")
    if len(name) % _CHARS_IN_SLOT:
        letters += b"\0\0"
    letters += b"\xff" * (-len(letters) % (2 * _CHARS_IN_SLOT))
    pieces = [letters[at : at + 26] for at in range(0, len(letters), 26)]
    slots = []
    for order, piece in enumerate(pieces, start=1):
        number = order | (0x40 if order == len(pieces) else 0)
        head = bytes([number]) + piece[:10] + bytes([LONG_NAME, 0, _checksum(short)])
        slots.append(head + piece[10:22] + b"\0\0" + piece[22:])
    return slots[::-1]


def _alias(name: str, taken: set[bytes]) -> bytes:
    """A short name of its own: as it is where it fits, else with a number."""
    stem, _, ending = name.upper().rpartition(".") if "." in name else (name.upper(), "", "")
    base = "".join(letter if letter in _PLAIN else "_" for letter in stem.replace(".", ""))
    last = "".join(letter if letter in _PLAIN else "_" for letter in ending)[:3]
    fits = len(base) <= 8 and base == stem and last == ending
    plain = f"{base[:8]:<8}{last:<3}".encode("ascii")
    if fits and base and plain not in taken:
        return plain
    for number in range(1, 1_000_000):
        tail = f"~{number}"
        short = f"{base[: 8 - len(tail)] + tail:<8}{last:<3}".encode("ascii")
        if short not in taken:
            return short
    raise ValueError("a million names alike")
