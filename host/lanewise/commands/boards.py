# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise boards``: list the boards that are plugged in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lanewise.boards.drives import CIRCUITPY, BoardDrive, find_boards, look_at, open_drive
from lanewise.boards.ports import BoardPort, find_ports
from lanewise.boards.slots import running_model
from lanewise.commands.board_choice import drive_option
from lanewise.commands.console import print_json
from lanewise.commands.options import json_option


@click.command(epilog="Example: lanewise boards")
@drive_option
@json_option
def boards(drive: Path | None, as_json: bool) -> None:
    """List boards by their drives and serial ports: firmware, free space, what they run."""
    if drive is not None:
        found = [board for board in [look_at(drive)] if board is not None]
    else:
        found = find_boards()
    ports = find_ports()
    if as_json:
        print_json(
            {
                "drives": [asdict(board) | {"path": str(board.path)} for board in found],
                "ports": [asdict(port) for port in ports],
            }
        )
        return
    if not found and not ports:
        click.echo(
            "No board found. Plug one in with a cable that carries data; a new board needs "
            "CircuitPython first: lanewise flash --help"
        )
        return
    left = list(ports)
    for board in found:
        own = [port for port in left if board.uid and port.serial_number == board.uid]
        left = [port for port in left if port not in own]
        click.echo(_words(board, own))
    for port in left:
        click.echo(f"{port.device}: serial port, {port.description}")


def _words(board: BoardDrive, ports: list[BoardPort]) -> str:
    """One line: drive, board, firmware, space, port, and what runs there."""
    runs = f"CircuitPython {board.version}" if board.version else board.kind
    free = f"{board.free_bytes // 1024} of {board.total_bytes // 1024} kB free"
    parts = [board.board_id or "an unknown board", runs, free]
    if board.read_only:
        parts.append("read-only")
    parts += [f"serial port {port.device}" for port in ports]
    model = None if board.kind != CIRCUITPY else running_model(open_drive(board.path))
    if model is not None:
        parts.append(f"reads digits with {model}")
    return f"{board.path}: {', '.join(parts)}"
