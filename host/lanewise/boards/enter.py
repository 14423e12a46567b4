# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Bring a board that runs CircuitPython into its bootloader, over its serial port.

First it is asked in Python (``microcontroller.on_next_reset``), which shows what it does. A board
whose program does not stop for that is touched at 1200 baud: opening and closing the port at that
speed makes CircuitPython's USB code restart into the bootloader, whatever Python does
(supervisor/shared/usb/usb_device.c, ``tud_cdc_line_state_cb``).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from lanewise.boards.drives import BOOTLOADER, BOOTLOADER_HELP, BoardDrive, find_boards
from lanewise.errors import BoardError

TOUCH_BAUD = 1200
ASK_WAIT_S = 6.0
TOUCH_WAIT_S = 15.0
POLL_S = 0.25

Find = Callable[[], Sequence[BoardDrive]]


def ask_for_bootloader(port: Any) -> None:
    """Stop the program, select the bootloader for the next start, and start anew.

    ``port``: an opened serial port. The board vanishes from it; an error by that is no failure.
    """
    commands = (
        b"\x03\x03\r\n"
        b"import microcontroller as m\r\n"
        b"m.on_next_reset(m.RunMode.UF2)\r\n"
        b"m.reset()\r\n"
    )
    try:
        for line in commands.splitlines(keepends=True):
            port.write(line)
            port.flush()
    except OSError:
        return


def touch(open_at: Callable[[int], Any]) -> None:
    """Open the port at 1200 baud, let go of DTR, close it; errors mean that the board has gone."""
    with contextlib.suppress(OSError):
        port = open_at(TOUCH_BAUD)
        try:
            with contextlib.suppress(OSError):  # a pseudo-terminal has no such line
                port.dtr = False
        finally:
            port.close()


def enter_bootloader(
    open_at: Callable[[int | None], Any],
    find: Find = find_boards,
    ask_wait_s: float = ASK_WAIT_S,
    touch_wait_s: float = TOUCH_WAIT_S,
    now: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> BoardDrive:
    """The bootloader drive that appears when the board is asked, then touched.

    ``open_at`` opens the port at a speed (None: the console's) and raises ``BoardError``. Raises
    ``BoardError`` when the port cannot be opened at first or no drive appears.
    """
    before = {drive.path for drive in find() if drive.kind == BOOTLOADER}

    def appeared(wait_s: float) -> BoardDrive | None:
        end = now() + wait_s
        while True:
            for drive in find():
                if drive.kind == BOOTLOADER and drive.path not in before:
                    return drive
            if now() >= end:
                return None
            pause(POLL_S)

    port = open_at(None)
    try:
        ask_for_bootloader(port)
    finally:
        with contextlib.suppress(OSError):
            port.close()
    found = appeared(ask_wait_s)
    if found is None:
        with contextlib.suppress(BoardError):
            touch(open_at)
        found = appeared(touch_wait_s)
    if found is None:
        raise BoardError(f"the board does not enter its bootloader by itself; {BOOTLOADER_HELP}")
    return found
