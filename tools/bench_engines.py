# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Times device engines side by side in the MicroPython VM, in one run, with their ratios.

    python tools/bench_engines.py                            swift, dense14 and pebble
    python tools/bench_engines.py swift --vm PATH --heap N   in another interpreter

Each engine runs in a VM of its own, once with and once without rounds: the difference in processor
time is the figure, so that other work on the machine hardly counts. The VM's words are 64 bits and
its big-int digits 32, so neither its memory nor its ratios are a board's.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from lanewise.commands.options import data_option
from lanewise.data.sources import load
from lanewise.endings import run_tool
from lanewise.errors import LanewiseError
from lanewise.export.lanes import read
from lanewise.resources import bundled
from lanewise.runtimes.inputs import model_inputs
from lanewise.runtimes.micropython import SCRIPTS, interpreter


def run(
    vm: Path, heap: int, model: Path, inputs: Path, engine: str, rounds: int
) -> tuple[float, int, str]:
    """Processor seconds, bytes of memory and CRC-32 of the logits of ``rounds`` over ``inputs``.

    Raises ``LanewiseError`` where the VM fails.
    """
    command = [vm, "-X", f"heapsize={heap}", SCRIPTS / "race.py", bundled("device") / "lib"]
    command += [model, inputs, engine, str(rounds)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise LanewiseError(f"{vm} stopped: {said[-1] if said else done.returncode}")
    lines = [line.split() for line in done.stdout.splitlines()]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, int(lines[-1][2]), lines[0][2]


def race(
    vm: Path, heap: int, model: Path, images: np.ndarray, engines: list[str], rounds: int
) -> dict[str, tuple[float, int]]:
    """Microseconds of processor time an image and bytes of memory, by engine.

    Raises ``LanewiseError`` where the VM fails or the engines do not agree.
    """
    found = {}
    logits = set()
    with tempfile.TemporaryDirectory(prefix="lanewise-") as folder:
        inputs = Path(folder) / "in"
        inputs.write_bytes(np.ascontiguousarray(images).tobytes())
        for engine in engines:
            idle = run(vm, heap, model, inputs, engine, 0)[0]
            busy, memory, crc = run(vm, heap, model, inputs, engine, rounds)
            found[engine] = 1e6 * (busy - idle) / rounds / len(images), memory
            logits.add(crc)
    if len(logits) != 1:
        raise LanewiseError(f"the engines {', '.join(engines)} do not agree on {model}")
    return found


@click.command()
@click.argument("models", nargs=-1)
@click.option("--engine", "engines", multiple=True, default=("plain", "bigint"), show_default=True)
@data_option()
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Pictures."
)
@click.option("--rounds", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--heap", default=1_000_000, show_default=True, help="Bytes of the VM's heap.")
@click.option("--vm", type=click.Path(path_type=Path), help="Interpreter; MicroPython by default.")
def main(
    models: tuple[str, ...],
    engines: tuple[str, ...],
    data_name: str,
    limit: int,
    rounds: int,
    heap: int,
    vm: Path | None,
) -> None:
    """Print a table; the last column is how many times faster than the first engine."""
    click.echo("| model | engine | microseconds | memory, bytes | times as fast |")
    click.echo("| --- | --- | ---: | ---: | ---: |")
    for name in models or ("swift", "dense14", "pebble"):
        path = bundled("models") / name / "model.lanes"
        program, _ = read(path)
        images = model_inputs(program, load(data_name, "test", count=limit).images)
        try:
            found = race(vm or interpreter(), heap, path, images, list(engines), rounds)
        except LanewiseError as error:
            click.echo(f"{name}: {error}", err=True)
            sys.exit(1)
        first = found[engines[0]][0]
        for engine in engines:
            taken, memory = found[engine]
            click.echo(f"| {name} | {engine} | {taken:.0f} | {memory:,} | {first / taken:.1f} |")


if __name__ == "__main__":
    run_tool(main)
