# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A folder for a MicroPython VM to run in, from where its files have the same paths everywhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


class VmFolder:
    """A temporary folder of links, to be a VM's working folder until it is closed.

    The VM keeps the path of every file that it compiles on its heap. Where memory is short, a few
    bytes decide which pieces of it stay whole, so a program that just fits would fit in one
    checkout and not in another. Named through these links, a file has the same path in both.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lanewise-")
        self._parents: dict[Path, str] = {}

    def close(self) -> None:
        """Remove the folder; what its links lead to stays."""
        self._folder.cleanup()

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return Path(self._folder.name)

    @property
    def environment(self) -> dict[str, str]:
        """This process's, with a search path that does not begin in somebody's home."""
        return {**os.environ, "MICROPYPATH": ".frozen"}

    def script(self, path: Path) -> str:
        """A copy of ``path`` for the VM to begin with: it looks up where that really lies."""
        shutil.copyfile(path, self.path / path.name)
        return path.name

    def link(self, path: Path, name: str) -> str:
        """Make ``name`` stand for ``path``; returns the name."""
        (self.path / name).symlink_to(path.resolve())
        return name

    def file(self, path: Path) -> str:
        """The path by which the VM finds ``path``, or makes it, with all that lies beside it."""
        parent = path.resolve().parent
        if parent not in self._parents:
            self._parents[parent] = self.link(parent, str(len(self._parents)))
        return f"{self._parents[parent]}/{path.name}"
