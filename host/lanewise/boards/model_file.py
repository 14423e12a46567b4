# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A first look at a ``.lanes`` file: whole, and by what name. It needs no NumPy and no time.

An unchanged deploy stops here. Whatever is written to a board went through
``lanewise.export.lanes.read``, which proves the accumulators again.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from lanewise.errors import ModelFileError

_HEADER = struct.Struct("<4sHHIHHHBBIIHH")
_RECORD_BYTES = 48
_VERSION = 1
_LARGEST_BYTES = 1 << 22


def read_model(path: Path) -> tuple[str, bytes]:
    """The name of the model at ``path`` and the file's bytes.

    Raises ``ModelFileError`` for a file that is cut, changed, of another version or no model.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if data[:4] != b"LANE" or len(data) < _HEADER.size + 4:
        raise ModelFileError(f"{path} is not a .lanes file; make one with: lanewise quantize")
    _, version, ops, size, *_, text_bytes, _ = _HEADER.unpack_from(data)
    if version != _VERSION:
        raise ModelFileError(f"{path} is of format version {version}, expected {_VERSION}")
    if size != len(data) or zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
        raise ModelFileError(f"{path} is cut short or was changed (length or CRC); copy it again")
    text = data[_HEADER.size + ops * _RECORD_BYTES :][:text_bytes]
    name = text.split(b"\n")[0].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in name), data
