# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise import``: a model from elsewhere becomes a certified integer program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from lanewise.commands.console import certificate_table, print_json, stdout
from lanewise.commands.options import RealRange, data_dir_option, force_option, json_option
from lanewise.data.digits import Digits
from lanewise.data.sources import load
from lanewise.errors import UsageError
from lanewise.export.lanes import stored_bytes, write
from lanewise.files import refuse_existing
from lanewise.importing.load import load_model
from lanewise.importing.net import Net, forward
from lanewise.importing.quantize import Precision, quantize, real_inputs
from lanewise.integer.certificate import certify
from lanewise.integer.program import DIGITS, Program
from lanewise.integer.reference import logits
from lanewise.vision.area import to_input

_BATCH = 256
LEAST_RANGE = 1e-6
_CALIBRATION = 512
"""Most pictures that ranges of activations are measured on."""


@click.command(
    "import", epilog="Example: lanewise import mine.onnx --calibrate mnist --out mine.lanes"
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--calibrate", default="pen", show_default=True, help="pen, mnist or a folder.")
@click.option("--test", default=None, help="Labelled data to report on (default: --calibrate's).")
@click.option("--out", type=click.Path(path_type=Path), required=True, help=".lanes file to write.")
@click.option(
    "--low",
    type=RealRange(-1e6, 1e6),
    default=0.0,
    show_default=True,
    help="What paper is to the float network.",
)
@click.option(
    "--high",
    type=RealRange(-1e6, 1e6),
    default=1.0,
    show_default=True,
    help="What full ink is to it.",
)
@click.option("--input-bits", type=click.IntRange(1, 8), default=8, show_default=True)
@click.option("--activation-bits", type=click.IntRange(1, 8), default=8, show_default=True)
@click.option("--storage", default="int8", show_default=True, help="Weights: int8, int4, ...")
@click.option(
    "--crop",
    type=click.IntRange(2, 28),
    default=28,
    show_default=True,
    help="Middle 28ths of the square it sees, an even number.",
)
@click.option("--limit", type=click.IntRange(min=1), default=2000, show_default=True)
@force_option
@data_dir_option
@json_option
def import_(
    model: Path,
    calibrate: str,
    test: str | None,
    out: Path,
    low: float,
    high: float,
    input_bits: int,
    activation_bits: int,
    storage: str,
    crop: int,
    limit: int,
    force: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Quantize MODEL, an .onnx or .tflite file, certify it and write OUT.

    Small chains of dense, conv, depthwise conv, pooling, ReLU and batch norm are read; whatever is
    not supported is listed first. Exports of lanewise come back as they were, integer by integer.
    """
    refuse_existing(out, force)
    if high - low < LEAST_RANGE:
        raise UsageError(f"--low {low:g} --high {high:g}: ink runs from --low up to --high")
    found = load_model(model, low, high)
    report: dict[str, Any] = {"model": str(model), "out": str(out)}
    tested = load(test or calibrate, "test", data_dir=data_dir, count=limit)
    if isinstance(found, Program):
        program = found
        report["exact"] = True
    else:
        count = min(limit, _CALIBRATION)
        digits = load(calibrate, "validation", data_dir=data_dir, count=count)
        program = quantize(
            found,
            _ink(found, digits, input_bits, crop),
            DIGITS,
            Precision(input_bits, activation_bits, storage),
        )
        from dataclasses import replace

        program = replace(program, crop=crop)
        report |= {"exact": False, "float_accuracy": _float_accuracy(found, tested, program)}
    proof = certify(program)
    answers = logits(program, _ink_of(program, tested)).argmax(axis=1)
    report |= {
        "data": tested.name,
        "n": len(tested),
        "accuracy": float((answers == tested.labels).mean()),
        "stored_bytes": stored_bytes(program),
        "acc_bits": proof.acc_bits,
        "engines": list(proof.engines),
    }
    report["bytes"] = write(program, None, out, overwrite=force)
    if as_json:
        print_json(report)
        return
    console = stdout()
    console.print(certificate_table(program, proof))
    if not report["exact"]:
        lost = 100 * (report["float_accuracy"] - report["accuracy"])
        console.print(
            f"float {100 * report['float_accuracy']:.2f} %, integers "
            f"{100 * report['accuracy']:.2f} % on {tested.name} ({lost:+.2f} points lost)"
        )
    else:
        console.print(f"an export of lanewise: read back exactly, {100 * report['accuracy']:.2f} %")
    console.print(f"{out}: {report['bytes']} bytes")


def _ink(net: Net, digits: Digits, bits: int, crop: int) -> np.ndarray:
    channels, height, width = net.input_shape
    if channels != 1 or height != width:
        raise UsageError(f"{net.name} does not take a square of ink: {net.input_shape}")
    return to_input(digits.images, height, bits, crop)[:, None]


def _ink_of(program: Program, digits: Digits) -> np.ndarray:
    from lanewise.runtimes.inputs import model_inputs

    return model_inputs(program, digits.images)


def _float_accuracy(net: Net, digits: Digits, program: Program) -> float:
    """On ink as fine as the pictures have it, whatever bits the program keeps."""
    ink = _ink(net, digits, 8, program.crop)
    parts = [
        forward(net, real_inputs(net, ink[at : at + _BATCH], 8)).argmax(axis=1)
        for at in range(0, len(ink), _BATCH)
    ]
    return float((np.concatenate(parts) == digits.labels).mean())
