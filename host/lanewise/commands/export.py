# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise export``: write a model for the place that runs it."""

from __future__ import annotations

from pathlib import Path

import click

from lanewise.commands.console import print_json, stdout
from lanewise.commands.export_targets import TARGETS, Options, tflite_arena, write_target
from lanewise.commands.options import force_option, json_option
from lanewise.zoo.shelf import model_path


@click.command(epilog="Example: lanewise export dense14 --to onnx --out dense14.onnx")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Choice(TARGETS), default="flat", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="What to write.")
@click.option("--flavour", default=None, help="Of --to onnx: integer (default) or qlinear.")
@click.option("--weights", default=None, help="Of --to c: packed (default) or wide.")
@click.option("--board", default=None, help="Of --to board: the board (default: a Pico).")
@force_option
@json_option
def export(
    model: Path,
    target: str,
    out: Path,
    flavour: str | None,
    weights: str | None,
    board: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write MODEL, a .lanes file or a name of the zoo, for another place.

    \b
    flat    folder: the .lanes file, raw .bin arrays, one .npz and a manifest
    onnx    file for onnxruntime, exact to the last integer
    tflite  file for tflite-micro, LiteRT and tflite-runtime, exact likewise
    c       folder: one header and one source in C99 with a self test
    board   folder or .zip to copy onto CIRCUITPY
    """
    options = Options(out, force, flavour, weights, board)
    written = write_target(target, model_path(model), options)
    arena = tflite_arena(out) if target == "tflite" else None
    if as_json:
        found = {"target": target, "out": str(out), "files": written}
        print_json(found if arena is None else found | {"arena_bytes": arena})
        return
    console = stdout()
    single = out.is_file()
    for name, size in written.items():
        console.print(f"{size:>8} bytes  {out if single and len(written) == 1 else out / name}")
    if arena is not None:
        console.print(
            f"{arena:>8} bytes  arena of tflite-micro on this machine; a board needs less"
        )
