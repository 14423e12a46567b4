# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How many pictures a second one core draws and distorts.

    python tools/bench_data.py

Processor time, best of three, so that other work on the machine hardly counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import click
import numpy as np

from lanewise.data.augment import affine, elastic
from lanewise.data.marks import load_marks
from lanewise.data.pen import pen_digits
from lanewise.endings import run_tool

COUNT = 4096


def a_second(work: Callable[[], object]) -> float:
    """Pictures a second of processor time; ``work`` makes ``COUNT``."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return COUNT / best


@click.command()
def main() -> None:
    """Print the table."""
    digits = pen_digits(COUNT, seed=1)
    rng = np.random.default_rng(0)
    click.echo("| what | pictures a second |")
    click.echo("| --- | --- |")
    for name, work in (
        ("drawing pen digits", lambda: pen_digits(COUNT, seed=1)),
        ("drawing marks", lambda: load_marks("train", COUNT, seed=1)),
        ("affine distortion", lambda: affine(digits.images, rng)),
        ("elastic distortion", lambda: elastic(digits.images, rng)),
    ):
        click.echo(f"| {name} | {a_second(work):,.0f} |")


if __name__ == "__main__":
    run_tool(main)
