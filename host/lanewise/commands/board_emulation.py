# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate --as-board``: a board on the desk that is only emulated."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from lanewise.boards.fat.storage import ImageStorage
from lanewise.boards.uf2 import check, target_of
from lanewise.commands.console import print_json
from lanewise.emulator.usb_board import Look, UsbBoard
from lanewise.emulator.usb_storage import FolderStorage, Storage
from lanewise.errors import Uf2Error
from lanewise.runtimes.micropython import interpreter


def firmware_version(data: bytes, board: str) -> str | None:
    """CircuitPython's version in a file that a board's boot ROM would take; None otherwise."""
    try:
        return check(data, target_of(board)).version
    except Uf2Error:
        return None


def storage_of(folder: Path, fat: bool, vm: str) -> Storage:
    """The drive of an emulated board in ``folder``: a FAT image, or a folder."""
    if fat:
        return ImageStorage(folder.absolute(), mounted=vm == "micropython")
    return FolderStorage(folder.absolute())


def run_as_board(
    folder: Path,
    board: str,
    pictures: list[Path],
    fault: str | None,
    as_json: bool,
    vm: str = "cpython",
    fat: bool = False,
    seconds: float = 2.0,
) -> None:
    """Show a board in ``folder`` until Ctrl-C."""
    if vm == "micropython":
        interpreter()  # raises in words when there is none
    folder.mkdir(parents=True, exist_ok=True)
    look = Look(pictures=tuple(pictures), fault=fault, vm=vm, seconds=seconds)
    storage = storage_of(folder, fat, vm)
    signal.signal(signal.SIGTERM, _unplug)
    try:
        with UsbBoard(
            folder, lambda data: firmware_version(data, board), board, look, storage=storage
        ) as usb:
            _say(usb, as_json)
            usb.run(lambda: False)
    except KeyboardInterrupt:
        return


def _say(usb: UsbBoard, as_json: bool) -> None:
    if as_json:
        print_json({"drive": str(usb.drive), "port": str(usb.port), "board": usb.board})
        return
    click.echo(
        f"An emulated {usb.board} is plugged in. In another terminal:\n"
        f"  lanewise deploy dense14 --drive {usb.drive}\n"
        f"  lanewise monitor --port {usb.port}\n"
        f"  lanewise doctor --drive {usb.drive} --port {usb.port}\n"
        f"With LANEWISE_DRIVES={usb.folder} every command finds both by itself.\n"
        "Ctrl-C unplugs it."
    )


def _unplug(*_: object) -> None:
    """``kill`` ends it as Ctrl-C does: nothing stays behind."""
    raise KeyboardInterrupt
