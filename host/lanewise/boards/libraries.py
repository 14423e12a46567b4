# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Adafruit's libraries that the device package imports: from packages, a folder or a bundle's zip.

Installed packages are checked against their own record: a file that was edited does not go onto a
board as Adafruit's.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
import zlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from lanewise.boards.paths import checked_path
from lanewise.errors import BoardError

PACKAGES = {
    "adafruit-circuitpython-ov7670": "adafruit_ov7670",
    "adafruit-circuitpython-busdevice": "adafruit_bus_device",
}
"""Distribution and the module or package in it that a board needs."""

_VERSION = re.compile(rb'__version__\s*=\s*"([0-9][0-9a-z.+-]{0,30})"')
_MPY_VERSION = 6
_LARGEST_BYTES = 256 * 1024


@dataclass(frozen=True)
class Library:
    """One library: its files by path below ``lib/``, where they come from, and its version."""

    name: str
    version: str
    files: dict[str, bytes]


def installed_libraries() -> list[Library]:
    """The libraries as .py files from the installed packages.

    Raises ``BoardError`` when a package is missing or its files are not those of its record.
    """
    return [_installed(package, module) for package, module in PACKAGES.items()]


def _installed(package: str, module: str) -> Library:
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise BoardError(
            f"the board needs {module}: install it with pip install {package}, or name a folder "
            "that holds it with --libraries"
        ) from None
    files: dict[str, bytes] = {}
    for entry in found.files or ():
        if entry.suffix != ".py" or entry.parts[0].removesuffix(".py") != module:
            continue
        data = Path(str(found.locate_file(entry))).read_bytes()
        if entry.hash is not None and entry.hash.mode == "sha256":
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            if digest != entry.hash.value:
                raise BoardError(
                    f"{entry} is not as {package} {found.version} installed it; "
                    f"install it again: pip install --force-reinstall {package}"
                )
        files[entry.as_posix()] = data
    if not files:
        raise BoardError(f"{package} {found.version} holds no {module}; install it again")
    return Library(package, found.version, files)


def folder_libraries(folder: Path) -> list[Library]:
    """The libraries of Adafruit's bundle, .py or .mpy: from its zip file, or a folder of it.

    Raises ``BoardError`` when one is missing or is not for CircuitPython.
    """
    if folder.is_file():
        return _from_zip(folder)
    lib = folder / "lib" if (folder / "lib").is_dir() else folder
    return [_from_folder(lib, package, module) for package, module in PACKAGES.items()]


def _from_folder(folder: Path, package: str, module: str) -> Library:
    if (folder / module).is_dir():
        paths = sorted(path for path in (folder / module).rglob("*") if path.suffix in _KINDS)
    else:
        paths = [path for kind in _KINDS if (path := folder / (module + kind)).is_file()][:1]
    if not paths:
        raise BoardError(f"{folder} holds no {module}; name the folder lib of Adafruit's bundle")
    files = {path.relative_to(folder).as_posix(): _checked(path) for path in paths}
    versions = {match[1].decode() for data in files.values() if (match := _VERSION.search(data))}
    return Library(package, min(versions, default="unknown"), files)


_KINDS = (".py", ".mpy")


def _from_zip(path: Path) -> list[Library]:
    """Only what is needed is read, and of that only names and sizes that a library can have."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [_in_zip(archive, path, package, module) for package, module in PACKAGES.items()]
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:
        raise BoardError(f"{path} cannot be read as Adafruit's bundle: {error}") from error


def _in_zip(archive: zipfile.ZipFile, path: Path, package: str, module: str) -> Library:
    files: dict[str, bytes] = {}
    for entry in archive.infolist():
        place = entry.filename.partition("lib/")
        below = place[2] if place[1] and place[0].count("/") <= 1 else ""
        top = below.split("/")[0]
        if top.removesuffix(".py").removesuffix(".mpy") != module or entry.is_dir():
            continue
        if Path(below).suffix in _KINDS:
            name = f"{path}: {entry.filename}"
            with archive.open(entry) as file:
                files[checked_path(below)] = _checked_bytes(name, file.read(_LARGEST_BYTES + 1))
    if not files:
        raise BoardError(f"{path} holds no lib/{module}; is it Adafruit's bundle?")
    versions = {match[1].decode() for data in files.values() if (match := _VERSION.search(data))}
    return Library(package, min(versions, default="unknown"), files)


def _checked(path: Path) -> bytes:
    if path.is_symlink():
        raise BoardError(f"{path} is a link, no library file")
    with path.open("rb") as file:
        return _checked_bytes(str(path), file.read(_LARGEST_BYTES + 1))


def _checked_bytes(name: str, data: bytes) -> bytes:
    if len(data) > _LARGEST_BYTES:
        raise BoardError(f"{name} is larger than {_LARGEST_BYTES} bytes: no library file")
    if name.endswith(".mpy") and (data[:1] != b"C" or data[1:2] != bytes([_MPY_VERSION])):
        raise BoardError(
            f"{name} is no .mpy for CircuitPython 9 or 10 (first bytes {data[:2]!r}); "
            "take the library from Adafruit's bundle for that version"
        )
    return data
