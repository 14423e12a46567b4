# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Contact sheets for the docs: scenes of every level, marks, and what registers and modules do.

    python tools/draw_emulation.py --out docs/images

Writes scenes.jpg, marks.jpg and sensor.jpg, from pen digits and marks only. Every picture of
sensor.jpg went through the unmodified driver; the registers named in its caption were written
behind the driver's back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lanewise.data.marks import KINDS, Marks, load_marks
from lanewise.data.pen import pen_digits
from lanewise.data.scenes import LEVELS, scenes
from lanewise.data.sheet import contact_sheet
from lanewise.emulator import ArraySource, EmulatedBoard
from lanewise.emulator import registers as reg
from lanewise.emulator.desk import board_pins
from lanewise.endings import run_tool
from lanewise.resources import import_lanecam

UInt8 = NDArray[np.uint8]
Registers = tuple[tuple[int, int], ...]

ACROSS = 8
GAP = 4
CAPTION = 15
WILD_ROWS = 3
MARKS_ACROSS = 36
MANUAL: Registers = ((reg.COM8, 0xE0), (reg.AECHH, 0), (reg.AECH, 0x40), (reg.COM1, 0))
"""Automatics off, exposure as the scene is."""

SHOWN: tuple[tuple[str, str, Registers], ...] = (

    ("module ideal", "ideal", ()),
    ("module typical", "typical", ()),
    ("module poor", "poor", ()),
    ("AWB on (COM8=E7)", "poor", ((reg.COM8, 0xE7),)),
    ("exposure 64 lines", "typical", (*MANUAL, (reg.AECH, 0x10))),
    ("exposure 510 lines", "typical", (*MANUAL, (reg.AECH, 0x7F), (reg.COM1, 2))),
    ("1/8 exposure, gain 8", "typical", (*MANUAL, (reg.AECH, 0x08), (reg.GAIN, 0x70))),
    ("RED=C0, BLUE=60", "typical", ((reg.RED, 0xC0), (reg.BLUE, 0x60))),
    ("gamma off (COM13=08)", "typical", ((reg.COM13, 0x08),)),
    ("matrix 0: grey", "typical", tuple((reg.MTX1 + i, 0) for i in range(6))),
    ("matrix doubled", "typical", tuple(
        (reg.MTX1 + i, v) for i, v in enumerate((0xFF, 0xFF, 0, 0x44, 0xBC, 0xFF))
    )),
    ("lens correction off", "poor", ((reg.LCC5, 0),)),
    ("BRIGHT=30, CONTRAS=50", "typical", ((reg.BRIGHT, 0x30), (reg.CONTRAS, 0x50))),
    ("negative (TSLB=24)", "typical", ((reg.TSLB, 0x24),)),
    ("mirror and flip", "typical", ((reg.MVFP, 0x37),)),
    ("window 64 px to the right", "typical", ((reg.HSTART, 238 >> 3), (reg.HSTOP, 94 >> 3))),
    ("colour bars (XSC, YSC)", "typical", ((reg.SCALING_YSC, 0xA0),)),
    ("fade to grey", "typical", ((reg.SCALING_XSC, 0xA0), (reg.SCALING_YSC, 0xA0))),
)  # fmt: skip
"""Caption, camera module, registers written after the driver's set-up."""

FAULTS = ("torn-frame", "swapped-bytes", "bit-errors")


