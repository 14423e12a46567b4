# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""CircuitPython's official release index: which versions a board has, and what is in them.

The index is the file that circuitpython.org's download pages are made from. It lists boards,
versions and modules; digests it does not have (see ``firmware``). A copy is kept, so it serves
offline, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanewise.boards.download import Progress, download, is_address, no_progress
from lanewise.errors import BoardError
from lanewise.files import write_whole

OFFICIAL_INDEX = (
    "https://raw.githubusercontent.com/adafruit/circuitpython-org/main/_data/files.json"
)
INDEX_NAME = "files.json"
LARGEST_INDEX = 16 << 20
LOCALE = "en_US"

_VERSION = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.]{1,20})?")


@dataclass(frozen=True)
class Release:
    """A version of CircuitPython for one board. captures: does it have ``imagecapture``?"""

    version: str
    stable: bool
    captures: bool


def read_index(source: str | Path, progress: Progress = no_progress) -> bytes:
    """The index from an address or from ``files.json`` in a folder; ``BoardError`` in words."""
    if is_address(str(source)):
        return download(str(source), LARGEST_INDEX, "there is no release index there", progress)
    path = Path(source) / INDEX_NAME
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_INDEX)
    except OSError as error:
        raise BoardError(
            f"{path} cannot be read ({error.strerror or error}): get it with: "
            "lanewise firmware list BOARD --refresh"
        ) from error


def refresh(cache: Path, source: str = OFFICIAL_INDEX, progress: Progress = no_progress) -> None:
    """Get the index and keep it in ``cache``; an index that makes no sense is not kept."""
    data = read_index(source, progress)
    _boards(data, source)
    write_whole(cache / INDEX_NAME, data, overwrite=True)


def releases(data: bytes, board: str, name: str = INDEX_NAME) -> list[Release]:
    """The releases of ``board``, stable ones first, the newest of each first.

    Raises ``BoardError`` when the index makes no sense, or does not know the board.
    """
    for entry in _boards(data, name):
        if isinstance(entry, dict) and entry.get("id") == board:
            found = [_release(one) for one in entry.get("versions") or []]
            good = [release for release in found if release is not None]
            newest_first = sorted(good, key=lambda one: _order(one.version), reverse=True)
            return sorted(newest_first, key=lambda one: not one.stable)
    raise BoardError(f"{name} does not know {board}; get the newest with: "
                     f"lanewise firmware list {board} --refresh")  # fmt: skip


def _boards(data: bytes, name: str | Path) -> list[Any]:
    try:
        boards = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BoardError(f"{name} is no release index ({type(error).__name__})") from error
    if not isinstance(boards, list):
        raise BoardError(f"{name} is no release index: a list of boards was expected")
    return boards


def _release(entry: Any) -> Release | None:
    """One version; None for one that has no .uf2 in our language, or that makes no sense."""
    if not isinstance(entry, dict):
        return None
    version = entry.get("version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    if "uf2" not in (entry.get("extensions") or []) or LOCALE not in (entry.get("languages") or []):
        return None
    return Release(
        version, entry.get("stable") is True, "imagecapture" in (entry.get("modules") or [])
    )


def newest(versions: Iterable[str]) -> str | None:
    """The newest stable version, else the newest of all; what is no version does not count."""
    found = sorted((one for one in versions if _VERSION.fullmatch(one)), key=_order)
    stable = [one for one in found if "-" not in one]
    return (stable or found)[-1] if found else None


def _order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[int, str], ...]]:
    """1.2.3-rc.1 comes before 1.2.3; rc.2 before rc.10."""
    numbers, _, rest = version.partition("-")
    parts = tuple(
        (int(part), "") if part.isdigit() else (-1, part)
        for part in re.findall(r"\d+|[A-Za-z]+", rest)
    )
    return tuple(int(number) for number in numbers.split(".")), not rest, parts
