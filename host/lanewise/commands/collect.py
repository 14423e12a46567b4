# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise monitor --collect``: labelled frames from a board, one for each key pressed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from PIL import Image

from lanewise.boards.capture import Frame, take_frame
from lanewise.boards.drives import CIRCUITPY, choose, find_boards, open_drive
from lanewise.boards.frames import app_listens, ask_for_frame
from lanewise.boards.ports import choose_port, find_ports, open_port
from lanewise.boards.repl import RawRepl
from lanewise.boards.slots import SLOTS, load_record, running_folder
from lanewise.commands.console import waiting
from lanewise.errors import BoardError, LanewiseError
from lanewise.vision.luma import frame_luma

LABELS = "labels.csv"


def collect(into: Path, port: str | None, drive: Path | None) -> int:
    """Ask for keys until ``q``; each digit's key saves a frame with that label. How many.

    A running app that takes commands goes on reading meanwhile; another board's program stops for
    as long as keys are asked for.
    """
    board = choose(find_boards(), CIRCUITPY, drive, "plug in the board")
    files = open_drive(board.path)
    folder = running_folder(files)
    records = [load_record(files, slot) for slot in SLOTS]
    record = next((one for one in records if one and folder == f"lanewise/{one.slot}"), None)
    if folder is None or record is None:
        raise BoardError(f"{board.path} has no reader; first: lanewise deploy MODEL")
    device = choose_port(find_ports(), port, board.uid)
    board_id, place = record.board, folder
    with open_port(device) as opened:
        with waiting("asking the board"):
            listens = app_listens(opened)
        if listens:
            return _keys(into, lambda key: _from_app(opened, key))
        click.echo("its program stops meanwhile", err=True)
        with RawRepl(opened) as repl:
            return _keys(into, lambda key: take_frame(repl, place, board_id))


def _from_app(port: Any, key: str) -> Frame:
    port.reset_input_buffer()  # what it said while nobody pressed a key
    return ask_for_frame(port, key)


def _keys(into: Path, frame_for: Callable[[str], Frame]) -> int:
    click.echo("Show a digit and press its key; q ends.", err=True)
    count = 0
    try:
        while (key := click.getchar()) not in ("q", "Q", "\x03", "\x04", ""):
            if key not in "0123456789":
                continue
            try:
                frame = frame_for(key)
            except BoardError as error:
                click.echo(f"lanewise: {error}", err=True)
                continue
            name = save(into, frame, key)
            count += 1
            click.echo(f"{key}: {name}", err=True)
    except (KeyboardInterrupt, EOFError):
        click.echo("", err=True)
    return count


def save(into: Path, frame: Frame, label: str) -> Path:
    """Write the frame's brightness as a PNG and its label into ``labels.csv``; the PNG's path."""
    luma = frame_luma(frame.data, frame.height, frame.width, frame.colorspace)
    try:
        into.mkdir(parents=True, exist_ok=True)
        number = 0
        while (path := into / f"frame-{number:04d}.png").exists():
            number += 1
        Image.fromarray(luma).save(path)
        labels = into / LABELS
        fresh = not labels.exists()
        with labels.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            if fresh:
                rows.writerow(("file", "label"))
            rows.writerow((path.name, label))
    except OSError as error:
        raise LanewiseError(f"{into} cannot be written: {error.strerror or error}") from error
    return path
