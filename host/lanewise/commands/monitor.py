# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise monitor``: watch a board read digits."""

from __future__ import annotations

import datetime
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lanewise.boards.capture import Frame
from lanewise.boards.frames import FrameCatcher
from lanewise.boards.lines import READINGS, Event
from lanewise.boards.listen import Log, State, Tally, as_row, listen
from lanewise.boards.ports import choose_port, find_ports, open_port
from lanewise.commands.board_choice import drive_option, port_option
from lanewise.commands.board_words import in_words
from lanewise.commands.collect import collect
from lanewise.commands.console import print_json
from lanewise.commands.options import RealRange, json_option
from lanewise.commands.text_pictures import text_picture
from lanewise.errors import UsageError
from lanewise.vision.luma import frame_luma

_BAR = 40
_PICTURE_COLUMNS = 36
VIEW_S = 3.0
"""How often the app is asked for the picture that the table shows."""


@click.command(epilog="Example: lanewise monitor --log readings.csv")
@port_option
@click.option(
    "--log",
    "log_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Also write every line to a .csv or .jsonl file.",
)
@click.option("--append", is_flag=True, help="Go on with a log that exists.")
@click.option("--count", type=click.IntRange(min=1), default=None, help="Stop after N readings.")
@click.option("--plain", is_flag=True, help="Print lines only, no table.")
@click.option(
    "--view/--no-view",
    default=True,
    show_default=True,
    help="Show what it read as a picture, in the table, every few seconds.",
)
@click.option("--wait", type=RealRange(0), default=0, help="Seconds to wait for the port at first.")
@click.option(
    "--collect",
    "into",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Save labelled frames into this folder: press the digit's key.",
)
@drive_option
@json_option
def monitor(
    port: str | None,
    log_path: Path | None,
    append: bool,
    count: int | None,
    plain: bool,
    view: bool,
    wait: float,
    into: Path | None,
    drive: Path | None,
    as_json: bool,
) -> None:
    """Show what the board reads: digit, confidence, a histogram, and faults in words.

    A board that is pulled out is waited for. Ctrl-C ends. With --collect each key takes a frame
    with that label: PNG files and labels.csv, as lanewise train --data FOLDER and lanewise emulate
    --images FOLDER read them.
    """
    if into is not None:
        if log_path or count or plain:
            raise UsageError("--collect takes --port, --drive and --json only")
        saved = collect(into, port, drive)
        if as_json:
            print_json({"frames": saved, "folder": str(into)})
        else:
            click.echo(f"{saved} frames in {into}")
        return
    device = choose_port(find_ports(), port)
    console = Console(highlight=False)
    table = not (plain or as_json) and console.is_terminal
    watch = _Watch(device, view and table)
    with ExitStack() as stack:
        log = stack.enter_context(Log(log_path, append)) if log_path else None
        live = stack.enter_context(Live(console=console, refresh_per_second=8)) if table else None
        try:
            for said in listen(watch.open, first_wait_s=wait):
                if isinstance(said, State):
                    watch.state = said.words
                    if live is None:
                        click.echo(f"{device}: {said.words}", err=True)
                elif said.kind == "frame":
                    watch.see(said)
                else:
                    watch.count(said)
                    row = as_row(said, _time())
                    if log:
                        log.write(row)
                    if as_json:
                        print_json(row)
                    elif live is None:
                        console.print(in_words(said), soft_wrap=True, markup=False)
                if live is not None:
                    live.update(watch.shown())
                if count is not None and watch.tally.readings >= count:
                    break
        except KeyboardInterrupt:
            pass
    if not as_json:
        console.print(_summary(watch.tally), soft_wrap=True, markup=False)


def _time() -> str:
    return datetime.datetime.now().astimezone().isoformat("T", "milliseconds")


class _Watch:
    """What the board said so far, and the picture that it was asked for last."""

    def __init__(self, device: str, view: bool) -> None:
        self.device = device
        self.state = "connecting"
        self.tally = Tally()
        self._view = view
        self._port: Any = None
        self._catcher = FrameCatcher()
        self._asked_at = 0.0
        self._picture: list[str] = []

    def open(self) -> Any:
        """Open the port, and remember it for questions."""
        self._port = open_port(self.device)
        return self._port

    def count(self, event: Event) -> None:
        """Take one event; now and then ask for the frame behind it."""
        self.tally.count(event)
        now = time.monotonic()
        if self._view and event.kind in READINGS and now - self._asked_at >= VIEW_S:
            self._asked_at = now
            with suppress(OSError):  # an app that takes no commands leaves the port full
                self._port.write(b"save view\n")

    def see(self, event: Event) -> None:
        """Take one line of a frame."""
        frame = self._catcher.feed(event.text)
        if frame is not None and self.tally.last is not None:
            self._picture = crop_picture(frame, self.tally.last.box)

    def shown(self) -> Group:
        """The table, and the picture."""
        return _view(self.tally, self.device, self.state, self._picture)


def crop_picture(frame: Frame, box: tuple[int, int, int, int] | None) -> list[str]:
    """What lies in ``box`` of a frame (None: all of it) as lines of characters, ink dark.

    The crop is square, and stretched to full contrast.
    """
    luma = frame_luma(frame.data, frame.height, frame.width, frame.colorspace)
    if box is not None:
        left, top, width, height = box
        side = max(width, height, 4) + 4
        x = max(0, left + (width - side) // 2)
        y = max(0, top + (height - side) // 2)
        luma = luma[y : y + side, x : x + side]
    if not luma.size:
        return []
    low, high = int(luma.min()), int(luma.max())
    ink = (high - luma.astype(int)) * 255 // max(1, high - low)
    return text_picture(ink, 255, _PICTURE_COLUMNS)


def _view(tally: Tally, device: str, state: str, picture: list[str]) -> Group:
    head = Text(f"{device}: {state}")
    if tally.ready:
        head.append("\n" + in_words(tally.ready))
    parts: list[Text | Table] = [head]
    if tally.last:
        parts.append(Text(in_words(tally.last), style="bold"))
    if tally.fault:
        parts.append(Text(in_words(tally.fault), style="red"))
    table = Table(box=None, show_header=False)
    most = max([*tally.digits.values(), *tally.reasons.values(), 1])
    for counter in (tally.digits, tally.reasons):
        for name, number in sorted(counter.items()):
            table.add_row(Text(name), Text("#" * max(1, _BAR * number // most)), str(number))
    parts.append(table)
    if picture:
        parts.append(Text("\n".join(["", *picture])))
    return Group(*parts)


def _summary(tally: Tally) -> str:
    digits = ", ".join(f"{name}: {number}" for name, number in sorted(tally.digits.items()))
    read = sum(tally.digits.values())
    told = f"; {digits}" if digits else ""
    return f"{tally.readings} readings, {read} digits{told}; {tally.faults} faults"
