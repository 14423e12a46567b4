# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Find the serial ports of CircuitPython boards and open one; a choice, never a guess."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lanewise.boards.drives import FURTHER
from lanewise.errors import BoardError, UsageError

try:
    from termios import error as _TerminalError
except ImportError:  # Windows

    class _TerminalError(Exception):  # type: ignore[no-redef]
        """Never raised."""


EMULATED = "serial"
"""Name of an emulated board's port in its folder."""
BAUD = 115_200
RAW_READ_S = 0.2
"""Seconds that one read waits, so that Ctrl-C and a vanished board are noticed soon."""


@dataclass(frozen=True)
class BoardPort:
    """A serial port: its device name, words for it, and the board's serial number (its UID)."""

    device: str
    description: str
    serial_number: str | None


def find_ports() -> list[BoardPort]:
    """Serial consoles of the CircuitPython boards that are plugged in, by device name.

    Those of emulated boards count, too, whose folders ``LANEWISE_DRIVES`` names.
    """
    from adafruit_board_toolkit.circuitpython_serial import repl_comports

    found = [
        BoardPort(str(port.device), _printable(port.description), port.serial_number)
        for port in repl_comports()
    ]
    named = (Path(one) / EMULATED for one in os.environ.get(FURTHER, "").split(os.pathsep) if one)
    found += [BoardPort(str(port), "emulated board", None) for port in named if port.exists()]
    return sorted(found, key=lambda port: port.device)


def choose_port(ports: Sequence[BoardPort], named: str | None, uid: str | None = None) -> str:
    """The device to open: ``named``, that of the board with ``uid``, or the only one there is.

    Raises ``BoardError`` when there is none, ``UsageError`` that lists them for several.
    """
    if named is not None:
        return named
    own = [port for port in ports if uid and (port.serial_number or "").upper() == uid.upper()]
    fitting = own or list(ports)
    if not fitting:
        raise BoardError(
            "no CircuitPython serial port found: plug in the board with a cable that carries data, "
            "or name the port with --port"
        )
    if len(fitting) > 1:
        names = "; ".join(f"{port.device} ({port.description})" for port in fitting)
        raise UsageError(f"{len(fitting)} serial ports: choose one with --port: {names}")
    return fitting[0].device


def open_port(device: str, baud: int | None = None) -> Any:
    """The opened port (a ``serial.Serial``); raises ``BoardError`` in words.

    ``baud`` matters to nothing but the touch at 1200 that asks a board for its bootloader.
    """
    import serial

    try:
        return serial.Serial(device, baud or BAUD, timeout=RAW_READ_S, write_timeout=2)
    except (serial.SerialException, OSError, ValueError) as error:
        raise BoardError(f"{device} cannot be opened: {port_trouble(error)}") from error


@contextmanager
def port_failures(device: str) -> Iterator[None]:
    """Whatever goes wrong with an opened port inside is a ``BoardError`` in words."""
    try:
        yield
    except (OSError, _TerminalError) as error:
        raise BoardError(
            f"{device} failed ({port_trouble(error)}): plug the board in again and repeat"
        ) from error


def port_trouble(error: BaseException) -> str:
    """What is wrong with a port, and what to do."""
    code = getattr(error, "errno", None)
    words = str(error).lower()
    if code == 13 or "permission" in words or "access is denied" in words:
        if sys.platform.startswith("linux"):
            return (
                "not allowed: add yourself to its group (sudo usermod -aG dialout "
                f"{os.environ.get('USER', '$USER')}) and log in again"
            )
        return "not allowed, or another program (an editor's console) holds it: close that"
    if code == 16 or "busy" in words:
        return "another program holds it: close it (an editor's serial console, a second monitor)"
    if code in (2, 6, 19) or "no such file" in words or "could not find" in words:
        return "it is not there: plug in the board"
    if code in (21, 25) or "inappropriate ioctl" in words or "is a directory" in words:
        return "it is no serial port; lanewise doctor lists those there are"
    return _printable(str(error)) or "unknown reason"


def _printable(text: str | None) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text or "")[:200]
