# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Study: what a guaranteed accumulator width costs in accuracy, dense and convolutional.

    python tools/study_accumulator.py --data-dir DATA

Trains the same network on MNIST's first 50,000 training pictures for each width and seed, measures
on the other 10,000, and writes docs/studies/accumulator.md with its figure. Every run is kept in
the work folder; a study that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from matplotlib.figure import Figure

from lanewise.commands.options import data_dir_option
from lanewise.data.digits import Digits
from lanewise.data.mnist import load_mnist
from lanewise.endings import run_tool
from lanewise.files import write_whole
from lanewise.nn.architectures import architecture
from lanewise.train.recipes import recipe_for
from lanewise.train.study import Outcome, percent, run, spread

DOCS = Path(__file__).resolve().parent.parent / "docs" / "studies"
WIDTHS = (8, 9, 10, 11, 12, 14, 16, 20, 24)
NETS = {"dense14": (12, 2), "conv22": (6, 2)}
"""Epochs and seeds of each architecture."""


def outcomes(
    name: str, epochs: int, seeds: int, train: Digits, held: Digits, work: Path
) -> dict[int, list[Outcome]]:
    """Every run of one architecture by accumulator width."""
    found: dict[int, list[Outcome]] = {}
    for width in WIDTHS:
        for seed in range(seeds):
            recipe = replace(recipe_for(name), epochs=epochs, acc_bits=width, seed=seed, threads=1)
            outcome, _ = run(architecture(name), recipe, train, held, work)
            found.setdefault(width, []).append(outcome)
            click.echo(f"{name} {width} bits, seed {seed}: {outcome}", err=True)
    return found


def figure(all_found: dict[str, dict[int, list[Outcome]]]) -> Figure:
    """Accuracy against width, one line an architecture, every seed a dot."""
    made = Figure(figsize=(6, 3.4), layout="constrained")
    axes = made.subplots()
    for name, found in all_found.items():
        widths = sorted(found)
        means = [sum(o.integer_accuracy for o in found[w]) / len(found[w]) for w in widths]
        (line,) = axes.plot(widths, [100 * mean for mean in means], label=name)
        for width in widths:
            values = [100 * o.integer_accuracy for o in found[width]]
            axes.plot([width] * len(values), values, ".", color=line.get_color())
    axes.set_xlabel("guaranteed accumulator width, bits")
    axes.set_ylabel("integer accuracy, % of held-out digits")
    axes.set_ylim(bottom=90)
    axes.grid(alpha=0.3)
    axes.legend()
    return made


def page(all_found: dict[str, dict[int, list[Outcome]]], count: int) -> str:
    """The page in Markdown."""
    lines = [
        "# What a guaranteed accumulator costs",
        "",
        "Every integer row is held inside the l1 ball that makes its accumulator fit the wanted",
        "width for every possible input (A2Q, arXiv:2308.13504). How much accuracy does the",
        "guarantee take? The same network, the same recipe, only the width differs. Accuracy of",
        f"the integers on {count} held-out training pictures of MNIST; mean and, in brackets, the",
        "range over all seeds.",
        "",
    ]
    for name, found in all_found.items():
        epochs, seeds = NETS[name]
        lines += [
            f"## {name}: {epochs} epochs, {seeds} seeds",
            "",
            "| guaranteed bits | certified bits | integer accuracy, % | change from float |",
            "| --- | --- | --- | --- |",
        ]
        for width, results in sorted(found.items()):
            whole = [result.integer_accuracy for result in results]
            drops = [result.integer_accuracy - result.float_accuracy for result in results]
            reached = max(result.acc_bits for result in results)
            lines.append(
                f"| {width} | {reached} | {spread(whole, percent)} | {spread(drops, percent)} |"
            )
        lines.append("")
    lines += [
        "![Accuracy against guaranteed width](accumulator.png)",
        "",
        verdict(all_found),
        "",
        "Reproduce with `python tools/study_accumulator.py --data-dir DATA`; seeds are 0, 1, ...",
        "Measured on two shared x86-64 cores; accuracy does not depend on the machine's load.",
    ]
    return "\n".join(lines) + "\n"


def verdict(all_found: dict[str, dict[int, list[Outcome]]]) -> str:
    """From which width on the guarantee costs less than the seeds' own spread."""
    said = []
    for name, found in all_found.items():
        means = {w: sum(o.integer_accuracy for o in r) / len(r) for w, r in found.items()}
        best = means[max(means)]
        range_of_seeds = max(
            max(o.integer_accuracy for o in r) - min(o.integer_accuracy for o in r)
            for w, r in found.items()
            if w >= 14
        )
        free = min(
            w for w in means if all(means[v] >= best - range_of_seeds for v in means if v >= w)
        )
        said.append(
            f"For {name} the guarantee costs nothing that the seeds' spread "
            f"({percent(range_of_seeds)} points) would show down to {free} bits"
        )
    return ". ".join(said) + "."


@click.command()
@data_dir_option
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/study-accumulator"))
@click.option("--out", type=click.Path(path_type=Path), default=DOCS)
def main(data_dir: Path | None, work: Path, out: Path) -> None:
    """Train the grid and write the page."""
    train, held = load_mnist("train", data_dir), load_mnist("validation", data_dir)
    found = {
        name: outcomes(name, epochs, seeds, train, held, work)
        for name, (epochs, seeds) in NETS.items()
    }
    out.mkdir(parents=True, exist_ok=True)
    figure(found).savefig(out / "accumulator.png", dpi=110)
    write_whole(out / "accumulator.md", page(found, len(held)).encode(), overwrite=True)


if __name__ == "__main__":
    run_tool(main)
