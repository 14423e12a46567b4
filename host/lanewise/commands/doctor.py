# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from lanewise.boards.bundle import MODEL_ON_BOARD
from lanewise.boards.checkup import (
    FAIL,
    OK,
    SKIP,
    WARN,
    Check,
    drive_checks,
    host_checks,
    listening_checks,
    port_checks,
)
from lanewise.boards.drive import Drive
from lanewise.boards.drives import CIRCUITPY, BoardDrive, choose, find_boards, look_at, open_drive
from lanewise.boards.ports import choose_port, find_ports, open_port, port_failures
from lanewise.boards.probe import camera_check, golden_check, module_checks
from lanewise.boards.repl import RawRepl
from lanewise.boards.slots import SLOTS, Record, folder_of, load_record, running_folder
from lanewise.commands.board_choice import drive_option, port_option
from lanewise.commands.console import print_json, waiting
from lanewise.commands.options import RealRange, json_option
from lanewise.errors import BoardError, LanewiseError, UsageError
from lanewise.export.lanes import loads
from lanewise.zoo.golden import golden_vectors

VECTORS = 4

_COLOURS = {OK: "green", WARN: "yellow", FAIL: "red", SKIP: "bright_black"}


@click.command(epilog="Example: lanewise doctor")
@drive_option
@port_option
@click.option(
    "--listen",
    "listen_s",
    type=RealRange(0),
    default=5,
    show_default=True,
    help="Seconds to listen to the board; 0: not at all.",
)
@click.option(
    "--probe", is_flag=True, help="Stop the program for a moment: modules, camera, model."
)
@click.option("--restart", is_flag=True, help="Restart the board's program before listening.")
@json_option
def doctor(
    drive: Path | None,
    port: str | None,
    listen_s: float,
    probe: bool,
    restart: bool,
    as_json: bool,
) -> None:
    """Check this computer, the board, its camera and its model; exit status 1 if one fails."""
    checks = host_checks()
    ports = find_ports()
    checks += port_checks(ports)
    uid: str | None = None
    board: BoardDrive | None = None
    found = find_boards()
    try:
        looked = look_at(drive) if drive is not None else None
        plugged = looked or (found[0] if drive is None and len(found) == 1 else None)
        board = plugged or choose(found, CIRCUITPY, drive, "plug in the board")
        uid = board.uid
        checks += drive_checks(board)
    except UsageError:
        raise
    except LanewiseError as error:
        checks.append(Check("board", "drive", FAIL, str(error)))
    if probe:
        try:
            device = choose_port(ports, port, uid)
            with waiting(f"asking {device}, whose program stops meanwhile", quiet=as_json):
                checks += _probe(device, board)
        except BoardError as error:
            checks.append(Check("board", "console", FAIL, str(error)))
    if listen_s:
        try:
            device = choose_port(ports, port, uid)
            with waiting(f"listening to {device} for {listen_s:g} s", quiet=as_json):
                checks += listening_checks(lambda: open_port(device), listen_s, restart=restart)
        except BoardError as error:
            checks.append(Check("board", "serial port", FAIL, str(error)))
    failed = any(check.status == FAIL for check in checks)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            click.echo(_line(check))
    if failed:
        raise SystemExit(1)


def _probe(device: str, board: BoardDrive | None) -> list[Check]:
    """Modules of the firmware, and golden vectors of the model that runs, on the board itself."""
    files = open_drive(board.path) if board is not None else None
    folder = running_folder(files) if files is not None else None
    with port_failures(device), open_port(device) as port, RawRepl(port) as repl:
        found = module_checks(repl)
        record = next((one for one in _records(files) if folder == folder_of(one.slot)), None)
        if folder is not None and record is not None:
            found.append(camera_check(repl, folder, record.board))
        if files is not None and folder is not None:
            program, _ = loads(files.read(f"{folder}/{MODEL_ON_BOARD}") or b"", MODEL_ON_BOARD)
            golden = golden_vectors(program, "")
            pairs = list(zip(golden["inputs"], golden["logits"], strict=True))[:VECTORS]
            found.append(golden_check(repl, folder, pairs, golden["digits_per_value"]))
        return found


def _records(files: Drive | None) -> list[Record]:
    found = [] if files is None else [load_record(files, slot) for slot in SLOTS]
    return [record for record in found if record is not None]


def _line(check: Check) -> str:
    """One line of the list, and below it what to do."""
    mark = click.style(f"{check.status:<5}", fg=_COLOURS[check.status])
    line = f"{mark} {check.part:<7} {check.name}: {check.detail}"
    if not check.remedy or check.status == OK:
        return line
    return f"{line}\n{'':<13} -> {click.style(check.remedy, fg=_COLOURS[check.status])}"
