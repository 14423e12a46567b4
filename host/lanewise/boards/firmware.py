# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Firmware files kept on this machine: fetched once, checked, and pinned by their digest.

CircuitPython publishes no digests, neither in its release index nor beside its files. So a digest
comes from the user (``--sha256``), from a list that somebody keeps (``SHA256SUMS`` beside the files
or named), or from the first download that passes every check of ``uf2``; from then on the file must
have it, and the record says where it is from and since when.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lanewise.boards.download import Progress, download, is_address, no_progress
from lanewise.boards.uf2 import LARGEST_BYTES, TARGETS, check, target_of
from lanewise.errors import BoardError, UsageError
from lanewise.files import write_whole

OFFICIAL = "https://downloads.circuitpython.org/bin"
LOCALE = "en_US"
DIGESTS = "SHA256SUMS"
"""Name of a list of digests beside firmware files, in the form of sha256sum."""

_LARGEST_LIST = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(
    r"adafruit-circuitpython-(?P<board>[a-z0-9_]+)-[A-Za-z_]+-(?P<version>[0-9][0-9A-Za-z.+-]*)\.uf2"
)


@dataclass(frozen=True)
class Kept:
    """A file in the cache; ``sha256``: the digest it is pinned to, ``origin``: whence that is."""

    board: str
    version: str
    path: Path
    sha256: str
    size: int
    origin: str = ""


@dataclass(frozen=True)
class Pin:
    """A digest, and where it is from."""

    sha256: str
    origin: str


def file_name(board: str, version: str) -> str:
    """The official name of a firmware file; ``UsageError`` for a version that cannot be."""
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.]{1,20})?", version):
        raise UsageError(f"{version!r} is no CircuitPython version; for example 10.0.3")
    target_of(board)
    return f"adafruit-circuitpython-{board}-{LOCALE}-{version}.uf2"


def in_folder(folder: Path) -> list[tuple[str, str, Path]]:
    """(board, version, path) of the firmware files in ``folder``, by their official names."""
    found = []
    for path in sorted(folder.glob("*.uf2")):
        parts = _NAME.fullmatch(path.name)
        if parts and parts["board"] in TARGETS:
            found.append((parts["board"], parts["version"], path))
    return found


def kept(cache: Path) -> list[Kept]:
    """What the cache holds, by board and version."""
    found = []
    for board, version, path in in_folder(cache):
        pin = pin_of(path)
        if pin is not None:
            size = path.stat().st_size
            found.append(Kept(board, version, path, pin.sha256, size, pin.origin))
    return found


def pinned(path: Path) -> str | None:
    """The digest that the record beside ``path`` names; None when there is none."""
    pin = pin_of(path)
    return None if pin is None else pin.sha256


def pin_of(path: Path) -> Pin | None:
    """The record beside ``path`` (in the form of sha256sum), or its line in ``SHA256SUMS`` there.

    Raises ``BoardError`` for a record that holds no digest.
    """
    beside = path.with_name(path.name + ".sha256")
    text = _text(beside)
    if text is not None:
        lines = text.splitlines()
        digests = [line.split()[0].lower() for line in lines if line.strip() and line[0] != "#"]
        if not digests or not _HEX.fullmatch(digests[0]):
            raise BoardError(f"{beside} holds no SHA-256; remove it and fetch again")
        origin = next((line[1:].strip() for line in lines if line[:1] == "#"), "")
        return Pin(digests[0], origin)
    return listed(path.with_name(DIGESTS), path.name)


def listed(digests: Path, name: str) -> Pin | None:
    """What a list of digests says of the file ``name``; None when it says nothing."""
    for line in (_text(digests) or "").splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name and _HEX.fullmatch(words[0].lower()):
            return Pin(words[0].lower(), f"listed in {digests}")
    return None


def fetch(
    board: str,
    version: str,
    cache: Path,
    source: str = OFFICIAL,
    sha256: str | None = None,
    digests: Path | None = None,
    progress: Progress = no_progress,
    today: Callable[[], datetime.date] = datetime.date.today,
) -> Kept:
    """Put a board's firmware into ``cache`` from a folder or an http(s) address, checked.

    The digest must be ``sha256``, what ``digests`` or the source's list say, and what an earlier
    fetch noted; where none of them says anything, this one notes it. Raises ``BoardError`` in words
    when they disagree or the source has no such file, ``Uf2Error`` when the file is not right.
    """
    name = file_name(board, version)
    path = cache / name
    folder = None if is_address(source) else Path(source)
    given = None if sha256 is None else Pin(sha256.lower(), "given with --sha256")
    known = [
        given,
        pin_of(path),
        None if digests is None else listed(digests, name),
        None if folder is None else pin_of(folder / name),
    ]
    pins = [pin for pin in known if pin is not None]
    for pin in pins[1:]:
        if pin.sha256 != pins[0].sha256:
            raise BoardError(
                f"{name} is pinned to {pins[0].sha256} ({pins[0].origin}) and to {pin.sha256} "
                f"({pin.origin}): find out which is right, and remove the other"
            )
    if digests is not None and listed(digests, name) is None:
        raise BoardError(f"{digests} does not list {name}; add its line, or leave it out")
    expected = pins[0].sha256 if pins else None
    here = path.is_file() and expected is not None
    data = path.read_bytes() if here else _get(source, board, name, progress)
    firmware = check(data, target_of(board), name, expected)
    if firmware.version != version:
        raise BoardError(f"{name} holds CircuitPython {firmware.version}; ask for that version")
    origin = pins[0].origin if pins else f"first fetched on {today().isoformat()} from {source}"
    write_whole(path, data, overwrite=True)
    record = f"# {origin}\n{firmware.sha256}  {name}\n"
    write_whole(path.with_name(name + ".sha256"), record.encode(), overwrite=True)
    return Kept(board, version, path, firmware.sha256, len(data), origin)


def _get(source: str, board: str, name: str, progress: Progress) -> bytes:
    if is_address(source):
        absent = f"there is no such version; see circuitpython.org/board/{board}"
        return download(f"{source}/{board}/{LOCALE}/{name}", LARGEST_BYTES, absent, progress)
    path = Path(source) / name
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise BoardError(
            f"{source} holds no {name}; download it there, or name another folder"
        ) from None
    except OSError as error:
        raise BoardError(f"{path} cannot be read: {error.strerror or error}") from error


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_LIST).decode("ascii", "replace")
    except OSError:
        return None
