# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Write networks of odd shapes that test the cost model, and print what it predicts for each.

    python tools/cost_probes.py OUT --data-dir MNIST

Random weights, biases such that a share of each channel is not zero on digits: programs unlike the
zoo's, on which no cost was fitted. OUT/NAME.lanes is for a board; docs/cost-model.md has what an
emulated one took for the pictures in OUT/NAME.gold (a line each: ink in hexadecimal, logits).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lanewise.commands.options import data_dir_option
from lanewise.cost.predict import predict
from lanewise.data.mnist import load_mnist
from lanewise.endings import run_tool
from lanewise.export.lanes import dumps
from lanewise.files import write_whole
from lanewise.integer.certificate import certify
from lanewise.integer.program import Conv2d, Dense, Op, Pool, Program
from lanewise.integer.reference import logits
from lanewise.runtimes.inputs import model_inputs
from lanewise.zoo.card import activity

PROBES: dict[str, tuple[tuple[Any, ...], ...]] = {
    # (input side, input bits), then ops: ("conv", outputs, side, stride, padding, bits, groups),
    # ("pool", size), ("dense", outputs, bits).
    "wide": ((16, 3), ("conv", 8, 5, 1, 0, 3, 1), ("pool", 2), ("conv", 40, 3, 1, 0, 3, 1)),
    "stride": ((20, 4), ("conv", 6, 3, 2, 1, 4, 1), ("conv", 24, 3, 1, 0, 4, 1), ("pool", 2)),
    "narrow": ((14, 4), ("conv", 24, 3, 1, 1, 4, 1), ("pool", 2), ("conv", 12, 1, 1, 0, 4, 1)),
    "tall": (
        (28, 2),
        ("conv", 4, 3, 1, 0, 2, 1),
        ("pool", 2),
        ("conv", 8, 3, 1, 1, 2, 1),
        ("pool", 2),
        ("conv", 16, 3, 1, 0, 2, 1),
    ),
    "grouped": (
        (18, 4),
        ("conv", 12, 3, 1, 0, 4, 1),
        ("pool", 2),
        ("conv", 24, 3, 1, 1, 4, 2),
        ("pool", 2),
    ),
    "mixed": ((14, 3), ("conv", 10, 3, 1, 0, 4, 1), ("pool", 2), ("dense", 96, 4)),
}
SEED = 20261121
SHARE = 0.2
"""Of the elements of a channel, about so many are not zero."""


def convolved(
    x: NDArray[np.int64], weights: NDArray[np.int8], shape: tuple[Any, ...]
) -> NDArray[np.int64]:
    """Sums of a convolution over ``x`` (n, channels, height, width)."""
    _, _, side, stride, padding, _, groups = shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(x, (side, side), axis=(2, 3))[:, :, ::stride, ::stride]
    parts = np.split(windows, groups, axis=1)
    kernels = np.split(weights.astype(np.int64), groups)
    return np.concatenate(
        [np.einsum("nchwij,ocij->nohw", p, k) for p, k in zip(parts, kernels, strict=True)], axis=1
    )


def settled(
    acc: NDArray[np.int64], bits: int
) -> tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
    """Bias and shift of each channel, such that ``SHARE`` of it is above 0, and what it makes."""
    flat = np.moveaxis(acc, 1, 0).reshape(acc.shape[1], -1)
    bias = -np.quantile(flat, 1 - SHARE, axis=1).astype(np.int64)
    top = np.quantile(flat, 0.99, axis=1) + bias
    shift = np.clip(np.ceil(np.log2(np.maximum(top, 1) / (1 << bits))), 0, 8).astype(np.int64)
    along = (slice(None), slice(None), None, None)
    made = (acc + bias[None][along]) >> shift[None][along]
    return bias.astype(np.int32), shift.astype(np.uint8), np.clip(made, 0, (1 << bits) - 1)


def probe(name: str, digits: NDArray[np.uint8], rng: np.random.Generator) -> Program:
    """The program of that name, biased by ``digits`` (n, 28, 28)."""
    (side, input_bits), *rows = PROBES[name]
    blank = Program((1, side, side), input_bits, ())
    x = model_inputs(blank, digits).astype(np.int64)[:, None]
    ops: list[Op] = []
    bits = input_bits
    for row in [*rows, ("dense", 10, None)]:
        at = (len(ops),)
        if row[0] == "pool":
            size = row[1]
            ops.append(Pool("max", size, size, 0, bits, at))
            height, width = (n // size * size for n in x.shape[2:])
            x = x[:, :, :height, :width].reshape(
                *x.shape[:2], height // size, size, width // size, size
            )
            x = x.max(axis=(3, 5))
        elif row[0] == "conv":
            weights = rng.integers(-7, 8, (row[1], x.shape[1] // row[6], row[2], row[2]), np.int8)
            bits = row[5]
            bias, shift, x = settled(convolved(x, weights, row), bits)
            ops.append(
                Conv2d(weights, bias, shift, bits, "int4", at, row[3], row[4], groups=row[6])
            )
        else:
            flat = x.reshape(len(x), -1)
            weights = rng.integers(-3, 4, (row[1], flat.shape[1]), np.int8)
            acc = (flat @ weights.astype(np.int64).T)[:, :, None, None]
            if row[2] is None:
                zeros = np.zeros(10, np.int32)
                ops.append(Dense(weights, zeros, zeros.astype(np.uint8), None, "int4", at))
                break
            bits = row[2]
            bias, shift, x = settled(acc, bits)
            ops.append(Dense(weights, bias, shift, bits, "int4", at))
    return Program((1, side, side), input_bits, tuple(ops), name=name)


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@data_dir_option
@click.option("--count", default=6, show_default=True, help="Pictures of each program.")
def main(out: Path, data_dir: Path | None, count: int) -> None:
    """Write the programs and their pictures to OUT."""
    digits = load_mnist("train", data_dir).images[-10_000:]
    rng = np.random.default_rng(SEED)
    out.mkdir(parents=True, exist_ok=True)
    for name in PROBES:
        program = probe(name, digits[5_000:5_100], rng)
        if "ulab16" not in certify(program).engines:
            raise click.ClickException(f"{name} leaves int16")
        shown = digits[: count * 37 : 37]
        inputs = model_inputs(program, shown)
        write_whole(out / f"{name}.lanes", dumps(program), overwrite=True)
        lines = [
            f"{ink.tobytes().hex()} {','.join(map(str, answer))}\n"
            for ink, answer in zip(inputs, logits(program, inputs), strict=True)
        ]
        write_whole(out / f"{name}.gold", "".join(lines).encode(), overwrite=True)
        active = activity(program, shown)
        cycles = predict(program, active)
        click.echo(
            f"{name}: {sum(cycles) / 1e6:.2f} M cycles predicted, by op "
            + " ".join(f"{c / 1e6:.2f}" for c in cycles)
            + "; not zero: "
            + " ".join(f"{a:.0f}" for a in active)
        )


if __name__ == "__main__":
    run_tool(main)
