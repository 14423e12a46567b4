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

from lanewise.boards.bundle import MODEL_ON_BOARD
from lanewise.boards.capture import Frame, take_frame
from lanewise.boards.drives import CIRCUITPY, choose, find_boards, open_drive
from lanewise.boards.frames import app_listens, ask_for_frame, reading_now
from lanewise.boards.ports import choose_port, find_ports, open_port, port_failures
from lanewise.boards.repl import RawRepl
from lanewise.boards.slots import SLOTS, load_record, running_folder
from lanewise.commands.board_words import in_words
from lanewise.commands.console import waiting
from lanewise.errors import BoardError, LanewiseError, UsageError
from lanewise.export.lanes import loads
from lanewise.integer.program import Program
from lanewise.runtimes.reference import run_reference
from lanewise.vision.luma import frame_luma
from lanewise.vision.pipeline import read_frame

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
    with port_failures(device), open_port(device) as opened:
        with waiting("asking the board"):
            listens = app_listens(opened)
        if listens:
            return _keys(into, lambda key: _from_app(opened, key), lambda: _sees(opened))
        click.echo("its program stops meanwhile", err=True)
        program, _ = loads(files.read(f"{folder}/{MODEL_ON_BOARD}") or b"", MODEL_ON_BOARD)
        with RawRepl(opened) as repl:

            def frame() -> Frame:
                return take_frame(repl, place, board_id)

            return _keys(into, lambda key: frame(), lambda: _reads(program, frame()))


def _from_app(port: Any, key: str) -> Frame:
    port.reset_input_buffer()  # what it said while nobody pressed a key
    return ask_for_frame(port, key)


def _sees(port: Any) -> str:
    event = reading_now(port)
    return "the board says nothing" if event is None else f"the board sees: {in_words(event)}"


def _reads(program: Program, frame: Frame) -> str:
    """What the board would read, computed here: the same vision, the same integers."""
    luma = frame_luma(frame.data, frame.height, frame.width, frame.colorspace)
    _, cells, _ = program.input_shape
    seen = read_frame(luma, cells, program.input_bits, program.crop)
    if seen.ink is None:
        return f"the board sees: -  {seen.outcome}"
    logits = run_reference(program, seen.ink[None])[0]
    return f"the board sees: {program.labels[int(logits.argmax())]}"


def _keys(
    into: Path, frame_for: Callable[[str], Frame], hint: Callable[[], str] | None = None
) -> int:
    click.echo("Show a digit and press its key; q ends, any other key looks again.", err=True)
    count = 0
    try:
        while True:
            if hint is not None:
                click.echo(_hinted(hint), err=True)
            key = _pressed()
            if key in ("q", "Q", "\x03", "\x04", ""):
                break
            if key not in "0123456789":
                continue
            try:
                frame = frame_for(key)
            except BoardError as error:
                click.echo(f"lanewise: {error}", err=True)
                continue
            name = save(into, frame, key)
            count += 1
            click.echo(f"{key}: {name} ({count} so far)", err=True)
    except (KeyboardInterrupt, EOFError):
        click.echo("", err=True)
    return count


def _pressed() -> str:
    try:
        return click.getchar()
    except OSError:
        raise UsageError("--collect waits for keys: start it in a terminal") from None


def _hinted(hint: Callable[[], str]) -> str:
    try:
        return hint()
    except BoardError as error:
        return f"lanewise: {error}"


def save(into: Path, frame: Frame, label: str) -> Path:
    """Write the frame's brightness as a PNG and its label into ``labels.csv``; the PNG's path."""
    luma = frame_luma(frame.data, frame.height, frame.width, frame.colorspace)
    try:
        into.mkdir(parents=True, exist_ok=True)
        number = 0
        while (path := into / f"frame-{number:04d}.png").exists():
            number += 1
        try:
            Image.fromarray(luma).save(path)
            labels = into / LABELS
            fresh = not labels.exists()
            with labels.open("a", newline="", encoding="utf-8") as file:
                rows = csv.writer(file)
                if fresh:
                    rows.writerow(("file", "label"))
                rows.writerow((path.name, label))
        except BaseException:
            path.unlink(missing_ok=True)  # a picture without a label would spoil the folder
            raise
    except OSError as error:
        raise LanewiseError(f"{into} cannot be written: {error.strerror or error}") from error
    return path
