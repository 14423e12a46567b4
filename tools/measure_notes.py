# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Measure how a model reads digits on small sheets: light notes on dark tables, and the reverse.

    python tools/measure_notes.py models/granite/model.lanes --count 200

Prints one Markdown table: a row for notes (dark ink, dark table) and cards (light ink, light table)
of each size and of each light of what is darker, the table or the card; through driver, emulated
OV7670, vision and integers. Each sheet lies somewhere else, turned by up to 12 degrees, 1 to 1.6
times as wide as tall; every row has one without ink for every two with a digit.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lanewise.commands.options import data_dir_option, data_option, seed_option
from lanewise.data.sources import load
from lanewise.emulator.desk import COLORSPACES, EmulatedDesk
from lanewise.emulator.sources import SCENE_HEIGHT, SCENE_WIDTH, ArraySource
from lanewise.endings import run_tool
from lanewise.zoo.shelf import model_path

SIZES = ((0.4, 0.55), (0.55, 0.7), (0.7, 0.9))
"""Height of a sheet, of the picture's."""
DARKS = ((0.02, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5))
"""Light of the darker one of sheet and table, of white."""
MOST_TURN = 12
LARGE = 2
"""Drawn so many times as large, for smooth edges."""


def sheet(
    digit: NDArray[np.uint8] | None,
    size: tuple[float, float],
    dark: tuple[float, float],
    is_card: bool,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """A picture (480, 640) uint8 of a sheet with a 28x28 digit, or without ink."""
    whole = (SCENE_WIDTH * LARGE, SCENE_HEIGHT * LARGE)
    tall = round(rng.uniform(*size) * whole[1])
    wide = min(round(tall * rng.uniform(1, 1.6)), round(0.9 * whole[0]))
    turn = rng.uniform(-MOST_TURN, MOST_TURN)
    field = round(1.4 * rng.uniform(0.45, 0.7) * tall)
    ink_place = ((wide - field) // 2, (tall - field) // 2)
    x = round(rng.uniform(0.2, 0.8) * (whole[0] - wide))
    y = round(rng.uniform(0.2, 0.8) * (whole[1] - tall))
    layers = []
    for image in (None, digit):
        layer = Image.new("L", (wide, tall), 255 if image is None else 0)
        if image is not None:
            drawn = Image.fromarray(image).resize((field, field), Image.Resampling.BICUBIC)
            layer.paste(drawn, ink_place)
        picture = Image.new("L", whole, 0)
        picture.paste(layer, (x, y))
        middle = (x + wide / 2, y + tall / 2)
        turned = picture.rotate(turn, Image.Resampling.BICUBIC, center=middle)
        layers.append(np.asarray(turned.reduce(LARGE), float) / 255)
    lit, inked = layers if digit is not None else (layers[0], np.zeros_like(layers[0]))
    darker, lighter = rng.uniform(*dark), rng.uniform(0.75, 1)
    pen = rng.uniform(0.6, 0.95)
    if is_card:
        seen = lighter + (darker - lighter) * lit + (pen - darker) * inked
    else:
        seen = darker + (lighter - darker) * lit - pen * lighter * inked
    return np.clip(255 * seen, 0, 255).round().astype(np.uint8)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@data_option("mnist")
@click.option("--split", default="validation", show_default=True)
@data_dir_option
@click.option("--count", type=click.IntRange(min=2), default=100, show_default=True)
@click.option("--colorspace", type=click.Choice(COLORSPACES), default="yuv", show_default=True)
@seed_option("Of the sheets.")
def main(
    model: Path,
    data_name: str,
    split: str,
    data_dir: Path | None,
    count: int,
    colorspace: str,
    seed: int,
) -> None:
    """Measure MODEL on COUNT digits a row."""
    digits = load(data_name, split, data_dir, count)
    click.echo("| sheet | height | darker one | read right | wrong | empty given a digit |")
    click.echo("| --- | --- | --- | --- | --- | --- |")
    with EmulatedDesk(model_path(model), colorspace=colorspace) as desk:
        for is_card in (False, True):
            for size in SIZES:
                for dark in DARKS:
                    rng = np.random.default_rng(
                        [seed, is_card, *(int(100 * x) for x in size + dark)]
                    )
                    told: Counter[str] = Counter()
                    for number, label in enumerate(digits.labels):
                        source = sheet(digits.images[number], size, dark, is_card, rng)
                        found = desk.look(ArraySource(source)).digit
                        told["right" if found == str(label) else "wrong" if found else "none"] += 1
                        if number % 2:
                            empty = ArraySource(sheet(None, size, dark, is_card, rng))
                            told["given"] += desk.look(empty).digit is not None
                    click.echo(
                        f"| {'card' if is_card else 'note'} | {size[0]:.0%} to {size[1]:.0%} "
                        f"| {dark[0]:.0%} to {dark[1]:.0%} | {told['right'] / count:.1%} "
                        f"| {told['wrong'] / count:.1%} | {told['given']} of {count // 2} |"
                    )


if __name__ == "__main__":
    run_tool(main)
