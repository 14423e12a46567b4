# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Boards as the desk sees them when they are plugged in: a drive's own words, an emulated board."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lanewise.emulator.usb_board import UsbBoard

PICO = "raspberry_pi_pico"


def circuitpy(
    folder: Path,
    version: str = "10.0.3",
    board: str = PICO,
    hardware: str = "Raspberry Pi Pico with rp2040",
) -> Path:
    """``folder`` as the drive of a board that runs CircuitPython; made where it is not there."""
    folder.mkdir(exist_ok=True)
    (folder / "boot_out.txt").write_text(
        f"Adafruit CircuitPython {version} on 2025-10-16; {hardware}\r\n"
        f"Board ID:{board}\r\nUID:E66141040396AB21\r\n"
    )
    return folder


@contextmanager
def alive(board: UsbBoard) -> Iterator[UsbBoard]:
    """An emulated board that runs in a thread of its own, until it is unplugged."""
    stop = threading.Event()
    with board:
        thread = threading.Thread(target=board.run, args=(stop.is_set,))
        thread.start()
        try:
            yield board
        finally:
            stop.set()
            thread.join()
