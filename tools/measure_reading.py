# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Measure how a model reads the same digits at every size, in every colour space and mounting.

    python tools/measure_reading.py models/granite/model.lanes --frames 500 --scenes desk

Prints one Markdown table of the model on its data by integer arithmetic, and for drawn pages and
rendered scenes one of every combination of frame size, colour space and way the camera is mounted,
which its board file corrects (``FLIP_X``, ``FLIP_Y``). ``--within 1`` ends with status 1 when two
rows of a table differ by more than 1 % of accuracy. All rows see the same scenes, so what a size, a
colour space or a mounting changes is told with its uncertainty from the scenes that are read in one
row and not in another. Scenes are rendered once, at 640x480: 500 of them take 0.5 GB of memory.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from lanewise.commands.options import RealRange, data_dir_option, data_option, seed_option
from lanewise.data.digits import Digits
from lanewise.data.scenes import LEVELS, scenes
from lanewise.data.sources import load
from lanewise.emulator.camera_module import MODULES
from lanewise.emulator.desk import COLORSPACES, EmulatedDesk
from lanewise.emulator.sources import SCENE_HEIGHT, ArraySource, DigitSource, Scene
from lanewise.endings import run_tool
from lanewise.export.lanes import read, stored_bytes
from lanewise.zoo.card import measure
from lanewise.zoo.shelf import model_path

Readings = NDArray[np.bool_]

SIZES = ("80x60", "160x120", "320x240", "640x480")
MOUNTINGS: dict[str, tuple[bool, bool]] = {
    "upright": (False, False),
    "mirrored": (True, False),
    "upside down": (True, True),
    "upside down, mirrored": (False, True),
}
"""FLIP_X and FLIP_Y of the board file, which make good what the mounting does to the picture."""


def mounted(scene: Scene, mounting: str) -> Scene:
    """What a camera mounted so sees of a scene."""
    across, down = MOUNTINGS[mounting]
    return scene[:: -1 if down else 1, :: -1 if across else 1]


def camera_row(
    model: Path,
    seen_scenes: Sequence[Scene],
    labels: Sequence[int],
    cell: tuple[str, str, str],
    module: str,
) -> tuple[str, list[bool]]:
    """One line of a camera table, and which scenes were read right."""
    size, colorspace, mounting = cell
    across, down = MOUNTINGS[mounting]
    width = int(size.split("x")[0])
    outcomes: Counter[str] = Counter()
    right = []
    wrong = 0
    pins = {"FLIP_X": across, "FLIP_Y": down}
    with EmulatedDesk(model, width, colorspace, pins=pins, module=module) as desk:
        if f" frame={size} " not in desk.ready:
            raise click.ClickException(f"no memory for {size}: the board says {desk.ready}")
        for scene, label in zip(seen_scenes, labels, strict=True):
            seen = desk.look(ArraySource(mounted(scene, mounting)))
            right.append(seen.digit == str(label))
            wrong += seen.digit is not None and not right[-1]
            outcomes[seen.outcome] += seen.digit is None
    named = ", ".join(f"{count} {name}" for name, count in outcomes.most_common() if count)
    share = 100 / len(right)
    return (
        f"| {size} | {colorspace} | {mounting} | {share * sum(right):.1f} % "
        f"| {share * wrong:.1f} % | {named} |"
    ), right


def camera_table(
    model: Path,
    seen_scenes: Sequence[Scene],
    labels: Sequence[int],
    cells: Sequence[tuple[str, str, str]],
    module: str,
) -> float:
    """Print a table of all cells; how many percent lie between the best and the worst of them."""
    click.echo("| frame | colour space | mounting | read right | wrong digit | no digit |")
    click.echo("| --- | --- | --- | --- | --- | --- |")
    all_right = []
    for cell in cells:
        line, right = camera_row(model, seen_scenes, labels, cell, module)
        click.echo(line)
        all_right.append(right)
    table = np.array(all_right)
    shares = 100 * table.mean(axis=1)
    spread = float(shares.max() - shares.min())
    click.echo(
        f"\nmean {shares.mean():.2f} %, best less worst {spread:.1f} % "
        f"({range_by_chance(table):.1f} % in 19 of 20 tables of rows that are alike); "
        f"{100 * table.all(axis=0).mean():.1f} % of the scenes read right in every row, "
        f"{100 * table.any(axis=0).mean():.1f} % in any\n"
    )
    for line in effects(table, cells):
        click.echo(line)
    return spread


