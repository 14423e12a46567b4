# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise demo``: the whole way, from pen strokes to digits read by an emulated board."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lanewise.commands.console import certificate_table, print_json, progress_bar, stdout
from lanewise.commands.options import data_dir_option, data_option, force_option, json_option
from lanewise.commands.text_pictures import seen_picture
from lanewise.commands.train import epoch_bar
from lanewise.data.digits import Digits
from lanewise.data.sources import load
from lanewise.emulator.desk import EmulatedDesk, Seen
from lanewise.emulator.sources import DigitSource
from lanewise.errors import LanewiseError, TrainingError
from lanewise.export.lanes import read, stored_bytes, write
from lanewise.files import refuse_existing
from lanewise.integer.certificate import Certificate, certify
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.nn.architectures import architecture
from lanewise.runtimes.inputs import model_inputs
from lanewise.train.fold import calibrate, fold
from lanewise.train.loop import fit
from lanewise.train.recipes import DEMO

NAME = "digits-demo"
TRAINING_DIGITS = 40_000
HELD_OUT_DIGITS = 4_000
FRAMES = 100
SHOWN = 3


@dataclass
class _Times:
    """Seconds of each stage, in order."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, console: Console) -> Iterator[None]:
        """Announce a stage, then note how long it took."""
        number = len(self.seconds) + 1
        console.print(f"\n[bold]{number}. {name}[/bold]")
        begun = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begun


@click.command(epilog="Example: lanewise demo --out digits.lanes")
@data_option()
@click.option("--out", type=click.Path(path_type=Path), default="digits.lanes", show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), default=DEMO.epochs, show_default=True)
@click.option("--digits", type=click.IntRange(min=1000), default=TRAINING_DIGITS, show_default=True)
@force_option
@data_dir_option
@json_option
def demo(
    data_name: str,
    out: Path,
    epochs: int,
    digits: int,
    force: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Train a small constrained network, certify its integers, write them, and read digits.

    The digits are then drawn on pages in front of an emulated OV7670, captured by the real Adafruit
    driver and read by the package that runs on the board. A file that an earlier demo wrote is
    replaced; any other file is not, unless --force is given.
    """
    refuse_existing(out, force or _is_from_a_demo(out))
    console = Console(highlight=False, quiet=as_json)
    times = _Times()
    with times.stage(f"Draw the digits: {data_name}", console):
        train, held_out, test = _draw(data_name, data_dir, digits, quiet=as_json)
        console.print(
            f"{len(train)} to learn from, {len(held_out)} to calibrate with, {len(test)} to test on"
        )
    with times.stage("Train under a 12-bit accumulator bound", console):
        program = _train(train, held_out, epochs, quiet=as_json)
    with times.stage("Fold to integers and prove their bounds", console):
        with progress_bar("prove, write, test", 3, quiet=as_json) as advance:
            proof = certify(program)
            advance(1)
            size = write(program, proof, out, overwrite=True)
            advance(1)
            accuracy = _accuracy(program, test)
            advance(1)
        console.print(certificate_table(program, proof))
        console.print(f"wrote {out}, {size} bytes")
    with times.stage("Read them with the emulated camera and board", console):
        seen = _look(out, test, quiet=as_json)
        for picture, label in list(zip(seen, test.labels, strict=False))[:SHOWN]:
            console.print(f"this is a {label}:")
            console.print(seen_picture(picture))
    right = sum(found.digit == str(label) for found, label in zip(seen, test.labels, strict=False))
    if as_json:
        print_json(
            {
                "model": str(out),
                "data": test.name,
                "accuracy": accuracy,
                "camera_read_right": right,
                "camera_frames": len(seen),
                "stored_bytes": stored_bytes(program),
                "file_bytes": size,
                "acc_bits": proof.acc_bits,
                "engines": list(proof.engines),
                "seconds": {name: round(value, 2) for name, value in times.seconds.items()},
            }
        )
        return
    console.print()
    console.print(_summary(program, proof, accuracy, right, len(seen), times))
    next_call = f"lanewise emulate --model {out} --image a-photo-of-a-digit.png --show"
    console.print(f"Next: {next_call}", soft_wrap=True)


def _is_from_a_demo(path: Path) -> bool:
    """Whether ``path`` is a model that this command wrote before."""
    try:
        return path.is_file() and read(path)[0].name == NAME
    except LanewiseError:
        return False


def _draw(name: str, folder: Path | None, count: int, quiet: bool) -> tuple[Digits, Digits, Digits]:
    parts = []
    with progress_bar("digits", count + 2 * HELD_OUT_DIGITS, quiet=quiet) as advance:
        for split, size in (
            ("train", count),
            ("validation", HELD_OUT_DIGITS),
            ("test", HELD_OUT_DIGITS),
        ):
            parts.append(load(name, split, folder, size))
            advance(size)
    return parts[0], parts[1], parts[2]


def _train(train: Digits, held_out: Digits, epochs: int, quiet: bool) -> Program:
    with epoch_bar(epochs, quiet=quiet) as show:
        result = fit(
            architecture("dense14"), replace(DEMO, epochs=epochs), train, held_out, progress=show
        )
    if not result.finished:
        raise TrainingError("stopped before the training was done; nothing was written")
    if not quiet:
        stdout().print(
            f"{result.network.weight_count()} weights, {len(result.history)} epochs, "
            f"{100 * result.accuracy:.2f} % of the digits held out"
        )
    return calibrate(fold(result.network, NAME), result.network, held_out)


def _accuracy(program: Program, digits: Digits) -> float:
    answers = logits(program, model_inputs(program, digits.images)).argmax(axis=1)
    return float((answers == digits.labels).mean())


def _look(model: Path, digits: Digits, quiet: bool) -> list[Seen]:
    seen = []
    with (
        EmulatedDesk(model, width=80, colorspace="rgb") as desk,
        progress_bar("capturing frames", FRAMES, quiet=quiet) as advance,
    ):
        for image in digits.images[:FRAMES]:
            seen.append(desk.look(DigitSource(image)))
            advance(1)
    return seen


def _summary(
    program: Program,
    proof: Certificate,
    accuracy: float,
    right: int,
    frames: int,
    times: _Times,
) -> Table:
    table = Table(title="Summary", title_justify="left", show_header=False)
    table.add_row("integer accuracy, digits as drawn", f"{100 * accuracy:.2f} %")
    table.add_row("read right by the emulated board", f"{right} of {frames} frames of 80x60")
    table.add_row("weights and biases", f"{stored_bytes(program)} bytes")
    table.add_row("widest accumulator", f"{proof.acc_bits} bits, for every possible input")
    for name, seconds in times.seconds.items():
        table.add_row(name, f"{seconds:.1f} s")
    return table
