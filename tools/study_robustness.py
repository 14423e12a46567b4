# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Study: noise, contrast and shift, and the certified radius, for constrained and free weights.

    python tools/study_robustness.py --data-dir DATA

The same dense network with free weights, under a 12-bit accumulator bound, on the sphere and on the
Stiefel manifold, trained on MNIST's first 50,000 training pictures without augmentation and with
it; measured on the other 10,000. Writes docs/studies/robustness.md; runs are kept in the work
folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lanewise.commands.options import data_dir_option
from lanewise.data.digits import Digits
from lanewise.data.mnist import load_mnist
from lanewise.endings import run_tool
from lanewise.files import write_whole
from lanewise.inspection.radius import certified_radius, hidden_stretch, real_logits
from lanewise.integer.program import Program
from lanewise.nn.architectures import Architecture, constrained, dense
from lanewise.train.augmentation import model_input
from lanewise.train.recipe import Augmentation, Recipe
from lanewise.train.study import accuracy, percent, run, spread

DOCS = Path(__file__).resolve().parent.parent / "docs" / "studies"
EPOCHS, SEEDS = 8, 3
UInt8 = NDArray[np.uint8]
STILL = Augmentation(rotation_deg=0.0, scale=0.0, shear=0.0, shift_px=0.0)
MOVED = Augmentation(rotation_deg=8.0, scale=0.1, shear=0.12, shift_px=1.2)


@dataclass(frozen=True)
class Net:
    """A row of the tables."""

    name: str
    constraint: str
    acc_bits: int
    augmentation: Augmentation


NETS = (
    Net("free", "none", 32, STILL),
    Net("12-bit accumulators", "none", 12, STILL),
    Net("sphere", "sphere", 32, STILL),
    Net("Stiefel", "stiefel", 32, STILL),
    Net("free, augmented", "none", 32, MOVED),
    Net("Stiefel, augmented", "stiefel", 32, MOVED),
)


def noisy(images: UInt8, sigma: float) -> UInt8:
    """Gaussian noise of ``sigma`` grey levels on every pixel, clipped."""
    noise = np.random.default_rng(0).normal(0.0, sigma, images.shape)
    return np.asarray(np.clip(np.rint(images + noise), 0, 255), dtype=np.uint8)


def paler(images: UInt8, share: float) -> UInt8:
    """Ink at ``share`` of its strength."""
    return np.asarray(np.rint(images * share), dtype=np.uint8)


def shifted(images: UInt8, pixels: float) -> UInt8:
    """Moved right by whole pixels; paper comes in from the left."""
    out = np.zeros_like(images)
    step = int(pixels)
    out[:, :, step:] = images[:, :, : 28 - step]
    return out


TRIALS: dict[str, tuple[Callable[[UInt8, float], UInt8], tuple[float, ...]]] = {
    "noise, grey levels": (noisy, (0, 20, 40, 60, 80)),
    "contrast": (paler, (1.0, 0.7, 0.5, 0.35, 0.25)),
    "shift, pixels": (shifted, (0, 1, 2, 3, 4)),
}


@dataclass(frozen=True)
class Found:
    """One seed of one net: accuracy by trial and level; radii as shares of full ink."""

    trials: dict[str, list[float]]
    radii: NDArray[np.float64]
    right: NDArray[np.bool_]
    stretch: float


def architecture(net: Net) -> Architecture:
    base = dense(f"robust-{net.constraint}")
    return base if net.constraint == "none" else constrained(base, net.constraint)


def measured(program: Program, made: Architecture, held: Digits) -> Found:
    """Everything about one trained net."""
    trials = {
        name: [
            accuracy(program, made, Digits(spoil(held.images, level), held.labels, held.name))
            for level in levels
        ]
        for name, (spoil, levels) in TRIALS.items()
    }
    inputs = model_input(held.images, made)
    most = (1 << made.input_bits) - 1
    right = real_logits(program, inputs).argmax(axis=1) == held.labels
    return Found(trials, certified_radius(program, inputs) / most, right, hidden_stretch(program))


def collect(train: Digits, held: Digits, work: Path) -> dict[str, list[Found]]:
    """Every net and seed."""
    found: dict[str, list[Found]] = {}
    for net in NETS:
        for seed in range(SEEDS):
            recipe = Recipe(
                epochs=EPOCHS,
                batch=256,
                lr=1e-2,
                acc_bits=net.acc_bits,
                seed=seed,
                average=0.998,
                augmentation=net.augmentation,
            )
            made = architecture(net)
            _, program = run(made, recipe, train, held, work)
            found.setdefault(net.name, []).append(measured(program, made, held))
            click.echo(f"{net.name}, seed {seed}", err=True)
    return found


