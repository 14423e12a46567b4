# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise data``: fetch real digits, look at any, list what is there."""

from __future__ import annotations

import os
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from lanewise.commands.console import print_json
from lanewise.commands.options import data_dir_option, force_option, json_option, seed_option
from lanewise.data.fetch import MIRRORS, fetch_mnist
from lanewise.data.marks import KINDS, Marks
from lanewise.data.mnist import FILES, SPLITS, find_file, search_folders, user_data_dir
from lanewise.data.scenes import LEVELS, number_scenes, scenes
from lanewise.data.scenes.folder import write_scenes
from lanewise.data.sheet import save_sheet, text_picture
from lanewise.data.sources import MARKS, PEN_COUNTS, load_ink
from lanewise.errors import UsageError


@click.group(name="data")
def group() -> None:
    """Fetch, show and list the digits to learn from.

    \b
    Example:
      lanewise data list
    """


@group.group()
def fetch() -> None:
    """Download a data set.

    \b
    Example:
      lanewise data fetch mnist
    """


@fetch.command("mnist")
@click.option(
    "--from",
    "mirrors",
    multiple=True,
    metavar="URL_OR_DIR",
    help="Mirror to ask instead of the built-in ones: URL or folder; may be given again.",
)
@data_dir_option
@json_option
def fetch_mnist_command(mirrors: tuple[str, ...], data_dir: Path | None, as_json: bool) -> None:
    """Download MNIST (11 MB), check its digests, put it where every command finds it.

    \b
    Example:
      lanewise data fetch mnist
      lanewise data fetch mnist --from /media/usb/mnist --data-dir data
    """
    named = os.environ.get("LANEWISE_DATA")
    folder = (data_dir or (Path(named) if named else user_data_dir())) / "mnist"
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, disable=as_json, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=None)
            bars.update(tasks[name], completed=done, total=total or None)

        fetched = fetch_mnist(folder, mirrors or MIRRORS, progress=advance)
    if as_json:
        files = [{"path": str(item.path), "mirror": item.mirror} for item in fetched]
        print_json({"folder": str(folder), "files": files})
        return
    for item in fetched:
        source = "was there already" if item.mirror is None else f"from {item.mirror}"
        click.echo(f"{item.path}  digest right, {source}")


