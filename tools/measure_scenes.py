# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Measure how a model reads rendered desks, through driver, emulated OV7670, vision and engine.

    python tools/measure_scenes.py models/dense14/model.lanes --count 1000 --empty 500

Prints a Markdown table: digits read right, wrong and not at all for each difficulty (with MNIST's
hold-out of the training file unless told otherwise), and pages without a digit that got one. With
``--figures 3`` there are numbers of three digits on the pages, right if all of them are. With
``--marks 2000`` there are also pages with letters, symbols and scribbles (``lanewise.data.marks``,
of its validation split unless ``--split train``), of all levels alike: how many of each kind were
given a digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from lanewise.commands.options import data_dir_option, data_option, seed_option
from lanewise.data.digits import Digits
from lanewise.data.marks import KINDS, Marks, load_marks
from lanewise.data.scenes import DIFFICULTIES, number_scenes, scenes
from lanewise.data.scenes.numbers import MOST_FIGURES
from lanewise.data.sources import load
from lanewise.emulator.desk import COLORSPACES, WIDTHS, EmulatedDesk
from lanewise.emulator.sources import ArraySource
from lanewise.endings import run_tool
from lanewise.export.lanes import read
from lanewise.zoo.shelf import model_path


def row(
    desk: EmulatedDesk,
    digits: Digits | None,
    count: int,
    difficulty: str,
    seed: int,
    figures: int = 1,
) -> tuple[int, int, Counter[str]]:
    """Pages read right, pages read wrong, and how the rest ended. ``figures``: in a row on each."""
    right = wrong = 0
    others: Counter[str] = Counter()
    if digits is not None and figures > 1:
        drawn = number_scenes(digits, count, figures, difficulty, seed)
    else:
        drawn = scenes(digits, count, difficulty, seed)
    for scene in drawn:
        seen = desk.look(ArraySource(scene.picture))
        if seen.digit is None:
            others[seen.outcome] += 1
        elif scene.figures and seen.digit == "".join(map(str, scene.figures)):
            right += 1
        else:
            wrong += 1
    return right, wrong, others


def marked(desk: EmulatedDesk, marks: Marks, seed: int) -> Iterator[str]:
    """A line for each level and each kind of mark: pages, those given a digit, how others ended."""
    ended: dict[str, Counter[str]] = {}
    share = len(marks) // len(DIFFICULTIES)
    for at, difficulty in enumerate(DIFFICULTIES):
        mine = marks.take(slice(at * share, (at + 1) * share))
        for scene in scenes(mine, share, difficulty, seed):
            assert scene.digit is not None
            seen = desk.look(ArraySource(scene.picture))
            outcome = seen.outcome if seen.digit is None else "digit"
            for name in (difficulty, KINDS[mine.kinds[scene.digit]]):
                ended.setdefault(name, Counter())[outcome] += 1
    for name in (name for name in (*DIFFICULTIES, *KINDS) if name in ended):
        others = ended[name]
        pages, given = others.total(), others.pop("digit", 0)
        named = ", ".join(f"{number} {why}" for why, number in others.most_common())
        yield f"| marks {name}, {pages} | | {100 * given / pages:.1f} % | {named} |"


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@data_option("mnist")
@click.option("--split", default="validation", show_default=True)
@data_dir_option
@click.option(
    "--count",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Scenes of each difficulty.",
)
@click.option(
    "--empty",
    type=click.IntRange(min=0),
    default=500,
    show_default=True,
    help="Pages without a digit.",
)
@click.option(
    "--marks",
    type=click.IntRange(min=len(DIFFICULTIES)),
    default=None,
    help="Pages with marks that are no digits.",
)
@click.option("--figures", type=click.IntRange(1, MOST_FIGURES), default=1, show_default=True)
@click.option("--width", type=click.Choice(list(map(str, WIDTHS))), default="80")
@click.option("--colorspace", type=click.Choice(COLORSPACES), default="yuv", show_default=True)
@seed_option("Of the scenes.")
def main(
    model: Path,
    data_name: str,
    split: str,
    data_dir: Path | None,
    count: int,
    empty: int,
    marks: int | None,
    figures: int,
    width: str,
    colorspace: str,
    seed: int,
) -> None:
    """Measure MODEL on rendered desks."""
    model = model_path(model)
    program, _ = read(model)
    digits = load(data_name, split, data_dir) if count else None
    wide = int(width)
    shown = f", {digits.name}" if digits else ""
    click.echo(f"{program.name}{shown}, {wide}x{wide * 3 // 4} {colorspace}\n")
    click.echo("| scenes | right | wrong digit | no digit, because |")
    click.echo("| --- | --- | --- | --- |")
    settings = {"LANEWISE_NUMBERS": int(figures > 1)}
    with EmulatedDesk(model, wide, colorspace, settings=settings) as desk:
        for difficulty in DIFFICULTIES:
            if not count:
                break
            right, wrong, others = row(desk, digits, count, difficulty, seed, figures)
            named = ", ".join(f"{number} {name}" for name, number in others.most_common())
            click.echo(
                f"| {difficulty}, {count} | {100 * right / count:.1f} % "
                f"| {100 * wrong / count:.1f} % | {named} |"
            )
        for difficulty in DIFFICULTIES:
            share = empty // len(DIFFICULTIES)
            if share:
                _, wrong, others = row(desk, None, share, difficulty, seed)
                named = ", ".join(f"{number} {name}" for name, number in others.most_common())
                click.echo(
                    f"| empty {difficulty}, {share} | | {100 * wrong / share:.1f} % | {named} |"
                )
        if marks is not None:
            unread = load_marks("train" if split == "train" else "validation", marks, seed)
            for line in marked(desk, unread, seed):
                click.echo(line)


if __name__ == "__main__":
    run_tool(main)
