# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate``: read pictures through the emulated camera and board."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from click.core import ParameterSource

from lanewise.commands.board_emulation import run_as_board
from lanewise.commands.console import (
    RealRange,
    data_dir_option,
    json_option,
    print_json,
    progress_bar,
    stdout,
)
from lanewise.commands.sights import (
    Sight,
    digit_sights,
    file_sight,
    folder_sights,
    scene_sights,
    webcam_sights,
)
from lanewise.commands.stages import save_stages
from lanewise.commands.text_pictures import seen_picture
from lanewise.data.scenes.conditions import LEVELS
from lanewise.data.scenes.numbers import MOST_FIGURES
from lanewise.emulator.camera_module import MODULES
from lanewise.emulator.desk import COLORSPACES, VMS, WIDTHS, EmulatedDesk, Seen, boards_with_pins
from lanewise.emulator.faults import FAULTS
from lanewise.endings import one_line
from lanewise.errors import EmulatorError, LanewiseError, PictureError, UsageError
from lanewise.export.lanes import read
from lanewise.zoo.shelf import model_path

SIZES = tuple(f"{width}x{width * 3 // 4}" for width in WIDTHS)


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
    "--scenes",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="N rendered desks, with digits of --data (pen unless named).",
)
@click.option(
    "--level", type=click.Choice(LEVELS), default="desk", show_default=True, help="With --scenes."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--figures",
    type=click.IntRange(1, MOST_FIGURES),
    default=1,
    show_default=True,
    help="With --scenes: digits in a row on each page; more than one is read as a number.",
)
@click.option("--numbers", is_flag=True, help="Read several digits in a row as one number.")
@click.option(
    "--webcam",
    default=None,
    metavar="NUMBER|FILM",
    help="Look through this computer's camera, or at a film or pictures numbered like "
    "shot-%03d.png, --limit times (needs lanewise[webcam]).",
)
@click.option(
    "--split", type=click.Choice(["test", "validation", "train"]), default="test", show_default=True
)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@click.option(
    "--scale",
    type=RealRange(0.3, 1.0),
    default=0.9,
    show_default=True,
    help="With --data: side of the digit's 28x28 field as a share of the frame's height.",
)
@click.option("--size", type=click.Choice(SIZES), default="80x60", show_default=True)
@click.option("--colorspace", type=click.Choice(COLORSPACES), default="rgb", show_default=True)
@click.option("--board", type=click.Choice(boards_with_pins()), default="raspberry_pi_pico")
@click.option(
    "--module",
    type=click.Choice(list(MODULES)),
    default="typical",
    show_default=True,
    help="How good the camera's lens and chip are: noise, blur, falloff, light.",
)
@click.option("--fault", type=click.Choice(list(FAULTS)), default=None, help="What is broken.")
@click.option(
    "--frames",
    type=click.IntRange(1, 32),
    default=1,
    show_default=True,
    help="Frames of each picture that the reading rests on.",
)
@click.option("--show", is_flag=True, help="Draw what the board saw, in characters.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Write what the board saw at each stage into this folder, as pictures.",
)
@click.option(
    "--display",
    type=click.Choice(["st7735", "st7789", "ili9341"]),
    default=None,
    help="A display on the board; --save keeps what it shows (needs lanewise[display]).",
)
@click.option(
    "--as-board",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Show a board in this folder: a drive and a serial port that runs what you deploy.",
)
@click.option(
    "--vm", type=click.Choice(VMS), default="cpython", show_default=True, help="Runs code.py."
)
@click.option("--fat", is_flag=True, help="With --as-board: the drive is a FAT image, .img.")
@click.option(
    "--seconds",
    type=RealRange(0.1),
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
    scenes: int | None,
    level: str,
    seed: int,
    figures: int,
    numbers: bool,
    webcam: str | None,
    split: str,
    limit: int,
    scale: float,
    size: str,
    colorspace: str,
    board: str,
    module: str,
    fault: str | None,
    frames: int,
    show: bool,
    save: Path | None,
    display: str | None,
    as_board: Path | None,
    vm: str,
    fat: bool,
    seconds: float,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Read pictures with code.py on an emulated board: driver, OV7670, vision, integer engine.

    Give picture files, --images FOLDER, --data NAME, --scenes N or --webcam NUMBER. A picture that
    cannot be read, or at which the camera fails, is reported and the rest is still read; the exit
    status is then 1.
    """
    given = (*files, *more)
    if as_board is not None:
        if model is not None or images is not None or data_name is not None:
            raise UsageError("--as-board takes picture files only; bring a model with deploy")
        _refuse_all_but(
            "as_board", "board", "more", "files", "fault", "vm", "fat", "seconds", "as_json"
        )
        run_as_board(
            as_board, board, [*files, *more], fault, as_json, vm=vm, fat=fat, seconds=seconds
        )
        return
    if model is None:
        raise UsageError("name a model with --model (a .lanes file or a zoo name)")
    model = model_path(model)
    read(model)  # the host's checks say more about a bad file than a board can
    drawn = data_name is not None and scenes is None
    if sum((bool(given), images is not None, drawn, scenes is not None, webcam is not None)) != 1:
        raise UsageError(
            "name one of: picture files, --images FOLDER, --data NAME, --scenes N, --webcam NUMBER"
        )
    folder = Path(data_dir) if data_dir else None
    sights: Iterable[Sight]
    if given:
        sights = [file_sight(path) for path in given]
    elif images is not None:
        sights = folder_sights(images)
    elif scenes is not None:
        sights = scene_sights(scenes, level, seed, data_name or "pen", split, folder, figures)
    elif webcam is not None:
        sights = webcam_sights(int(webcam) if webcam.isdecimal() else webcam, limit)
    else:
        sights = digit_sights(str(data_name), split, folder, limit, scale)
    count = len(sights) if isinstance(sights, list) else scenes or limit
    begun = time.perf_counter()
    tally = _Tally()
    settings: dict[str, object] = {"LANEWISE_DISPLAY": display} if display else {}
    if numbers or figures > 1:
        settings["LANEWISE_NUMBERS"] = 1
    desk = EmulatedDesk(
        model,
        int(size.split("x")[0]),
        colorspace,
        board,
        fault,
        vote=frames,
        settings=settings,
        module=module,
        vm=vm,
    )
    with desk:
        looks = _looks(desk, sights, count, frames, as_json or bool(given), save)
        for sight, seen in looks:
            tally.count(sight.label, seen)
            _report(sight, seen, as_json, show)
    if not as_json:
        _summary(tally, time.perf_counter() - begun)
    if tally.unreadable and tally.seen == 1:
        click.get_current_context().exit(PictureError.exit_status)  # its line says it all
    if tally.unreadable:
        raise PictureError(
            f"{tally.unreadable} of {tally.seen} pictures could not be read, see above"
        )


def _refuse_all_but(*names: str) -> None:
    """Name an option that was given and would be passed over in silence."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(str(parameter.name))
        if parameter.name not in names and given is ParameterSource.COMMANDLINE:
            raise UsageError(f"--as-board does not take {parameter.opts[0]}")


def _looks(
    desk: EmulatedDesk,
    sights: Iterable[Sight],
    count: int,
    frames: int,
    quiet: bool,
    save: Path | None,
) -> Iterator[tuple[Sight, Seen | LanewiseError]]:
    with progress_bar("reading", count, quiet=quiet) as advance:
        for number, sight in enumerate(sights):
            try:
                source = sight.open()
                seen = desk.look(source, frames)
                if save is not None:
                    save_stages(save, number, source.scene(), seen, desk)
                yield sight, seen
            except (PictureError, EmulatorError) as error:
                yield sight, error
            advance(1)


class _Tally:
    """How many were right, wrong, refused or unreadable."""

    def __init__(self) -> None:
        self.seen = self.labelled = self.right = self.unreadable = 0

    def count(self, label: str | None, seen: Seen | LanewiseError) -> None:
        self.seen += 1
        if isinstance(seen, LanewiseError):
            self.unreadable += 1
            return
        if label is not None:
            self.labelled += 1
            self.right += (seen.digit or "") == label


def _report(sight: Sight, seen: Seen | LanewiseError, as_json: bool, show: bool) -> None:
    if isinstance(seen, LanewiseError):
        if as_json:
            outcome = "unreadable" if isinstance(seen, PictureError) else "fault"
            nothing = {"digit": None, "confidence": 0.0, "margin": 0, "box": None}
            print_json({"file": sight.name, "outcome": outcome} | nothing)
        click.echo(f"lanewise: {one_line(seen)}", err=True)
        return
    for warning in seen.warnings:
        if warning.startswith("FAULT "):
            click.echo(f"lanewise: the board says: {warning.split(' ', 2)[2]}", err=True)
    if as_json:
        line: dict[str, object] = {
            "file": sight.name,
            "outcome": seen.outcome,
            "digit": seen.digit,
            "confidence": round(seen.confidence, 4),
            "margin": seen.margin,
            "box": None if seen.box is None else list(seen.box),
        }
        if seen.figures:
            line["figures"] = [
                {"digit": one.digit, "confidence": round(one.confidence, 4), "box": list(one.box)}
                for one in seen.figures
            ]
        if sight.label is not None:
            line["label"] = sight.label or None
        print_json(line)
        return
    answer = f"{seen.outcome} {seen.digit}" if seen.digit is not None else seen.outcome
    told = "" if sight.label is None else f", it is {sight.label or 'no digit'}"
    console = stdout()
    console.print(
        f"{sight.name}: {answer}{told} (confidence {_confidence(seen)}, margin {seen.margin})",
        soft_wrap=True,
        markup=False,
    )
    if show:
        console.print(seen_picture(seen))


def _confidence(seen: Seen) -> str:
    """Of the reading; of a number also of each digit."""
    each = " ".join(f"{figure.confidence:.2f}" for figure in seen.figures)
    return f"{seen.confidence:.2f}: {each}" if each else f"{seen.confidence:.2f}"


def _summary(tally: _Tally, seconds: float) -> None:
    if tally.labelled:
        share = 100 * tally.right / tally.labelled
        stdout().print(
            f"{tally.right} of {tally.labelled} read right ({share:.1f} %), {seconds:.1f} s"
        )
