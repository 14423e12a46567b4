# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Study: what each constraint costs and buys at equal bytes, for every weight format.

    python tools/study_ablation.py --data-dir DATA

Dense networks on a 14x14 input whose widths are chosen so that all formats store about the same
number of bytes. Trained on MNIST's first 50,000 training pictures, measured on the other 10,000.
Writes docs/studies/ablation.md with its figure; every run is kept in the work folder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import click
from matplotlib.figure import Figure

from lanewise.commands.options import data_dir_option
from lanewise.data.digits import Digits
from lanewise.data.mnist import load_mnist
from lanewise.endings import run_tool
from lanewise.files import write_whole
from lanewise.nn.architectures import Architecture, constrained, dense
from lanewise.train.recipe import Augmentation, Recipe
from lanewise.train.study import Outcome, percent, run, spread

DOCS = Path(__file__).resolve().parent.parent / "docs" / "studies"
BYTES = 9000
EPOCHS, SEEDS = 6, 3
BITS_EACH = {"int8": 8.0, "int4": 4.0, "int3": 3.0, "int2": 2.0, "ternary": 1.6}


@dataclass(frozen=True)
class Constraint:
    """A row of the table: what holds the weights, and how wide accumulators may get."""

    name: str
    layers: str
    acc_bits: int


CONSTRAINTS = (
    Constraint("none", "none", 32),
    Constraint("l1 ball, 12-bit accumulators", "none", 12),
    Constraint("sphere", "sphere", 32),
    Constraint("Stiefel", "stiefel", 32),
    Constraint("soft Stiefel", "soft-stiefel", 32),
)


def width_for(storage: str) -> int:
    """Hidden width of two equal layers that store about ``BYTES`` bytes of weights."""
    weights = BYTES * 8 / BITS_EACH[storage]
    return math.floor((-206 + math.sqrt(206**2 + 4 * weights)) / 2)


def network(constraint: Constraint, storage: str) -> Architecture:
    """The architecture of one cell of the table."""
    width = width_for(storage)
    base = dense(f"{constraint.layers}-{storage}", hidden=(width, width), storage=storage)
    return base if constraint.layers == "none" else constrained(base, constraint.layers)


Table = dict[tuple[str, str], list[Outcome]]


def outcomes(train: Digits, held: Digits, work: Path) -> Table:
    """Every run by constraint and format."""
    found: Table = {}
    gentle = Augmentation(rotation_deg=8.0, scale=0.1, shear=0.12, shift_px=1.2)
    for seed in range(SEEDS):
        for constraint in CONSTRAINTS:
            for storage in BITS_EACH:
                recipe = Recipe(
                    epochs=EPOCHS,
                    batch=256,
                    lr=1e-2,
                    acc_bits=constraint.acc_bits,
                    seed=seed,
                    average=0.998,
                    augmentation=gentle,
                )
                outcome, _ = run(network(constraint, storage), recipe, train, held, work)
                found.setdefault((constraint.name, storage), []).append(outcome)
                click.echo(f"{constraint.name}, {storage}, seed {seed}: {outcome}", err=True)
    return found


def page(found: Table, count: int) -> str:
    """The page in Markdown."""
    lines = [
        "# Constraints at equal bytes",
        "",
        "Dense networks 14x14 - w - w - 10 with 4-bit activations that store about",
        f"{BYTES} bytes of weights, whatever the format: narrow formats get wider layers. Each",
        f"constraint holds all layers but the last. {EPOCHS} epochs, {SEEDS} seeds; accuracy on",
        f"{count} held-out training pictures of MNIST; mean and, in brackets, all seeds' range.",
        "",
        "| constraint | weights | width | float, % | integer, % | drop | certified bits | CPU s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (name, storage), results in found.items():
        whole = [result.integer_accuracy for result in results]
        real = [result.float_accuracy for result in results]
        drops = [a - b for a, b in zip(real, whole, strict=True)]
        bits = sorted({result.acc_bits for result in results})
        seconds = [result.seconds for result in results]
        lines.append(
            f"| {name} | {storage} | {width_for(storage)} | {spread(real, percent)} | "
            f"{spread(whole, percent)} | {spread(drops, percent)} | "
            f"{bits[0] if len(bits) == 1 else f'{bits[0]} to {bits[-1]}'} | "
            f"{sum(seconds) / len(seconds):.0f} |"
        )
    lines += [
        "",
        "Float is the accuracy when rounding begins, part way through the training; a negative",
        "drop means that the network went on learning under rounding.",
        "One recipe for all: no step size was tuned for any constraint.",
        "",
        "![Integer accuracy by constraint and format](ablation.png)",
        "",
        verdict(found),
        "",
        "Reproduce with `python tools/study_ablation.py --data-dir DATA`. One thread on a shared",
        "x86-64 machine; compare the seconds with each other only.",
    ]
    return "\n".join(lines) + "\n"


def verdict(found: Table) -> str:
    """Where a constraint helps, costs, or does neither, beyond the seeds' spread."""
    said = []
    for constraint in CONSTRAINTS[1:]:
        better, worse = [], []
        for storage in BITS_EACH:
            free = [o.integer_accuracy for o in found["none", storage]]
            held = [o.integer_accuracy for o in found[constraint.name, storage]]
            if min(held) > max(free):
                better.append(storage)
            if max(held) < min(free):
                worse.append(storage)
        said.append(
            f"- **{constraint.name}** against none: better with every seed for "
            f"{', '.join(better) or 'no format'}; worse with every seed for "
            f"{', '.join(worse) or 'no format'}."
        )
    return "\n".join(said)


def figure(found: Table) -> Figure:
    """Integer accuracy by format, one line a constraint, every seed a dot."""
    made = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = made.subplots()
    formats = list(BITS_EACH)
    for constraint in CONSTRAINTS:
        rows = [[100 * o.integer_accuracy for o in found[constraint.name, s]] for s in formats]
        (line,) = axes.plot(formats, [sum(r) / len(r) for r in rows], label=constraint.name)
        for storage, row in zip(formats, rows, strict=True):
            axes.plot([storage] * len(row), row, ".", color=line.get_color())
    axes.set_ylabel("integer accuracy, %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return made


@click.command()
@data_dir_option
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/study-ablation"))
@click.option("--out", type=click.Path(path_type=Path), default=DOCS)
def main(data_dir: Path | None, work: Path, out: Path) -> None:
    """Train the grid and write the page."""
    train, held = load_mnist("train", data_dir), load_mnist("validation", data_dir)
    found = outcomes(train, held, work)
    out.mkdir(parents=True, exist_ok=True)
    figure(found).savefig(out / "ablation.png", dpi=110)
    write_whole(out / "ablation.md", page(found, len(held)).encode(), overwrite=True)


if __name__ == "__main__":
    run_tool(main)
