# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise train``: train a constrained network, resumable at any point."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from lanewise.commands.console import print_json, progress_bar, stdout
from lanewise.commands.options import RealRange, data_dir_option, json_option
from lanewise.commands.training_data import Gathered, gather
from lanewise.data.digits import Digits
from lanewise.data.framed import FramedPictures
from lanewise.emulator.camera_digits import camera_digits
from lanewise.errors import TrainingError
from lanewise.files import refuse_existing
from lanewise.nn.architectures import (
    ARCHITECTURES,
    CONSTRAINTS,
    Architecture,
    architecture,
    constrained,
)
from lanewise.nn.network import Network
from lanewise.train.augmentation import model_input
from lanewise.train.checkpoint import FILE_NAME
from lanewise.train.evaluate import evaluate
from lanewise.train.loop import Progress, Result, fit
from lanewise.train.recipes import recipe_for
from lanewise.train.state import load_trained


@contextmanager
def epoch_bar(epochs: int, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """A bar on stderr over all epochs; yields the callback that ``fit`` reports to."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, disable=quiet or not console.is_terminal) as bar:
        task: TaskID = bar.add_task("training", total=None, figures="")

        def show(at: Progress) -> None:
            accuracy = "" if at.accuracy is None else f"  validation {100 * at.accuracy:.2f} %"
            bar.update(
                task,
                total=epochs * at.steps,
                completed=(at.epoch - 1) * at.steps + at.step,
                description=f"epoch {at.epoch}/{epochs}",
                figures=f"loss {at.loss:.3f}{accuracy}",
            )

        yield show


def through_camera(
    digits: Digits, scenes: int, seed: int, described: Architecture, quiet: bool
) -> FramedPictures:
    """What the emulated camera sees of the digits in ``scenes`` rendered scenes, framed for the
    architecture, with a bar."""
    cells, crop = described.size, described.crop
    with progress_bar("camera", scenes, quiet) as advance:
        return camera_digits(
            digits,
            scenes,
            seed,
            progress=lambda done, count: advance(1),
            cells=cells,
            crop=crop,
        )


@click.command(epilog="Example: lanewise train --data mnist --arch dense14 --out runs/digits")
@click.option(
    "--data",
    "data_names",
    multiple=True,
    default=("pen",),
    show_default=True,
    help="pen, mnist, a folder of IDX files; again: a folder of labelled pictures that extend it.",
)
@click.option(
    "--share",
    type=RealRange(0, 0.9, min_open=True),
    default=0.1,
    show_default=True,
    help="Share of the training digits that pictures are repeated to.",
)
@click.option(
    "--arch", type=click.Choice(list(ARCHITECTURES)), default="dense14", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option(
    "--constraint",
    type=click.Choice(CONSTRAINTS),
    default="none",
    show_default=True,
    help="Manifold of all weights but the last layer's.",
)
@click.option("--epochs", type=int, default=None, help="Default: the architecture's recipe.")
@click.option("--acc-bits", type=int, default=None, help="Guaranteed accumulator width in bits.")
@click.option("--batch", type=int, default=None, help="Pictures a step.")
@click.option("--lr", type=float, default=None, help="Peak learning rate.")
@click.option("--threads", type=int, default=None, help="Threads of the arithmetic.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Only N training digits.")
@click.option(
    "--camera",
    type=click.IntRange(min=30),
    default=None,
    metavar="SCENES",
    help="Learn also from so many rendered scenes of the digits, as the board's camera sees them.",
)
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path, exists=True),
    default=None,
    metavar="RUN",
    help="Begin with the weights of a finished run of the same architecture.",
)
@click.option(
    "--resume/--fresh", default=True, show_default=True, help="Go on from the checkpoint in --out."
)
@data_dir_option
@json_option
def train(
    data_names: tuple[str, ...],
    share: float,
    arch: str,
    constraint: str,
    out: Path,
    seed: int,
    limit: int | None,
    camera: int | None,
    start: Path | None,
    resume: bool,
    data_dir: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Train a network whose integers are certain to fit their accumulators.

    Pictures of your own, labelled by labels.csv or lying in folders named 0 to 9, extend a base set
    (pen if none is named): --data mnist --data frames. Each is framed by the board's own vision.

    Ctrl-C stops after the step and keeps a checkpoint; the same command goes on from there, to the
    same result as without the break. Then: lanewise quantize --from DIR --out X.lanes
    """
    refuse_existing(out / FILE_NAME, overwrite=True)  # goes on from it, but it must be writable
    changes = {name: value for name, value in given.items() if value is not None}
    recipe = replace(recipe_for(arch), seed=seed, **changes)
    data = gather(data_names, data_dir, limit, seed, share)
    for note in data.notes:
        click.echo(f"note: {note}", err=True)
    digits, validation = data.train, data.validation
    described = architecture(arch)
    if constraint != "none":
        described = constrained(described, constraint)
    first = None if start is None else load_trained(start)
    beside = []
    if camera:
        beside.append(through_camera(digits, camera, seed, described, quiet=as_json))
    begun = time.perf_counter()
    with epoch_bar(recipe.epochs, quiet=as_json) as show:
        result = fit(described, recipe, digits, validation, out, show, resume, first, beside)
    seconds = time.perf_counter() - begun
    if not result.finished:
        raise TrainingError(
            f"stopped after {len(result.history)} of {recipe.epochs} epochs; the same command "
            f"goes on from {out / FILE_NAME}"
        )
    _report(result, data, out, seconds, as_json)


def _right(network: Network, digits: Digits) -> int:
    """How many of ``digits`` the network answers rightly."""
    inputs = torch.from_numpy(model_input(digits.images, network.architecture).astype("float32"))
    answers = torch.from_numpy(digits.labels.astype("int64"))
    return round(evaluate(network, inputs[:, None], answers) * len(digits))


def _report(result: Result, data: Gathered, out: Path, seconds: float, as_json: bool) -> None:
    network = result.network
    own = data.own
    right = _right(network, own) if own is not None else 0
    if as_json:
        print_json(
            {
                "checkpoint": str(out / FILE_NAME),
                "architecture": network.architecture.name,
                "epochs": len(result.history),
                "validation_accuracy": result.accuracy,
                "acc_bits": network.acc_bits,
                "weights": network.weight_count(),
                "own_pictures": None
                if own is None
                else {"n": len(own), "right": right, "held_out": data.held_out},
                "seconds": round(seconds, 3),
            }
        )
        return
    console = stdout()
    console.print(
        f"{network.architecture.name}: {network.weight_count()} weights, "
        f"{100 * result.accuracy:.2f} % of the validation digits after {len(result.history)} "
        f"epochs, {seconds:.1f} s"
    )
    if own is not None:
        kind = "kept out of training" if data.held_out else "trained on, so no measure of others"
        console.print(f"{right} of {len(own)} pictures of yours right ({kind})")
    console.print(f"{out / FILE_NAME}")
    console.print(f"next: lanewise quantize --from {out} --out digits.lanes")
