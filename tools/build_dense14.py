# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Build two plain dense models: ``dense14`` from MNIST, ``dense14-pen`` from drawn digits alone.

    python tools/build_dense14.py --data-dir DATA

Both are trained by the commands' own recipe on the training split, calibrated on the validation
split and measured on MNIST's test set, which is read once, at the end. A build that was stopped
goes on from its checkpoint in the work folder.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from lanewise.commands.options import data_dir_option
from lanewise.commands.train import epoch_bar
from lanewise.data.sources import load
from lanewise.endings import run_tool
from lanewise.errors import TrainingError
from lanewise.export.lanes import stored_bytes
from lanewise.integer.certificate import certify, require_engine
from lanewise.nn.architectures import architecture
from lanewise.train.fold import calibrate, fold
from lanewise.train.loop import fit
from lanewise.train.recipes import recipe_for
from lanewise.zoo.card import card, measure
from lanewise.zoo.folder import write_folder

MODELS = Path(__file__).resolve().parent.parent / "models"
MOST_BYTES = 18_000
PLANS = {
    "dense14": ("mnist", 60, 0.985, "the plain dense net of the first version"),
    "dense14-pen": ("pen", 40, 0.85, "what drawn digits alone teach about real ones"),
}
"""Data, epochs, accuracy asked for on MNIST's test set, and purpose."""


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
    sample = np.ascontiguousarray(validation.images[:1000])
    found = card(program, measure(program, load("mnist", "test", data_dir)), sample, about, None)
    write_folder(program, found, models / name)
    click.echo(
        f"{name}: {stored_bytes(program)} bytes, accumulators of {found['acc_bits']} bits, "
        f"{100 * found['accuracy']:.2f} % of MNIST's test set"
    )


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PLANS)))
@data_dir_option
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/dense14"))
@click.option("--models", type=click.Path(path_type=Path), default=MODELS)
def main(names: tuple[str, ...], data_dir: Path | None, work: Path, models: Path) -> None:
    """Build NAMES, or both."""
    for name in names or PLANS:
        build(name, data_dir, work, models)


if __name__ == "__main__":
    run_tool(main)
