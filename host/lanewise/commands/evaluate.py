# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise evaluate``: a model's accuracy on a data set, with any engine."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
from rich.table import Table

from lanewise.commands.console import print_json, progress_bar, stdout
from lanewise.commands.options import data_dir_option, data_option, json_option, split_option
from lanewise.data.sources import load
from lanewise.export.lanes import read, stored_bytes
from lanewise.integer.reference import logits as reference_logits
from lanewise.runtimes.base import RUNTIMES, runtime
from lanewise.runtimes.inputs import model_inputs
from lanewise.runtimes.layers import LayerDifference, compare_layers
from lanewise.zoo.shelf import model_path


@click.command(
    epilog="Example: lanewise evaluate digits.lanes --data mnist --engine micropython --limit 500"
)
@click.argument("model", type=click.Path(path_type=Path))
@data_option()
@split_option
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Only the first N images.")
@click.option("--engine", type=click.Choice(RUNTIMES), default="numpy", show_default=True)
@click.option("--compare", is_flag=True, help="Count logits that differ from the reference.")
@data_dir_option
@json_option
def evaluate(
    model: Path,
    data_name: str,
    split: str,
    limit: int | None,
    engine: str,
    compare: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Run MODEL on a data set by integer arithmetic and count what it reads right."""
    program, _ = read(model_path(model))
    digits = load(data_name, split, data_dir=data_dir, count=limit)
    inputs = model_inputs(program, digits.images)
    run = runtime(engine)
    begun = time.perf_counter()
    with progress_bar(f"{engine} on {digits.name}", len(inputs), quiet=as_json) as advance:
        logits = run(program, inputs, advance)
    seconds = time.perf_counter() - begun
    answers = logits.argmax(axis=1)
    labels = np.asarray(digits.labels)
    correct = int((answers == labels).sum())
    result: dict[str, object] = {
        "model": str(model),
        "data": digits.name,
        "engine": engine,
        "n": len(labels),
        "correct": correct,
        "accuracy": correct / len(labels),
        "stored_bytes": stored_bytes(program),
        "seconds": round(seconds, 3),
    }
    layers: list[LayerDifference] = []
    if compare:
        result["mismatches"] = int((logits != reference_logits(program, inputs)).sum())
        if result["mismatches"]:
            wrong = np.flatnonzero((logits != reference_logits(program, inputs)).any(axis=1))
            layers = compare_layers(run, program, inputs[wrong])
            result["layers"] = [asdict(layer) for layer in layers]
    if as_json:
        print_json(result)
        return
    console = stdout()
    console.print(_by_digit(answers, labels))
    console.print(
        f"{correct} of {len(labels)} right: {100 * correct / len(labels):.2f} % on {digits.name}, "
        f"{engine} engine, {seconds:.1f} s"
    )
    if compare:
        console.print(f"{result['mismatches']} logits differ from the NumPy reference")
        for layer in layers:
            console.print(
                f"  {layer.op}: {layer.mismatches} of {layer.compared} values differ, "
                f"by up to {layer.largest}"
            )


def _by_digit(answers: np.ndarray, labels: np.ndarray) -> Table:
    table = Table()
    for name in ("digit", "images", "right", "most often read as"):
        table.add_column(name, justify="right")
    for digit in range(10):
        given = answers[labels == digit]
        if len(given) == 0:
            continue
        wrong = np.bincount(given[given != digit], minlength=10)
        mistake = f"{wrong.argmax()} ({wrong.max()} times)" if wrong.any() else "-"
        right = float((given == digit).mean())
        table.add_row(str(digit), str(len(given)), f"{100 * right:.2f} %", mistake)
    return table
