# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise flash``: put CircuitPython onto a board from a checked firmware file."""

from __future__ import annotations

from pathlib import Path

import click

from lanewise.boards.drives import (
    BOOTLOADER,
    BOOTLOADER_HELP,
    CIRCUITPY,
    BoardDrive,
    choose,
    find_boards,
)
from lanewise.boards.enter import enter_bootloader
from lanewise.boards.esp import CHIPS, check_image, write_image
from lanewise.boards.firmware import pinned
from lanewise.boards.flash import (
    WAIT_S,
    copy_firmware,
    target_for,
    wait_for_circuitpython,
)
from lanewise.boards.ports import choose_port, find_ports, open_port
from lanewise.boards.uf2 import LARGEST_BYTES, TARGETS, check, target_of
from lanewise.commands.board_choice import drive_option, port_option
from lanewise.commands.console import print_json, progress_bar, waiting
from lanewise.commands.options import RealRange, json_option
from lanewise.errors import LanewiseError, Uf2Error, UsageError


@click.command(
    epilog="Example: lanewise flash adafruit-circuitpython-raspberry_pi_pico-en_US-10.0.3.uf2 "
    "--board raspberry_pi_pico"
)
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), required=False, metavar="[FILE]"
)
@click.option(
    "--board",
    type=click.Choice(list(TARGETS)),
    default=None,
    help="Which board it is: several may share a bootloader (a Pico and a Pico W do).",
)
@drive_option
@click.option("--sha256", default=None, help="The digest that the file must have.")
@click.option("--enter", is_flag=True, help="Restart a board that runs CircuitPython to flash it.")
@port_option
@click.option(
    "--wait", type=RealRange(0), default=WAIT_S, show_default=True, help="Seconds; 0: don't."
)
@click.option(
    "--esp",
    type=click.Choice(list(CHIPS)),
    default=None,
    help="FILE is a .bin for this Espressif chip: let esptool write it.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@json_option
def flash(
    file: Path | None,
    board: str | None,
    drive: Path | None,
    sha256: str | None,
    enter: bool,
    port: str | None,
    wait: float,
    esp: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Check the firmware FILE (.uf2) block by block and copy it to a board's bootloader drive.

    To enter the bootloader: hold BOOTSEL on a Pico while plugging in USB; on most other boards
    press RESET twice quickly. A drive such as RPI-RP2 appears. A board that runs CircuitPython
    already restarts into it with --enter. The files on CIRCUITPY stay.
    """
    try:
        if esp is not None:
            _flash_esp(file, esp, port, sha256, dry_run, as_json)
            return
        _flash_uf2(file, board, drive, sha256, enter, port, wait, dry_run, as_json)
    except KeyboardInterrupt:
        raise LanewiseError(
            "stopped by Ctrl-C: enter the bootloader again and repeat; it cannot be lost"
        ) from None


def _flash_uf2(
    file: Path | None,
    board: str | None,
    drive: Path | None,
    sha256: str | None,
    enter: bool,
    port: str | None,
    wait: float,
    dry_run: bool,
    as_json: bool,
) -> None:
    if file is None and not enter:
        raise UsageError("name a .uf2 file; get one with: lanewise firmware fetch BOARD")
    data = _read(file) if file is not None else b""
    known = sha256 or (pinned(file) if file is not None else None)
    if enter:
        if file is not None:
            _check_for_some_board(data, board, str(file), known)
        entered = _enter(port, dry_run, as_json)
        if file is None or entered is None:
            return
        drive = entered.path
    assert file is not None
    found = find_boards()
    bootloader = choose(found, BOOTLOADER, drive, BOOTLOADER_HELP)
    target = target_for(bootloader, board)
    firmware = check(data, target, str(file), known)
    if not dry_run:
        with progress_bar(f"Writing to {bootloader.path}", len(data), as_json) as advance:
            copy_firmware(firmware, bootloader.path, advance)
        if wait:
            others = [one for one in found if one.kind == CIRCUITPY]
            with waiting("waiting for CIRCUITPY", quiet=as_json):
                wait_for_circuitpython(firmware, others, target.board, wait_s=wait)
    if as_json:
        print_json(
            {
                "board": target.board,
                "version": firmware.version,
                "sha256": firmware.sha256,
                "verified": known is not None,
                "written": not dry_run,
                "drive": str(bootloader.path),
            }
        )
        return
    done = "would be written" if dry_run else "runs" if wait else "is written"
    click.echo(f"CircuitPython {firmware.version} for {target.board} {done} ({bootloader.path})")
    if known is None:
        click.echo(
            "note: every block is well formed, but no digest of this file is known; its SHA-256 "
            f"is {firmware.sha256}"
        )


def _check_for_some_board(data: bytes, board: str | None, name: str, sha256: str | None) -> None:
    """Refuse a file that no board takes (or not ``board``), before one waits in its bootloader."""
    targets = list(TARGETS.values()) if board is None else [target_of(board)]
    problems = []
    for target in targets:
        try:
            check(data, target, name, sha256)
            return
        except Uf2Error as error:
            problems.append(error)
    raise problems[0]


def _enter(port: str | None, dry_run: bool, quiet: bool) -> BoardDrive | None:
    device = choose_port(find_ports(), port)
    if dry_run:
        click.echo(f"{device} would be restarted into its bootloader", err=True)
        return None
    with waiting(f"{device} restarts into its bootloader", quiet=quiet):
        found = enter_bootloader(lambda baud: open_port(device, baud))
    if not quiet:
        click.echo(f"its drive is {found.path}", err=True)
    return found


def _flash_esp(
    file: Path | None,
    chip_name: str,
    port: str | None,
    sha256: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    if file is None or port is None:
        raise UsageError("--esp needs the .bin file and --port PORT (the chip's serial port)")
    chip = CHIPS[chip_name]
    image = check_image(file, chip, sha256 or pinned(file))
    call = write_image(image, chip, port, dry_run)
    if as_json:
        told = {"chip": chip_name, "version": image.version, "sha256": image.sha256}
        print_json(told | {"written": not dry_run, "command": call})
        return
    done = f"would be written by: {' '.join(call)}" if dry_run else "is written"
    click.echo(f"CircuitPython {image.version} for {chip_name} {done}")
    click.echo(
        "note: Espressif chips cannot drive the OV7670; Lanewise's reader needs another board"
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