def captured(camera: Any) -> UInt8:
    """The picture that an RGB565 frame holds, (h, w, 3) uint8."""
    words = np.frombuffer(bytes(camera.capture()), ">u2").reshape(camera.height, camera.width)
    planes = [(words >> 11) * 255 // 31, (words >> 5 & 63) * 255 // 63, (words & 31) * 255 // 31]
    return np.stack(planes, axis=2).astype(np.uint8)


def sensor_pictures(scene: UInt8, other: UInt8) -> list[tuple[str, UInt8]]:
    """The scene as the driver captures it, for each of ``SHOWN`` and ``FAULTS``."""
    import_lanecam()
    pictures = []
    wanted: list[tuple[str, str, Registers, str | None]] = [(*shown, None) for shown in SHOWN]
    wanted += [(f"fault {name}", "typical", (), name) for name in FAULTS]
    for caption, module, registers, fault in wanted:
        with EmulatedBoard(source=ArraySource(scene), fast=True, module=module, seed=1) as board:
            from lanecam.camera import Camera

            camera = Camera(board_pins(board.name, 160, "rgb"))
            camera.open()
            if fault:
                board.source = ArraySource(other)
                camera.capture()
                board.source = ArraySource(scene)
                board.fault = fault
            for address, value in registers:
                board.sensor.write(address, value)
            pictures.append((caption, captured(camera)))
            camera.close()
    return pictures


def sheet(pictures: list[tuple[str, UInt8]], across: int) -> Image.Image:
    """Pictures of one size in rows, each with its caption below."""
    height, width = pictures[0][1].shape[:2]
    rows = -(-len(pictures) // across)
    size = (across * (width + GAP) - GAP, rows * (height + CAPTION + GAP) - GAP)
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(11)
    for number, (caption, picture) in enumerate(pictures):
        x = number % across * (width + GAP)
        y = number // across * (height + CAPTION + GAP)
        page.paste(Image.fromarray(picture), (x, y))
        pen.text((x + 1, y + height + 1), caption, fill="black", font=font)
    return page


def by_kind(marks: Marks, each: int) -> Marks:
    """The first ``each`` marks of every kind, kind by kind."""
    places = [np.flatnonzero(marks.kinds == kind)[:each] for kind in range(len(KINDS))]
    return marks.take(np.concatenate(places))


def mark_sheet(seed: int) -> Image.Image:
    """A row of marks of each kind of both splits, and scenes of marks below."""
    rows = []
    for split in ("train", "validation"):
        marks = by_kind(load_marks(split, 1200, seed), MARKS_ACROSS)
        rows.append(contact_sheet(marks, MARKS_ACROSS))
    side = 2 * GAP
    both = [np.pad(row, ((0, side), (0, 0)), constant_values=255) for row in rows]
    inked = Image.fromarray(np.concatenate(both))
    marks = load_marks("train", ACROSS, seed)
    levels = ("easy", "desk", "hard", "wild")
    shown = [
        next(scenes(marks.take([at]), 1, levels[at * len(levels) // ACROSS], seed + at, height=96))
        for at in range(ACROSS)
    ]
    below = sheet([("", scene.picture) for scene in shown], ACROSS)
    page = Image.new("RGB", (below.width, inked.height + below.height - CAPTION), "white")
    page.paste(inked, ((below.width - inked.width) // 2, 0))
    page.paste(below, (0, inked.height))
    return page


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/images"))
@click.option("--seed", default=12, show_default=True)
def main(out: Path, seed: int) -> None:
    """Draw all sheets."""
    digits = pen_digits(3 * ACROSS * len(LEVELS), seed=seed)
    pictures = []
    for at, level in enumerate(LEVELS):
        rows = WILD_ROWS if level == "wild" else 1
        shown = digits.take(slice(3 * ACROSS * at, 3 * ACROSS * (at + 1)))
        for scene in scenes(shown, rows * ACROSS, level, seed, height=96):
            pictures.append((level if scene.number % ACROSS == 0 else "", scene.picture))
    out.mkdir(parents=True, exist_ok=True)
    sheet(pictures, ACROSS).save(out / "scenes.jpg", quality=80, optimize=True)

    mark_sheet(seed).save(out / "marks.jpg", quality=75, optimize=True)

    desk = list(scenes(digits, 6, "desk", 3, height=240))
    page = desk[5].picture.copy()
    page[:28, :] = (190, 60, 40)  # something of each colour
    page[:28, 110:] = (60, 150, 70)
    page[:28, 220:] = (50, 70, 180)
    sensor = sensor_pictures(page, desk[2].picture)
    sheet(sensor, 6).save(out / "sensor.jpg", quality=80, optimize=True)
    for name in ("scenes.jpg", "marks.jpg", "sensor.jpg"):
        click.echo(f"{out / name}: {(out / name).stat().st_size} bytes")


if __name__ == "__main__":
    run_tool(main)
