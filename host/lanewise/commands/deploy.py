# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise deploy``: bring the reader and a model onto a board, or take that back."""

from __future__ import annotations

import time
from pathlib import Path

import click

from lanewise.boards.bundle import board_files, prove
from lanewise.boards.deploy import deploy as deploy_bundle
from lanewise.boards.drives import CIRCUITPY, BoardDrive, choose, find_boards, open_drive
from lanewise.boards.undo import undo as undo_deploy
from lanewise.commands.board_choice import (
    board_of,
    compact_by_itself,
    drive_option,
    memory_note,
    version_note,
)
from lanewise.commands.console import print_json, progress_bar
from lanewise.commands.options import json_option
from lanewise.errors import DriveError, LanewiseError, UsageError
from lanewise.zoo.shelf import model_path

NO_BOARD = "plug in the board; without CircuitPython on it, begin with: lanewise flash --help"


@click.command(epilog="Example: lanewise deploy dense14")
@click.argument("model", required=False)
@click.option("--board", default=None, help="Board id, if the drive does not say it.")
@drive_option
@click.option(
    "--libraries",
    type=click.Path(path_type=Path, exists=True),
    default=None,
    help="Adafruit's bundle, a zip or a folder, for its libraries (default: installed packages).",
)
@click.option(
    "--pins",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="Your own file of pins, in the form of device/boards/*.py.",
)
@click.option(
    "--compact/--no-compact",
    default=None,
    help="Compile the modules here, not on the board: more memory for models there "
    "(default: for a Raspberry Pi Pico and Pico W).",
)
@click.option("--stock-pins", is_flag=True, help="Drop your edits of the pins on the board.")
@click.option("--undo", is_flag=True, help="Make the version before the last deploy run again.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
@json_option
def deploy(
    model: str | None,
    board: str | None,
    drive: Path | None,
    libraries: Path | None,
    pins: Path | None,
    compact: bool | None,
    stock_pins: bool,
    undo: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the reader and MODEL (a .lanes file, or a name of the zoo) onto a board.

    Only what changed is written. Pull the board out at any moment: it runs the version it had, or
    the new one, and the same command again goes on. Your own files stay; a code.py of yours is
    copied to lanewise/backup first.
    """
    if undo and (model or dry_run or pins or libraries or stock_pins or compact is not None):
        raise UsageError("--undo takes no model and no other option but --drive and --json")
    if not undo and model is None:
        raise UsageError("name a model: lanewise deploy MODEL (a .lanes file, or dense14)")
    chosen = choose(find_boards(), CIRCUITPY, drive, NO_BOARD)
    if chosen.read_only and not dry_run:
        raise DriveError(
            f"{chosen.path} is read-only: eject it and plug the board in again; if that does not "
            "help, its boot.py holds the drive (storage.remount), or its file system is damaged "
            "and storage.erase_filesystem() in the board's REPL makes a new, empty one"
        )
    try:
        if undo:
            _undo(chosen, as_json)
        else:
            assert model is not None
            name = board_of(chosen, board) if pins is None or board is None else board
            if compact is None:
                compact = compact_by_itself(chosen)
            bundle_of = (model_path(Path(model)), name, libraries, pins, compact)
            _deploy(chosen, bundle_of, stock_pins or pins is not None, dry_run, as_json)
    except KeyboardInterrupt:
        raise LanewiseError(
            "stopped by Ctrl-C: the board keeps the version it had; the same command goes on"
        ) from None


def _undo(chosen: BoardDrive, as_json: bool) -> None:
    done = undo_deploy(open_drive(chosen.path))
    if as_json:
        print_json({"undone": done.kind, "now": done.now, "drive": str(chosen.path)})
    else:
        click.echo(f"{chosen.path}: {done.now}")


def _deploy(
    chosen: BoardDrive,
    bundle_of: tuple[Path, str, Path | None, Path | None, bool],
    stock_pins: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    model, board, libraries, pins, compact = bundle_of
    begun = time.perf_counter()
    bundle = board_files(
        model, board, libraries=libraries, pins=pins, proved=False, compact=compact
    )
    with progress_bar(
        f"Deploying to {chosen.path}", bundle.byte_count, as_json, late=True
    ) as advance:
        done = deploy_bundle(
            open_drive(chosen.path),
            bundle,
            keep_pins=not stock_pins,
            dry_run=dry_run,
            progress=lambda path, size: advance(size),
            before_writing=lambda: prove(model),
        )
    seconds = time.perf_counter() - begun
    notes = [*done.notes, *filter(None, [version_note(chosen), memory_note(chosen, compact)])]
    if as_json:
        print_json(
            {
                "drive": str(chosen.path),
                "board": board,
                "model": bundle.model,
                "changed": done.changed,
                "dry_run": dry_run,
                "slot": done.slot,
                "written": list(done.written),
                "written_bytes": done.written_bytes,
                "kept": done.kept,
                "versions": bundle.versions,
                "notes": notes,
                "seconds": round(seconds, 3),
            }
        )
        return
    if not done.changed:
        words = f"{chosen.path} has model {bundle.model} already; nothing to write"
    elif dry_run:
        listed = "".join(f"\n  {path}" for path in done.written)
        words = f"{chosen.path}: {done.written_bytes} bytes would be written:{listed}"
    else:
        words = (
            f"{chosen.path}: model {bundle.model} runs; {len(done.written)} files written "
            f"({done.written_bytes} bytes), {done.kept} were right already, {seconds:.1f} s"
        )
    click.echo(words)
    for note in notes:
        click.echo(f"note: {note}")