def range_by_chance(table: Readings, draws: int = 1000) -> float:
    """Best less worst row, in percent, that 95 % of tables stay below if all rows are alike.

    ``table``: (rows, scenes), read right or not. Each scene's results are dealt to the rows anew.
    """
    mixed = table[:, table.any(axis=0) & ~table.all(axis=0)]
    rng = np.random.default_rng(0)
    ranges = []
    for _ in range(draws):
        right = rng.permuted(mixed, axis=0).sum(axis=1)
        ranges.append(right.max() - right.min())
    return float(100 * np.quantile(ranges, 0.95) / table.shape[1])


def effects(table: Readings, cells: Sequence[tuple[str, str, str]]) -> list[str]:
    """How far the rows of each size, colour space and mounting lie from the rest, in percent.

    The uncertainty is twice the standard error of the mean of each scene's own difference.
    """
    lines = []
    for place, name in enumerate(("frame", "colour space", "mounting")):
        values = list(dict.fromkeys(cell[place] for cell in cells))
        told = []
        for value in values if len(values) > 1 else ():
            ours = np.array([cell[place] == value for cell in cells])
            paired = table[ours].mean(axis=0) - table[~ours].mean(axis=0)
            error = 2 * paired.std() / np.sqrt(len(paired))
            told.append(f"{value} {100 * paired.mean():+.2f} ± {100 * error:.2f} %")
        if told:
            lines.append(f"{name}, against the rest: " + ", ".join(told) + "\n")
    return lines


def drawn_pages(digits: Digits, scale: float) -> list[Scene]:
    """Each digit drawn dark on a light page."""
    return [DigitSource(image, scale=scale).scene() for image in digits.images]


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@data_option("mnist")
@click.option("--split", default="validation", show_default=True)
@data_dir_option
@click.option("--frames", type=click.IntRange(min=1), default=500, show_default=True)
@click.option(
    "--scale", "scales", type=RealRange(0.3, 1.0), multiple=True, default=(0.9,), show_default=True
)
@click.option("--pages/--no-pages", default=True, help="Digits drawn on plain pages.")
@click.option("--scenes", "levels", type=click.Choice(LEVELS[:-1]), multiple=True)
@click.option("--size", "sizes", type=click.Choice(SIZES), multiple=True, default=SIZES)
@click.option("--mounting", type=click.Choice(list(MOUNTINGS)), multiple=True, default=[*MOUNTINGS])
@click.option("--module", type=click.Choice(list(MODULES)), default="typical", show_default=True)
@seed_option("Of the scenes.")
@click.option("--within", type=float, default=None, help="Fail if rows differ by more percent.")
def main(
    model: Path,
    data_name: str,
    split: str,
    data_dir: Path | None,
    frames: int,
    scales: tuple[float, ...],
    pages: bool,
    levels: tuple[str, ...],
    sizes: tuple[str, ...],
    mounting: tuple[str, ...],
    module: str,
    seed: int,
    within: float | None,
) -> None:
    """Measure MODEL on a data set, directly and through the emulated camera."""
    model = model_path(model)
    program, proof = read(model)
    digits = load(data_name, split, data_dir)
    right = measure(program, digits).correct
    click.echo("| model | stored bytes | accumulator bits | data | right |")
    click.echo("| --- | --- | --- | --- | --- |")
    click.echo(
        f"| {program.name} | {stored_bytes(program)} | {proof.acc_bits} | {digits.name} | "
        f"{right} of {len(digits)}: {100 * right / len(digits):.2f} % |\n"
    )
    cells = list(product(sizes, COLORSPACES, mounting))
    some = digits.take(slice(frames))
    spreads = []
    for scale in scales if pages else ():
        click.echo(f"{len(some)} plain pages, the digit's field {scale} of the frame's height:\n")
        labels = [int(label) for label in some.labels]
        spreads.append(camera_table(model, drawn_pages(some, scale), labels, cells, module))
    for level in levels:
        click.echo(f"{frames} scenes, {level}, seed {seed}:\n")
        drawn = list(scenes(digits, frames, level, seed, SCENE_HEIGHT))
        pictures = [scene.picture for scene in drawn]
        labels = [-1 if scene.label is None else scene.label for scene in drawn]
        spreads.append(camera_table(model, pictures, labels, cells, module))
    if within is not None and max(spreads, default=0.0) > within:
        sys.exit(1)


if __name__ == "__main__":
    run_tool(main)
