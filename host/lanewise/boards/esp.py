# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""CircuitPython for Espressif chips, written by ``esptool``, a program of its own.

``esptool`` is GPL, so it is started, never imported. These boards cannot drive the OV7670 (they
have no ``imagecapture``); this is here to put CircuitPython onto one, and to say so.

An image begins where the chip's boot loader lies; its header (ESP-IDF, "App Image Format") names
the chip: magic 0xE9 at byte 0, chip id at bytes 12 and 13.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lanewise.errors import BoardError, UsageError

LARGEST_IMAGE = 32 << 20
VERSION_WAIT_S = 30.0
_MAGIC = 0xE9
_BANNER = re.compile(
    rb"Adafruit CircuitPython ([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[0-9A-Za-z.+-]{0,40}) on "
)


@dataclass(frozen=True)
class Chip:
    """A chip: its name for esptool, its id in image headers, and where its boot loader begins."""

    name: str
    chip_id: int
    boot_at: int


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("esp32", 0, 0x1000),
        Chip("esp32s2", 2, 0x1000),
        Chip("esp32c3", 5, 0),
        Chip("esp32s3", 9, 0),
        Chip("esp32c6", 13, 0),
    )
}


@dataclass(frozen=True)
class Image:
    """A checked .bin file; ``version``: CircuitPython's."""

    path: Path
    version: str
    sha256: str


def check_image(path: Path, chip: Chip, sha256: str | None = None) -> Image:
    """The image, if it is CircuitPython for ``chip`` and has this digest; else ``BoardError``."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_IMAGE + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > LARGEST_IMAGE:
        raise BoardError(f"{path} is larger than {LARGEST_IMAGE} bytes: no firmware image")
    head = data[chip.boot_at : chip.boot_at + 24]
    if len(head) < 24 or head[0] != _MAGIC:
        raise BoardError(f"{path} is no image for {chip.name} (no boot loader where it begins)")
    found = int.from_bytes(head[12:14], "little")
    if found != chip.chip_id:
        names = [one.name for one in CHIPS.values() if one.chip_id == found]
        what = names[0] if names else f"chip {found}"
        raise BoardError(f"{path} is for {what}, not for {chip.name}; get the file for this board")
    banner = _BANNER.search(data)
    if banner is None:
        raise BoardError(f"{path} holds no CircuitPython; get one from circuitpython.org/downloads")
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        raise BoardError(f"{path}: its SHA-256 is {digest}, expected {sha256.lower()}")
    return Image(path, banner[1].decode(), digest)


def esptool() -> str:
    """The program; ``BoardError`` that says how to get it."""
    found = shutil.which("esptool") or shutil.which("esptool.py")
    if found is None:
        raise BoardError(
            "Espressif chips are written by esptool, which is not installed: pip install esptool"
        )
    return found


def command(program: str, major: int, chip: Chip, port: str, image: Path) -> list[str]:
    """The call that writes ``image`` to the chip at ``port``; no shell is involved."""
    write = "write-flash" if major >= 5 else "write_flash"
    return [program, "--chip", chip.name, "--port", port, write, "0x0", str(image.absolute())]


def major_version(program: str, run: Callable[..., subprocess.CompletedProcess[str]]) -> int:
    """The first number of esptool's version, 4 when it does not say; ``BoardError`` if it hangs."""
    try:
        told = run(
            [program, "version"],
            capture_output=True, text=True, errors="replace", check=False, timeout=VERSION_WAIT_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise _unusable(program, error) from error
    found = re.search(r"(\d{1,3})\.\d+", told.stdout or "")
    return int(found[1]) if found else 4


def write_image(
    image: Image,
    chip: Chip,
    port: str,
    dry_run: bool = False,
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
) -> list[str]:
    """Let esptool write a checked image, showing its own progress; the call that was (or would be).

    Raises ``BoardError`` when esptool is missing or fails.
    """
    program = esptool()
    call = command(program, major_version(program, run), chip, port, image.path)
    if dry_run:
        return call
    try:
        done = run(call, check=False)
    except OSError as error:
        raise _unusable(program, error) from error
    if done.returncode:
        raise BoardError(
            f"esptool ended with status {done.returncode}; its words are above. Hold BOOT, press "
            "RESET, let go of BOOT, and repeat"
        )
    return call


def _unusable(program: str, error: Exception) -> BoardError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return BoardError(f"{program} cannot be used ({why}): install it again: pip install esptool")
