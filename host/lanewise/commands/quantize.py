# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise quantize``: fold a checkpoint into integers, step by step."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from lanewise.commands.console import certificate_table, print_json, stdout
from lanewise.commands.options import data_dir_option, force_option, json_option
from lanewise.data.sources import NAMES, load
from lanewise.errors import UsageError
from lanewise.export.lanes import stored_bytes, write
from lanewise.files import refuse_existing
from lanewise.integer.certificate import certify
from lanewise.train.fold import calibrate, fold, losses, quantize_after_training
from lanewise.train.state import Trained, load_trained


@click.command(epilog="Example: lanewise quantize --from runs/digits --out digits.lanes")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    required=True,
    help="Checkpoint, or the directory of a training run.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .lanes file.")
@click.option("--data", "data_name", default=None, help="Default: what it was trained on.")
@click.option("--name", default=None, help="Name in the file (default: the architecture's).")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Only N digits.")
@force_option
@data_dir_option
@json_option
def quantize(
    source: Path,
    out: Path,
    data_name: str | None,
    name: str | None,
    limit: int | None,
    force: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Fold a checkpoint into the integer program, certify it, show what each step costs.

    Confidence and the margin of an unsure reading are calibrated on the validation digits. A
    checkpoint still in floating point is quantized after training.
    """
    refuse_existing(out, force)
    trained = load_trained(source)
    network = trained.network
    digits = load(data_name or _origin(trained), "validation", data_dir, limit, trained.recipe.seed)
    quantize_after_training(network)
    program = calibrate(fold(network, name), network, digits)
    proof = certify(program)
    steps = losses(network, program, digits)
    write(program, proof, out, overwrite=force)
    if as_json:
        print_json(
            {
                "out": str(out),
                "name": program.name,
                "data": digits.name,
                "n": len(digits),
                "float_accuracy": steps.real,
                "folded_accuracy": steps.folded,
                "integer_accuracy": steps.integer,
                "acc_bits": proof.acc_bits,
                "engines": list(proof.engines),
                "stored_bytes": stored_bytes(program),
                "logits_per_nat": program.logits_per_nat,
                "reject_margin": program.reject_margin,
            }
        )
        return
    table = Table(title=f"What each step costs, on {len(digits)} digits of {digits.name}")
    table.title_justify = "left"
    table.add_column("step")
    table.add_column("accuracy", justify="right")
    table.add_column("change", justify="right")
    before = steps.real
    for step, accuracy in (
        ("weights and activations in float", steps.real),
        ("folded and rounded, in float", steps.folded),
        ("integer program", steps.integer),
    ):
        table.add_row(step, f"{100 * accuracy:.2f} %", f"{100 * (accuracy - before):+.2f}")
        before = accuracy
    console = stdout()
    console.print(table)
    console.print(certificate_table(program, proof))
    console.print(
        f"{out}: {stored_bytes(program)} bytes of weights and biases, accumulators of "
        f"{proof.acc_bits} bits, unsure below a margin of {program.reject_margin}"
    )


def _origin(trained: Trained) -> str:
    """The data set the checkpoint was trained on, where it can be had by name."""
    first = trained.data_names[0].split()[0] if trained.data_names else ""
    if first not in NAMES:
        raise UsageError(f"trained on {first or 'unnamed data'!r}; say which with --data")
    return first
