# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise inspect``: what a model or checkpoint does to signal, layer by layer."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from lanewise.commands.console import print_json, stdout
from lanewise.commands.options import data_dir_option, data_option, force_option, json_option
from lanewise.data.sources import load
from lanewise.export.lanes import read
from lanewise.files import refuse_existing
from lanewise.inspection.report import SAMPLE, OpReport, Report, inspect_program
from lanewise.runtimes.inputs import model_inputs
from lanewise.zoo.shelf import model_path

_CHECKPOINT = ".safetensors"
FIGURES = ("weights.png", "accumulators.png", "gain.png")


@click.command(epilog="Example: lanewise inspect digits.lanes --data mnist --figures figures")
@click.argument("model", type=click.Path(path_type=Path))
@data_option()
@click.option("--limit", type=click.IntRange(min=1), default=SAMPLE, show_default=True)
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Also draw weights, accumulators and gain into this directory.",
)
@force_option
@data_dir_option
@json_option
def inspect(
    model: Path,
    data_name: str,
    limit: int,
    figures: Path | None,
    force: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Measure sums, gains, energy, sparsity and bits of MODEL, layer by layer.

    MODEL is a .lanes file, a checkpoint or the directory of a training run. Energies and sparsity
    are measured on the validation digits of --data.
    """
    for name in FIGURES if figures else ():
        assert figures is not None
        refuse_existing(figures / name, force)
    network = None
    if model.is_dir() or model.suffix == _CHECKPOINT:
        from lanewise.inspection.checkpoints import program_of, with_training
        from lanewise.train.state import load_trained

        network = load_trained(model).network
        program = program_of(network)
    else:
        program, _ = read(model_path(model))
    digits = load(data_name, "validation", data_dir, limit, 0)
    inputs = model_inputs(program, digits.images)
    report = inspect_program(program, inputs)
    if network is not None:
        report = with_training(report, network)
    drawn: list[Path] = []
    if figures is not None:
        from lanewise.inspection.figures import write_figures

        drawn = write_figures(program, inputs, report.composite, figures, force)
    if as_json:
        whole = {**report.to_json(), "model": str(model), "data": digits.name}
        print_json({**whole, "figures": [str(path) for path in drawn]})
        return
    _print(report, digits.name, drawn)


def _print(report: Report, data: str, drawn: list[Path]) -> None:
    console = stdout()
    title = f"{report.name} on {report.pictures} digits of {data}"
    table = _table(title, "op", "makes", "singular", "energy", "zeros", "used", "bits")
    for found in report.ops:
        table.add_row(
            f"{found.op} {found.kind}",
            "x".join(map(str, found.makes)),
            _pair(found.singular_largest, found.singular_smallest),
            _pair(found.energy_in, found.energy_out),
            "" if found.zeros is None else f"{100 * found.zeros:.0f} %",
            _used(found),
            "" if found.bits is None else str(found.bits),
        )
    console.print(table)
    console.print(
        "singular: largest and smallest value; energy: of what it reads and makes; used: share of "
        "the certified accumulator interval that the data reach"
    )
    for found in report.ops:
        if found.distance is not None:
            console.print(f"op {found.op}: {found.distance:.1e} away from {found.constraint}")
    _print_mixes(report)
    console.print(f"Accumulators fit {report.acc_bits} bits.")
    for path in drawn:
        console.print(str(path))


def _print_mixes(report: Report) -> None:
    mixes = [found for found in report.ops if found.log_column is not None]
    if not mixes:
        return
    table = _table(
        "Residual mixing", "op", "rows", "columns", "unrounded", "Amax", "log", "entropy"
    )
    for found in mixes:
        table.add_row(
            f"{found.op} {found.kind}",
            _small(found.row_error),
            _small(found.column_error),
            f"{_small(found.trained_row_error)} {_small(found.trained_column_error)}".strip(),
            _figure(found.amax),
            _small(found.log_column),
            _figure(found.entropy),
        )
    whole = report.composite
    if whole is not None:
        table.add_row(
            f"all {whole.mixes}",
            _small(whole.row_error),
            _small(whole.column_error),
            "",
            _figure(whole.amax),
            _small(whole.log_column),
            _figure(whole.entropy),
        )
    console = stdout()
    console.print(table)
    console.print(
        "rows, columns: largest distance of a sum from one, unrounded: both before rounding; "
        "log: largest |log column sum|; entropy: 0 a permutation, 1 all streams alike"
    )
    if whole is not None:
        singular = " ".join(f"{value:.3f}" for value in whole.singular)
        console.print(f"Singular values of all residual mixes together: {singular}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    return table


def _used(found: OpReport) -> str:
    """Share of the interval, on the side that is fuller."""
    if None in (found.lo, found.hi, found.seen_lo, found.seen_hi):
        return ""
    assert found.lo is not None and found.hi is not None
    assert found.seen_lo is not None and found.seen_hi is not None
    up = found.seen_hi / found.hi if found.hi > 0 else 0.0
    down = found.seen_lo / found.lo if found.lo < 0 else 0.0
    return f"{100 * max(up, down):.0f} %"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _small(value: float | None) -> str:
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:.0e}" if value < 0.01 else f"{value:.2f}"


def _pair(one: float | None, other: float | None) -> str:
    if one is None:
        return ""
    return f"{one:.3f}" if other is None else f"{one:.3f} {other:.3f}"
