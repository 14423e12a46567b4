# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which board a command means: options, and what the drives and the user say."""

from __future__ import annotations

from pathlib import Path

import click

from lanewise.boards.bundle import supported_boards
from lanewise.boards.drives import BoardDrive
from lanewise.errors import UsageError

OLDEST_TRIED = (10, 0)
SHORT_OF_MEMORY = ("raspberry_pi_pico", "raspberry_pi_pico_w")
"""RP2040: 264 kB of memory, of which Python gets 160."""

drive_option = click.option(
    "--drive",
    type=click.Path(path_type=Path),
    default=None,
    help="The board's drive, a folder or a FAT image, .img (default: the board plugged in).",
)
port_option = click.option(
    "--port", default=None, help="The board's serial port (default: the only one)."
)


def board_of(drive: BoardDrive, named: str | None) -> str:
    """The board id to deploy for; ``UsageError`` when the drive and the user disagree."""
    if named is None and drive.board_id is None:
        raise UsageError(
            f"{drive.path} does not say which board it is: name it with --board "
            f"({', '.join(supported_boards())})"
        )
    if named is not None and drive.board_id not in (None, named):
        raise UsageError(f"{drive.path} is a {drive.board_id}, not a {named}")
    board = named or str(drive.board_id)
    if board not in supported_boards():
        raise UsageError(
            f"there are no pins for {board} yet (there are for {', '.join(supported_boards())}): "
            "wire the camera, write a file of pins and name it with --pins and --board"
        )
    return board


def version_note(drive: BoardDrive) -> str | None:
    """A warning for a CircuitPython that nobody tried this with."""
    if drive.version is None:
        return None
    numbers = tuple(int(number) for number in drive.version.split("-")[0].split(".")[:2])
    if numbers < OLDEST_TRIED:
        return (
            f"CircuitPython {drive.version} is older than what this was tried with "
            f"({'.'.join(map(str, OLDEST_TRIED))}): see lanewise flash --help"
        )
    return None


def memory_note(drive: BoardDrive, compact: bool) -> str | None:
    """A hint for a real board with short memory whose modules were deployed as text."""
    real = drive.version is not None and "emulated" not in (drive.model or "")
    if compact or not real or drive.board_id not in SHORT_OF_MEMORY:
        return None
    return (
        "this board compiles the modules itself, and dense14 alone leaves it room: "
        "deploy --compact compiles them here (docs/boards.md)"
    )