def page(found: dict[str, list[Found]], count: int) -> str:
    """The page in Markdown."""
    lines = [
        "# Robustness, and what a Stiefel network can certify",
        "",
        "Dense 14x14-64-64-10, 4-bit activations, int8 weights. Accuracy of the integer programs",
        f"on {count} held-out training pictures of MNIST, {EPOCHS} epochs, {SEEDS} seeds; mean",
        "and, in brackets, the range over all seeds.",
        "",
    ]
    for name, (_, levels) in TRIALS.items():
        lines += [
            f"## {name}",
            "",
            "| network | " + " | ".join(f"{level:g}" for level in levels) + " |",
            "| --- |" + " --- |" * len(levels),
        ]
        for net, seeds in found.items():
            cells = [
                spread([one.trials[name][at] for one in seeds], percent)
                for at in range(len(levels))
            ]
            lines.append(f"| {net} | " + " | ".join(cells) + " |")
        lines.append("")
    lines += [
        "## Certified radius",
        "",
        "No change of the input shorter (in l2) than the radius changes the answer of the folded",
        "network in real numbers; units: full ink of one cell is 1. Stretch is the product of the",
        "hidden layers' largest singular values. Certified: read right, with at least that radius.",
        "",
        "| network | stretch | median radius | certified at 0.1 | at 0.25 | at 0.5 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for net, seeds in found.items():
        medians = [float(np.median(one.radii[one.right])) for one in seeds]
        cells = [
            spread([float(((one.radii >= r) & one.right).mean()) for one in seeds], percent)
            for r in (0.1, 0.25, 0.5)
        ]
        stretch = spread([one.stretch for one in seeds], lambda v: f"{v:.2f}")
        lines.append(
            f"| {net} | {stretch} | {spread(medians, lambda v: f'{v:.3f}')} | "
            + " | ".join(f"{cell} %" for cell in cells)
            + " |"
        )
    lines += [
        "",
        "![Accuracy under noise, contrast and shift](robustness.png)",
        "",
        verdict(found),
        "",
        "Reproduce with `python tools/study_robustness.py --data-dir DATA`.",
    ]
    return "\n".join(lines) + "\n"


def verdict(found: dict[str, list[Found]]) -> str:
    """Stiefel against free weights, said plainly."""
    said = []
    for name, (_, levels) in TRIALS.items():
        free = [one.trials[name][-1] for one in found["free"]]
        held = [one.trials[name][-1] for one in found["Stiefel"]]
        word = "no clear difference from"
        if min(held) > max(free):
            word = "better with every seed than"
        elif max(held) < min(free):
            word = "worse with every seed than"
        said.append(f"at {name.split(',')[0]} {levels[-1]:g} it is {word} free weights")
    radius = [float(np.median(one.radii[one.right])) for one in found["Stiefel"]]
    other = [float(np.median(one.radii[one.right])) for one in found["free"]]
    ratio = (sum(radius) / len(radius)) / (sum(other) / len(other))
    return (
        f"The Stiefel constraint in short: {'; '.join(said)}. Its median certified radius is "
        f"{ratio:.1f} times that of free weights."
    )


def figure(found: dict[str, list[Found]]) -> Figure:
    """One panel a trial, one line a net."""
    made = Figure(figsize=(9, 3.2), layout="constrained")
    panels = made.subplots(1, len(TRIALS))
    for axes, (name, (_, levels)) in zip(panels, TRIALS.items(), strict=True):
        for net, seeds in found.items():
            means = np.mean([one.trials[name] for one in seeds], axis=0)
            axes.plot(levels, 100 * means, label=net)
        axes.set_xlabel(name)
        axes.grid(alpha=0.3)
    panels[1].invert_xaxis()
    panels[0].set_ylabel("integer accuracy, %")
    panels[0].legend(fontsize=7)
    return made


@click.command()
@data_dir_option
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/study-robustness"))
@click.option("--out", type=click.Path(path_type=Path), default=DOCS)
def main(data_dir: Path | None, work: Path, out: Path) -> None:
    """Train the nets and write the page."""
    train, held = load_mnist("train", data_dir), load_mnist("validation", data_dir)
    found = collect(train, held, work)
    out.mkdir(parents=True, exist_ok=True)
    figure(found).savefig(out / "robustness.png", dpi=100)
    write_whole(out / "robustness.md", page(found, len(held)).encode(), overwrite=True)


if __name__ == "__main__":
    run_tool(main)
