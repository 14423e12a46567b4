# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Build two plain dense models: ``dense14`` from MNIST, ``dense14-pen`` from drawn digits alone.

    python tools/build_dense14.py --data-dir DATA

Both are trained by the commands' own recipe on the training split and measured on MNIST's test set,
which is read once, at the end. ``dense14`` then goes on with the camera, as the zoo does
(tools/zoo/camera.json), and takes its margin from held-out digits seen by the camera;
``dense14-pen`` takes it from the validation split. A build that was stopped goes on from its
checkpoint in the work folder.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from lanewise.commands.train import epoch_bar
from lanewise.data.digits import Digits
from lanewise.data.mnist import load_mnist
from lanewise.data.sources import load
from lanewise.emulator.camera_lessons import LessonPlan, camera_lessons
from lanewise.endings import run_tool
from lanewise.errors import LanewiseError, TrainingError
from lanewise.export.lanes import stored_bytes
from lanewise.integer.certificate import certify, require_engine
from lanewise.integer.program import Program
from lanewise.nn.architectures import architecture
from lanewise.train.fold import calibrate, fold
from lanewise.train.loop import Result, fit
from lanewise.train.recipes import recipe_for
from lanewise.train.state import load_trained
from lanewise.zoo.card import card, measure
from lanewise.zoo.folder import write_folder

MODELS = Path(__file__).resolve().parent.parent / "models"
RECIPES = Path(__file__).resolve().parent / "zoo"
MOST_BYTES = 18_000
PLANS = {
    "dense14": ("mnist", 60, 0.985, "the plain dense net of the first version"),
    "dense14-pen": ("pen", 40, 0.85, "what drawn digits alone teach about real ones"),
}
"""Data, epochs, accuracy asked for on MNIST's test set, and purpose."""
CAMERA = {"dense14": {"epochs": 20, "lr": 0.003, "outliers": 0.05, "cycles": 0.0}}
"""What the stage with the camera has instead of what is in tools/zoo/camera.json."""


def build(name: str, data_dir: Path | None, work: Path, models: Path) -> None:
    """Train, measure and write the model called ``name``."""
    data, epochs, target, purpose = PLANS[name]
    recipe = replace(recipe_for("dense14"), epochs=epochs)
    training = load(data, "train", data_dir)
    validation = load(data, "validation", data_dir)
    with epoch_bar(epochs) as show:
        result = fit(architecture("dense14"), recipe, training, validation, work / name, show)
    if not result.finished:
        raise TrainingError("stopped; the same command goes on")
    about_camera = None
    if name in CAMERA:
        result, program, about_camera = by_camera(name, training, validation, data_dir, work)
    else:
        program = calibrate(fold(result.network, name), result.network, validation)
    require_engine(program, certify(program), "ulab16")
    about = {
        "purpose": purpose,
        "target": {"stored_bytes": MOST_BYTES, "accuracy": target},
        "data": f"{training.name}, {len(training)} pictures",
        "held_out": {"accuracy": measure(program, validation).accuracy, "note": validation.name},
        "seed": recipe.seed,
        "architecture": result.network.architecture.to_json(),
        "recipe": recipe.to_json(),
    }
    if about_camera is not None:
        about["camera"] = about_camera
    sample = np.ascontiguousarray(validation.images[:1000])
    found = card(program, measure(program, load("mnist", "test", data_dir)), sample, about, None)
    write_folder(program, found, models / name)
    click.echo(
        f"{name}: {stored_bytes(program)} bytes, accumulators of {found['acc_bits']} bits, "
        f"{100 * found['accuracy']:.2f} % of MNIST's test set"
    )


def by_camera(
    name: str, training: Digits, validation: Digits, data_dir: Path | None, work: Path
) -> tuple[Result, Program, dict[str, Any]]:
    """The network in ``work``/``name`` trained on with the camera, folded and calibrated on what it
    has not seen, and how."""
    plain = json.loads((RECIPES / "camera.json").read_text())
    plain["recipe"] |= CAMERA[name]
    described = architecture("dense14")
    every = load_mnist("train+validation", data_dir)
    lessons = camera_lessons(
        every,
        len(training),
        LessonPlan(**plain["lessons"]),
        described.size,
        described.crop,
        work / "camera",
        lambda text: click.echo(text, err=True),
    )
    start = load_trained(work / name)
    pens = replace(start.recipe.augmentation, **plain["recipe"]["augmentation"])
    recipe = replace(start.recipe, **{**plain["recipe"], "augmentation": pens})
    with epoch_bar(recipe.epochs) as show:
        result = fit(
            described,
            recipe,
            training,
            validation,
            work / f"{name}-camera",
            show,
            start=start,
            beside=lessons.lessons,
        )
    if not result.finished:
        raise TrainingError("stopped; the same command goes on")
    folded = fold(result.network, name)
    program = calibrate(folded, result.network, lessons.unseen, plain["unsure"], lessons.apart)
    return result, program, plain


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PLANS)))
@click.option("--data-dir", type=click.Path(path_type=Path), default=None, help="Where MNIST lies.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/dense14"))
@click.option("--models", type=click.Path(path_type=Path), default=MODELS)
def main(names: tuple[str, ...], data_dir: Path | None, work: Path, models: Path) -> None:
    """Build NAMES, or both."""
    try:
        for name in names or PLANS:
            build(name, data_dir, work, models)
    except LanewiseError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    run_tool(main)
