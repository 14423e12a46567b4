# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate``: read pictures through the emulated camera and board."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from lanewise.commands.board_emulation import run_as_board
from lanewise.commands.console import data_dir_option, json_option, print_json, progress_bar, stdout
from lanewise.commands.text_pictures import seen_picture
from lanewise.data.pictures import picture_folder
from lanewise.data.sources import load
from lanewise.emulator.desk import COLORSPACES, WIDTHS, EmulatedDesk, Seen, boards_with_pins
from lanewise.emulator.faults import FAULTS
from lanewise.emulator.sources import DigitSource, PictureSource, Source
from lanewise.errors import PictureError, UsageError
from lanewise.export.lanes import read
from lanewise.zoo.shelf import model_path

SIZES = tuple(f"{width}x{width * 3 // 4}" for width in WIDTHS)


@dataclass(frozen=True)
class _Sight:
    """Something to look at: its name, what it shows if known, and how to open it."""

    name: str
    label: str | None
    open: Callable[[], Source]


def _file(path: Path, label: str | None = None) -> _Sight:
    return _Sight(str(path), label, lambda: PictureSource(path))


def _digits(name: str, split: str, folder: Path | None, limit: int, scale: float) -> list[_Sight]:
    digits = load(name, split, data_dir=folder, count=limit)

    def sight(index: int) -> _Sight:
        image = digits.images[index]
        label = str(digits.labels[index])
        return _Sight(f"{digits.name} {index}", label, lambda: DigitSource(image, scale=scale))

    return [sight(index) for index in range(len(digits))]


@click.command(epilog="Example: lanewise emulate --model digits.lanes --image seven.png --show")
@click.option(
    "--model", type=click.Path(path_type=Path), default=None, help="A .lanes file or a zoo name."
)
@click.option("--image", "files", type=click.Path(path_type=Path), multiple=True, help="A picture.")
@click.argument("more", type=click.Path(path_type=Path), nargs=-1, metavar="[FILE]...")
@click.option(
    "--images",
    type=click.Path(path_type=Path),
    default=None,
    help="A folder of pictures; its labels.csv (file,label), if there, is scored against.",
)
@click.option("--data", "data_name", default=None, help="Digits drawn on a page: pen or mnist.")
@click.option(
    "--split", type=click.Choice(["test", "validation", "train"]), default="test", show_default=True
)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@click.option(
    "--scale",
    type=click.FloatRange(0.3, 1.0),
    default=0.9,
    show_default=True,
    help="With --data: side of the digit's 28x28 field as a share of the frame's height.",
)
@click.option("--size", type=click.Choice(SIZES), default="80x60", show_default=True)
@click.option("--colorspace", type=click.Choice(COLORSPACES), default="rgb", show_default=True)
@click.option("--board", type=click.Choice(boards_with_pins()), default="raspberry_pi_pico")
@click.option("--fault", type=click.Choice(list(FAULTS)), default=None, help="What is broken.")
@click.option("--show", is_flag=True, help="Draw what the board saw, in characters.")
@click.option(
    "--as-board",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Show a board in this folder: a drive and a serial port that runs what you deploy.",
)
@click.option(
    "--vm",
    type=click.Choice(["cpython", "micropython"]),
    default="cpython",
    show_default=True,
    help="With --as-board: what runs the drive's programs.",
)
@click.option("--fat", is_flag=True, help="With --as-board: the drive is a FAT image, .img.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.1),
    default=2,
    show_default=True,
    help="With --as-board: how long the camera sees each picture.",
)
@data_dir_option
@json_option
def emulate(
    model: Path | None,
    files: tuple[Path, ...],
    more: tuple[Path, ...],
    images: Path | None,
    data_name: str | None,
    split: str,
    limit: int,
    scale: float,
    size: str,
    colorspace: str,
    board: str,
    fault: str | None,
    show: bool,
    as_board: Path | None,
    vm: str,
    fat: bool,
    seconds: float,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Read pictures through driver, emulated OV7670, vision and integer engine.

    Give picture files, --images FOLDER, or --data NAME. A picture that cannot be read is reported
    and the rest is still read; the exit status is then 1.
    """
    if as_board is not None:
        if model is not None or images is not None or data_name is not None:
            raise UsageError("--as-board takes picture files only; bring a model with deploy")
        run_as_board(
            as_board, board, [*files, *more], fault, as_json, vm=vm, fat=fat, seconds=seconds
        )
        return
    if model is None:
        raise UsageError("name a model with --model (a .lanes file or a zoo name)")
    model = model_path(model)
    read(model)  # the host's checks say more about a bad file than a board can
    given = (*files, *more)
    if sum((bool(given), images is not None, data_name is not None)) != 1:
        raise UsageError("name one of: picture files, --images FOLDER, --data NAME")
    if given:
        sights = [_file(path) for path in given]
    elif images is not None:
        sights = [_file(picture.path, picture.label) for picture in picture_folder(images)]
    else:
        folder = Path(data_dir) if data_dir else None
        sights = _digits(str(data_name), split, folder, limit, scale)
    begun = time.perf_counter()
    tally = _Tally()
    with EmulatedDesk(model, int(size.split("x")[0]), colorspace, board, fault) as desk:
        for sight, seen in _looks(desk, sights, quiet=as_json or not data_name):
            tally.count(sight.label, seen)
            _report(sight, seen, as_json, show)
    if not as_json:
        _summary(tally, len(sights), time.perf_counter() - begun)
    if tally.unreadable:
        raise PictureError(
            f"{tally.unreadable} of {len(sights)} pictures could not be read, see above"
        )


def _looks(
    desk: EmulatedDesk, sights: list[_Sight], quiet: bool
) -> Iterator[tuple[_Sight, Seen | PictureError]]:
    with progress_bar("reading", len(sights), quiet=quiet) as advance:
        for sight in sights:
            try:
                yield sight, desk.look(sight.open())
            except PictureError as error:
                yield sight, error
            advance(1)


class _Tally:
    """How many were right, wrong, refused or unreadable."""

    def __init__(self) -> None:
        self.labelled = self.right = self.unreadable = 0

    def count(self, label: str | None, seen: Seen | PictureError) -> None:
        if isinstance(seen, PictureError):
            self.unreadable += 1
            return
        if label is not None:
            self.labelled += 1
            self.right += seen.digit == label


def _report(sight: _Sight, seen: Seen | PictureError, as_json: bool, show: bool) -> None:
    if isinstance(seen, PictureError):
        if as_json:
            print_json({"file": sight.name, "outcome": "unreadable", "digit": None})
        click.echo(f"lanewise: {seen}", err=True)
        return
    if as_json:
        line: dict[str, object] = {
            "file": sight.name,
            "outcome": seen.outcome,
            "digit": seen.digit,
            "confidence": round(seen.confidence, 4),
            "margin": seen.margin,
            "box": None if seen.box is None else list(seen.box),
        }
        if sight.label is not None:
            line["label"] = sight.label
        print_json(line)
        return
    answer = f"digit {seen.digit}" if seen.digit is not None else seen.outcome
    told = "" if sight.label is None else f", it is {sight.label}"
    console = stdout()
    console.print(
        f"{sight.name}: {answer}{told} (confidence {seen.confidence:.2f}, margin {seen.margin})",
        soft_wrap=True,
        markup=False,
    )
    if show:
        console.print(seen_picture(seen))


def _summary(tally: _Tally, count: int, seconds: float) -> None:
    if tally.labelled:
        share = 100 * tally.right / tally.labelled
        stdout().print(
            f"{tally.right} of {tally.labelled} read right ({share:.1f} %), {seconds:.1f} s"
        )
