# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Drives before a deploy or undo, what is done to them, and what a board would then run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fat_drive import FatDrive
from lanewise.boards.bundle import Bundle, BundleFile
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import Drive
from lanewise.boards.undo import undo
from lanewise.errors import DriveError
from lanewise.resources import bundled

CODE = (bundled("device") / "code.py").read_bytes()
MINE = {"code.py": b"print('mine')\n", "lib/neopixel.mpy": b"C\x06...", "notes.txt": b"mine"}
SETTINGS = rb"CIRCUITPY_HEAP_START_SIZE=120000  # (old|new|older|torn)"


def version(name: str) -> Bundle:
    mark = name.encode()
    files = {
        "lib/lanecam/app.py": b"app " + mark * 40,
        "lib/lanecam/same.py": b"same",
        f"lib/lanecam/only_{name}.py": b"only " + mark,
        "boards/raspberry_pi_pico.py": b"pins",
        "digits.lanes": mark * 300,
        "settings.toml": b"CIRCUITPY_HEAP_START_SIZE=120000  # " + mark,
        "code.py": CODE,
    }
    listed = tuple(BundleFile(path, data, "test") for path, data in files.items())
    return Bundle("raspberry_pi_pico", name, listed, {})


def what_runs(files: dict[str, bytes]) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """What the board would run: its code.py, and every file of the slot that it names."""
    code = files.get("code.py")
    if code is None:
        return "nothing", ()
    slots = set(re.findall(rb'"lanewise/(.)', code))
    if not slots:
        return "foreign " + code.decode("latin-1"), ()
    assert len(slots) == 1, code
    folder = f"lanewise/{slots.pop().decode()}/"
    assert code.endswith(f'app.run(pins, "{folder}digits.lanes")\n'.encode()), "a torn code.py"
    ours = {path.removeprefix(folder): data for path, data in files.items()
            if path.startswith(folder) and not path.endswith(".lanewise-part")}  # fmt: skip
    return "slot", tuple(sorted(ours.items()))


def expected(bundle: Bundle) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    outside = ("code.py", "settings.toml")
    files = {file.path: file.data for file in bundle.files if file.path not in outside}
    return "slot", tuple(sorted(files.items()))


def started(*steps: Callable[[Drive], object], files: dict[str, bytes]) -> dict[str, bytes]:
    drive = FatDrive(dict(files))
    for step in steps:
        step(drive)
    drive.sync()
    return {path: node.cached for path, node in drive.names.items()}


def interrupted(drive: Drive) -> None:
    """A deploy whose drive was pulled halfway, as it is found when plugged in again."""
    assert isinstance(drive, FatDrive)
    torn = FatDrive({path: node.cached for path, node in drive.names.items()}, "power-cut", 9, 5)
    with pytest.raises(DriveError):
        deploy(torn, version("torn"))
    drive.__init__(torn.after_power_cut())


def to(name: str) -> Callable[[Drive], object]:
    return lambda drive: deploy(drive, version(name))


SCENES: dict[str, tuple[dict[str, bytes], Callable[[Drive], object], Bundle]] = {
    "first on an empty drive": ({}, to("new"), version("new")),
    "first over the user's code": (started(files=MINE), to("new"), version("new")),
    "second": (started(to("old"), files=MINE), to("new"), version("new")),
    "third, into a used slot": (
        started(to("older"), to("old"), files=MINE), to("new"), version("new"),
    ),
    "after an interrupted one": (
        started(to("old"), interrupted, files=MINE), to("new"), version("new"),
    ),
    "again after undo": (started(to("old"), to("new"), undo, files=MINE), to("new"),
                         version("new")),
    "undo to a version": (started(to("old"), to("new"), files=MINE), undo, version("old")),
    "undo to the user's code": (started(to("old"), files=MINE), undo, version("old")),
}  # fmt: skip
