# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Copy checked firmware to a bootloader drive and wait until the board is back as CircuitPython."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lanewise.boards.drives import CIRCUITPY, BoardDrive, find_boards
from lanewise.boards.uf2 import TARGETS, Firmware, Target
from lanewise.errors import BoardError, DriveError, UsageError

NAME_ON_BOARD = "firmware.uf2"
STEP_BYTES = 64 * 1024
WAIT_S = 60.0
POLL_S = 0.25

Find = Callable[[], Sequence[BoardDrive]]


def target_for(bootloader: BoardDrive, board: str | None) -> Target:
    """The target behind a bootloader drive.

    A bootloader may serve several boards (``RPI-RP2``: every RP2040 board): then ``board`` must
    say. Raises ``UsageError`` that lists them, ``DriveError`` when board and drive disagree.
    """
    fitting = [
        target for target in TARGETS.values() if bootloader.board_id in target.bootloader_ids
    ]
    if not fitting:
        raise DriveError(
            f"{bootloader.path} is the bootloader of {bootloader.board_id or 'an unknown board'}; "
            f"firmware is known for {', '.join(TARGETS)}"
        )
    if board is None and len(fitting) == 1:
        return fitting[0]
    names = ", ".join(target.board for target in fitting)
    if board is None:
        raise UsageError(
            f"{bootloader.path} ({bootloader.board_id}) may be {names}: say which with --board"
        )
    for target in fitting:
        if target.board == board:
            return target
    raise DriveError(f"{bootloader.path} is the bootloader of {names}, not of {board}")


def copy_firmware(
    firmware: Firmware, bootloader: Path, progress: Callable[[int], None] = lambda count: None
) -> None:
    """Write the file to the bootloader's drive in pieces, each flushed to the device.

    The board restarts by itself when it has the last block, so the drive may vanish while the last
    piece is flushed. Raises ``DriveError`` when it vanishes earlier; a bootloader stays in place.
    """
    path = bootloader / NAME_ON_BOARD
    sent = 0
    try:
        with path.open("wb", buffering=0) as file:
            while sent < len(firmware.data):
                piece = firmware.data[sent : sent + STEP_BYTES]
                count = file.write(piece) or 0
                sent += count
                if sent < len(firmware.data) or count < len(piece):
                    os.fsync(file.fileno())
                progress(count)
            os.fsync(file.fileno())
    except OSError as error:
        if sent < len(firmware.data):
            raise DriveError(
                f"{path}: stopped after {sent} of {len(firmware.data)} bytes "
                f"({error.strerror or error}): enter the bootloader again and repeat; the "
                "bootloader itself cannot be lost this way"
            ) from error


def wait_for_circuitpython(
    firmware: Firmware,
    before: Sequence[BoardDrive],
    board: str,
    find: Find = find_boards,
    wait_s: float = WAIT_S,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
    tick: Callable[[], None] = lambda: None,
) -> BoardDrive:
    """The CIRCUITPY drive that appears (those in ``before`` do not count), once its version fits.

    Raises ``BoardError`` when none comes in ``wait_s`` seconds, or one with another board or
    version.
    """
    known = {drive.path for drive in before if drive.kind == CIRCUITPY}
    end = now() + wait_s
    while True:
        for drive in find():
            if drive.kind != CIRCUITPY or drive.path in known or drive.version is None:
                continue
            if drive.version != firmware.version or drive.board_id != board:
                raise BoardError(
                    f"{drive} came up, expected {board} with CircuitPython {firmware.version}: "
                    "flash again"
                )
            return drive
        if now() >= end:
            raise BoardError(
                f"no CIRCUITPY drive within {wait_s:.0f} s: if the bootloader's drive is still "
                "there, flash again; if neither is, press RESET, or mount the drive by hand and "
                "see lanewise boards"
            )
        tick()
        pause(POLL_S)
