# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Outputs are written whole or not at all, and never over something without being asked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lanewise.errors import LanewiseError, UsageError


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise ``UsageError`` when ``path`` exists and may not be replaced.

    Also ``LanewiseError`` when its folder, or the one to make it in, cannot be written: whoever
    works for minutes asks first.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name a file")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name or say --force to replace it")
    above = next((folder for folder in path.absolute().parents if folder.exists()), Path())
    if above.is_dir() and not os.access(above, os.W_OK | os.X_OK):
        raise LanewiseError(
            f"{path} cannot be written: {above} is read-only for you; name another place"
        )


def write_whole(path: Path, data: bytes, overwrite: bool = False) -> None:
    """Write ``data`` to a neighbour, flush it to the disk, then rename it to ``path``.

    Raises ``UsageError`` when ``path`` exists and ``overwrite`` is false, ``LanewiseError`` when
    the folder cannot be written.
    """
    write_together({path: data}, overwrite)


def write_together(files: Mapping[Path, bytes], overwrite: bool = False) -> None:
    """``write_whole`` of several files: none is put in place before all are on the disk.

    Raises like it; nothing is left behind then, folders made for the files included.
    """
    for path in files:
        refuse_existing(path, overwrite)
    ready: dict[Path, Path] = {}
    made: list[Path] = []
    try:
        for path, data in files.items():
            try:
                _make(path.parent, made)
                handle, name = tempfile.mkstemp(prefix=f".{path.name[:99]}.", dir=path.parent)
                ready[path] = Path(name)
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                ready[path].chmod(0o666 & ~_mask())
            except OSError as error:
                raise _refused(path, error) from error
        for path in files:
            try:
                ready[path].replace(path)
            except OSError as error:
                raise _refused(path, error) from error
            del ready[path]
        made = []
    finally:
        for temporary in ready.values():
            with contextlib.suppress(OSError):
                temporary.unlink()
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # not empty: something of it is in place
                folder.rmdir()


def _make(folder: Path, made: list[Path]) -> None:
    """Make ``folder`` and those above it; those that were not there join ``made``."""
    if not folder.is_dir():
        if folder.parent != folder:
            _make(folder.parent, made)
        folder.mkdir()
        made.append(folder)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _refused(path: Path, error: OSError) -> LanewiseError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return LanewiseError(
            f"{path} cannot be written: {path.parent} is no folder; name another place"
        )
    return LanewiseError(f"{path} cannot be written: {error.strerror or error}")
