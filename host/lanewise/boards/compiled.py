# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Compiled modules in the user's cache, each good for one source and one compiler.

One file, replaced whole; a module compiled anew takes the old one's place, so it does not grow. A
file that cannot be read or written costs time only: everything is then compiled as without it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from pathlib import Path

import platformdirs

from lanewise.errors import LanewiseError
from lanewise.files import write_whole


def cache_file() -> Path:
    """Where compiled modules are kept."""
    return platformdirs.user_cache_path("lanewise") / "compiled.json"


class Compiled:
    """What is kept for ``compiler``, its options included."""

    def __init__(self, compiler: str) -> None:
        self._compiler = compiler.encode()
        self._file = cache_file()
        self._modules: dict[str, list[str]] = {}
        self._changed = False
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_bytes())
            self._modules = found if isinstance(found, dict) else {}

    def get(self, path: str, source: bytes) -> bytes | None:
        """The module at ``path`` compiled from just this ``source``; None if it is not kept."""
        try:
            key, proof, text = self._modules[path]
            code = base64.b64decode(text, validate=True)
        except (KeyError, ValueError, TypeError):
            return None
        if key != self._key(path, source) or proof != hashlib.sha256(code).hexdigest():
            return None
        return code

    def add(self, path: str, source: bytes, code: bytes) -> None:
        """Keep ``code`` for ``path`` and ``source``, once ``save`` is called."""
        proof = hashlib.sha256(code).hexdigest()
        self._modules[path] = [self._key(path, source), proof, base64.b64encode(code).decode()]
        self._changed = True

    def save(self) -> None:
        """Write what was added."""
        if self._changed:
            with suppress(LanewiseError):  # the next deploy compiles again
                write_whole(self._file, json.dumps(self._modules).encode(), overwrite=True)

    def _key(self, path: str, source: bytes) -> str:
        """The compiler writes the module's name into what it makes."""
        pieces = (self._compiler, path.encode(), source)
        return hashlib.sha256(b"".join(len(p).to_bytes(8, "big") + p for p in pieces)).hexdigest()
