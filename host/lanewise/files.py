# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Outputs are written whole or not at all, and never over something without being asked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from lanewise.errors import LanewiseError, UsageError


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise ``UsageError`` when ``path`` exists and may not be replaced."""
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name a file")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name or say --force to replace it")


def write_whole(path: Path, data: bytes, overwrite: bool = False) -> None:
    """Write ``data`` to a neighbour, flush it to the disk, then rename it to ``path``.

    Raises ``UsageError`` when ``path`` exists and ``overwrite`` is false, ``LanewiseError`` when
    the folder cannot be written.
    """
    refuse_existing(path, overwrite)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
        temporary = None
    except (FileExistsError, NotADirectoryError) as error:
        raise LanewiseError(
            f"{path} cannot be written: {path.parent} is no folder; name another place"
        ) from error
    except OSError as error:
        raise LanewiseError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