@group.command()
@click.option(
    "--data",
    "name",
    default="pen",
    show_default=True,
    help="pen, mnist or a folder; marks for what is no digit.",
)
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True)
@click.option("--count", type=click.IntRange(1, 10000), help="Default: 4; with --out: 200.")
@seed_option("Of pen and marks.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a picture.")
@force_option
@data_dir_option
@json_option
def show(
    name: str,
    split: str,
    count: int | None,
    seed: int,
    out: Path | None,
    force: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Show digits as text, or as a contact sheet with --out.

    \b
    Example:
      lanewise data show --count 2
      lanewise data show --data mnist --split validation --count 400 --out sheet.png
    """
    digits = load_ink(name, split, data_dir, count or (200 if out else 4), seed)
    if out is not None:
        save_sheet(digits, out, overwrite=force)
    if as_json:
        told: dict[str, object] = {"data": digits.name, "count": len(digits)}
        if isinstance(digits, Marks):
            told["kinds"] = [KINDS[kind] for kind in digits.kinds]
        else:
            told["per_label"] = np.bincount(digits.labels, minlength=10).tolist()
            told["labels"] = digits.labels.tolist()
        told["mean_ink"] = float(digits.images.mean())
        told["out"] = None if out is None else str(out)
        print_json(told)
    elif out is not None:
        what = "" if isinstance(digits, Marks) else " digits of"
        click.echo(f"{out}: {len(digits)}{what} {digits.name}")
    else:
        names = (
            [KINDS[kind] for kind in digits.kinds]
            if isinstance(digits, Marks)
            else digits.labels.tolist()
        )
        for image, label in zip(digits.images, names, strict=True):
            click.echo(f"{digits.name}: {label}")
            click.echo("\n".join(text_picture(image)))


@group.command("scenes")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="A new folder for the pictures and labels.csv.",
)
@click.option("--count", "--limit", type=click.IntRange(1, 100000), default=200, show_default=True)
@click.option(
    "--level",
    "--difficulty",
    type=click.Choice(LEVELS),
    default="desk",
    show_default=True,
    help="wild goes beyond reality, for training; empty is pages of all levels without a digit.",
)
@click.option("--empty", is_flag=True, help="Pages of this level without a digit.")
@click.option(
    "--figures",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Digits on a page: from 2 on, numbers in a row.",
)
@click.option(
    "--source",
    "--data",
    "name",
    default="pen",
    show_default=True,
    help="pen, mnist, or a folder of IDX files or of pictures with labels.csv; marks: letters, "
    "symbols and scribbles, whose labels are empty.",
)
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True)
@seed_option("Of the digits drawn and of the scenes.")
@click.option("--size", default="160x120", show_default=True, help="WIDTHxHEIGHT, 4 to 3.")
@click.option("--height", type=click.IntRange(30, 480), help="In pixels, instead of --size.")
@data_dir_option
@json_option
def scenes_command(
    out: Path,
    count: int,
    level: str,
    empty: bool,
    figures: int,
    name: str,
    split: str,
    seed: int,
    size: str,
    height: int | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Render what a camera on a desk sees: paper, pens, light, shadows, clutter.

    labels.csv gives file, label, level, seed, number, digit and the ink's box of each picture; no
    label where nothing should be read.

    \b
    Example:
      lanewise data scenes --out scenes --count 500 --level hard
      lanewise emulate --model digits.lanes --images scenes
    """
    digits = None
    if not empty and level != "empty":
        drawn_here = name in ("pen", MARKS)
        digits = load_ink(name, split, data_dir, count if drawn_here else None, seed)
    tall = height or _height(size)
    if figures > 1:
        if digits is None or isinstance(digits, Marks):
            what = "empty pages" if digits is None else "marks"
            raise UsageError(f"--figures goes with digits on the page, not with {what}")
        drawn = number_scenes(digits, count, figures, level, seed, tall)
    else:
        drawn = scenes(digits, count, level, seed, tall)
    written = write_scenes(drawn, out)
    if as_json:
        told = {"folder": str(out), "count": written, "level": level, "difficulty": level}
        print_json(told)
    else:
        click.echo(f"{out}: {written} scenes, {level}")


def _height(size: str) -> int:
    """The height in ``WIDTHxHEIGHT``; UsageError where it is no picture of 4 to 3."""
    try:
        width, height = (int(part) for part in size.split("x"))
    except ValueError:
        raise UsageError(f"--size is {size!r}, expected WIDTHxHEIGHT such as 160x120") from None
    if not 30 <= height <= 480 or width != height * 4 // 3:
        raise UsageError(
            f"--size is {size}, expected a height from 30 to 480 and 4/3 of it as width: 160x120"
        )
    return height


@group.command("list")
@data_dir_option
@json_option
def list_command(data_dir: Path | None, as_json: bool) -> None:
    """List the data sets: name, where found, how many digits a split has.

    \b
    Example:
      lanewise data list --json
    """
    folders = search_folders(data_dir)
    paths = [find_file(file, folders) for file in FILES]
    missing = [file.name for file, path in zip(FILES, paths, strict=True) if path is None]
    mnist_counts = {"train": 50000, "validation": 10000, "test": 10000, "train+validation": 60000}
    where = next((str(path.parent) for path in paths if path is not None), None)
    entries: list[dict[str, object]] = [
        {"name": "pen", "ready": True, "where": "built in", "splits": PEN_COUNTS},
        {
            "name": "mnist",
            "ready": not missing,
            "where": where,
            "splits": mnist_counts,
            "missing": missing,
            "looked_in": [str(folder) for folder in folders],
        },
    ]
    if as_json:
        print_json(entries)
        return
    table = Table("name", "where", "train", "validation", "test")
    for entry, counts in zip(entries, (PEN_COUNTS, mnist_counts), strict=True):
        place = str(entry["where"] or "not here: lanewise data fetch mnist")
        if entry["where"] and not entry["ready"]:
            place += f" ({', '.join(missing)} missing)"
        table.add_row(str(entry["name"]), place, *(str(counts[s]) for s in SPLITS[:3]))
    Console().print(table)
