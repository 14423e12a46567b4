# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A board's files as a folder or a zip file, to be copied onto CIRCUITPY by hand."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lanewise.boards.bundle import Bundle
from lanewise.boards.drive import Space
from lanewise.boards.paths import checked_path
from lanewise.errors import BoardError, UsageError
from lanewise.files import write_together, write_whole

DRIVE_BYTES = {"raspberry_pi_pico": 1 << 20, "raspberry_pi_pico_w": 1 << 19}
"""CIRCUITPY on each board: flash less firmware (Pico: 1 of 2 MiB; Pico W: 512 KiB [read])."""
SMALLEST_DRIVE_BYTES = 1 << 20
CLUSTER_BYTES = 512
_FAT_BYTES = 16 * 1024
"""Boot sector, allocation table and root directory of a FAT12 drive of 1 MiB, rounded up."""
_EPOCH = (2026, 1, 1, 0, 0, 0)


def drive_need(bundle: Bundle) -> tuple[int, int]:
    """``(bytes the files take on the drive, bytes it has)``, in whole clusters, folders counted."""
    room = DRIVE_BYTES.get(bundle.board, SMALLEST_DRIVE_BYTES) - _FAT_BYTES
    space = Space(room, CLUSTER_BYTES)
    folders = {parent.as_posix() for file in bundle.files for parent in Path(file.path).parents} - {
        "."
    }
    return sum(space.taken(len(file.data)) for file in bundle.files) + sum(
        space.taken(0) for _ in folders
    ), room


def zipped(bundle: Bundle) -> bytes:
    """The files as a zip archive; equal bundles give equal bytes.

    Raises ``UsageError`` for a name that would leave the place where it is unpacked.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(bundle.files, key=lambda one: one.path):
            entry = zipfile.ZipInfo(checked_path(file.path), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.data)
    return buffer.getvalue()


def write_bundle(bundle: Bundle, out: Path, overwrite: bool = False) -> dict[str, int]:
    """Write ``out``, a zip file if its name ends so, else a folder; returns each file's size.

    Raises ``BoardError`` when the files do not fit the board's drive, ``UsageError`` when ``out``
    is there and may not be replaced.
    """
    needed, room = drive_need(bundle)
    if needed > room:
        raise BoardError(
            f"{bundle.model} and its program take {needed} bytes on a {bundle.board}, which has "
            f"{room}: choose a smaller model"
        )
    sizes = {file.path: len(file.data) for file in bundle.files}
    if out.suffix == ".zip":
        write_whole(out, zipped(bundle), overwrite=overwrite)
        return sizes
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder or a .zip file")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise UsageError(f"{out} is not empty; choose another or say --force")
    files = {out / checked_path(file.path): file.data for file in bundle.files}
    write_together(files, overwrite=True)
    return sizes
