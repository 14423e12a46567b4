# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise emulate``: read pictures through the emulated camera and board."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import click
from click.core import ParameterSource

from lanewise.commands.board_emulation import run_as_board
from lanewise.commands.console import progress_bar
from lanewise.commands.options import (
    RealRange,
    data_dir_option,
    json_option,
    seed_option,
    split_option,
)
from lanewise.commands.readings import Tally, report, report_unread, summary
from lanewise.commands.sights import (
    Sight,
    digit_sights,
    file_sight,
    folder_sights,
    scene_sights,
    webcam_sights,
)
from lanewise.commands.stages import save_stages
from lanewise.data.scenes.conditions import LEVELS
from lanewise.data.scenes.numbers import MOST_FIGURES
from lanewise.emulator.camera_module import MODULES
from lanewise.emulator.desk import COLORSPACES, VMS, WIDTHS, EmulatedDesk, Seen, boards_with_pins
from lanewise.emulator.faults import FAULTS
from lanewise.errors import EmulatorError, LanewiseError, PictureError, UsageError
from lanewise.export.lanes import read
from lanewise.zoo.shelf import model_path

SIZES = tuple(f"{width}x{width * 3 // 4}" for width in WIDTHS)


@click.command(epilog="Example: lanewise emulate --model digits.lanes --image seven.png --show")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    default=None,
    help="A .lanes file, or a name of the zoo (lanewise models). Needed without --as-board.",
)
@click.option(
    "--image",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A picture; also: just FILE.",
)
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
@seed_option("Decides the camera's noise, the fault's moments, and the scenes.")
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
@split_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Pictures of --data or --webcam; at most, if given, of the others.",
)
@click.option(
    "--scale",
    type=RealRange(0.3, 1.0),
    default=0.9,
    show_default=True,
    help="With --data: side of the digit's 28x28 field as a share of the frame's height.",
)
@click.option("--size", type=click.Choice(SIZES), default="80x60", show_default=True)
@click.option("--colorspace", type=click.Choice(COLORSPACES), default="rgb", show_default=True)
@click.option(
    "--board",
    type=click.Choice(boards_with_pins()),
    default="raspberry_pi_pico",
    show_default=True,
    help="The board that is emulated.",
)
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
    data_dir: Path | None,
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
        raise UsageError("name a model with --model: a .lanes file, or one of lanewise models")
    model = model_path(model)
    read(model)  # the host's checks say more about a bad file than a board can
    drawn = data_name is not None and scenes is None
    if sum((bool(given), images is not None, drawn, scenes is not None, webcam is not None)) != 1:
        raise UsageError(
            "name one of: picture files, --images FOLDER, --data NAME, --scenes N, --webcam NUMBER"
        )
    _refuse_without(scenes is not None, "--scenes", "level", "figures")
    _refuse_without(drawn, "--data", "scale")
    _refuse_without(drawn or scenes is not None, "--data or --scenes", "split")
    _refuse_without(False, "--as-board", "fat", "seconds")
    sights: Iterable[Sight]
    if given:
        sights = [file_sight(path) for path in given]
    elif images is not None:
        sights = folder_sights(images)
    elif scenes is not None:
        sights = scene_sights(scenes, level, seed, data_name or "pen", split, data_dir, figures)
    elif webcam is not None:
        sights = webcam_sights(int(webcam) if webcam.isdecimal() else webcam, limit)
    else:
        sights = digit_sights(str(data_name), split, data_dir, limit, scale)
    count = len(sights) if isinstance(sights, list) else scenes or limit
    if _is_given("limit"):
        sights, count = islice(sights, limit), min(count, limit)
    begun = time.perf_counter()
    tally = Tally()
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
        seed=seed,
        module=module,
        vm=vm,
    )
    with _ready(desk, sights if as_json else ()):
        _tell_smaller_frames(desk, size)
        looks = _looks(desk, sights, count, frames, as_json or bool(given), save)
        for sight, seen in looks:
            tally.count(sight.label, seen)
            report(sight, seen, as_json, show)
    if not as_json:
        summary(tally, time.perf_counter() - begun)
    if tally.unreadable and tally.seen == 1:
        click.get_current_context().exit(PictureError.exit_status)  # its line says it all
    if tally.unreadable:
        raise PictureError(
            f"{tally.unreadable} of {tally.seen} pictures could not be read, see above"
        )


def _is_given(name: str) -> bool:
    """Was the option named in the call?"""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE


def _refuse_all_but(*names: str) -> None:
    """Name an option that was given and would be passed over in silence."""
    for parameter in click.get_current_context().command.params:
        if parameter.name not in names and _is_given(str(parameter.name)):
            raise UsageError(f"--as-board does not take {parameter.opts[0]}")


def _refuse_without(there: bool, what: str, *names: str) -> None:
    """Name an option that was given and says nothing without another."""
    for name in names:
        if not there and _is_given(name):
            raise UsageError(f"--{name} goes with {what}: give that, or leave it out")


@contextmanager
def _ready(desk: EmulatedDesk, sights: Iterable[Sight]) -> Iterator[None]:
    """The board, ready to look; where its camera does not start, each of ``sights`` is told so."""
    with ExitStack() as stack:
        try:
            stack.enter_context(desk)
        except EmulatorError as error:
            for sight in sights:
                report_unread(sight, error)
            raise
        yield


def _tell_smaller_frames(desk: EmulatedDesk, asked: str) -> None:
    """Say where memory has room for smaller frames only, as on the board."""
    frame = desk.ready.partition(" frame=")[2].partition(" ")[0]
    if frame != asked:
        click.echo(
            f"lanewise: frames of {asked} do not fit into the board's memory beside the model: "
            f"it takes {frame}",
            err=True,
        )


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
