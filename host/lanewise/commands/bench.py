# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise bench``: what a model costs on a board, engines side by side, desk or board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from lanewise.boards.bundle import MODEL_ON_BOARD
from lanewise.boards.drives import CIRCUITPY, choose, find_boards, open_drive
from lanewise.boards.measure import measured_on_board
from lanewise.boards.ports import choose_port, find_ports, open_port, port_failures
from lanewise.boards.repl import RawRepl
from lanewise.boards.slots import running_folder
from lanewise.commands.board_choice import drive_option, port_option
from lanewise.commands.console import print_json, progress_bar, stdout
from lanewise.commands.options import data_dir_option, data_option, json_option
from lanewise.cost.predict import ENGINES, predict, primitives
from lanewise.cost.reader import reader_figures
from lanewise.data.digits import Digits
from lanewise.data.sources import load
from lanewise.errors import BoardError, MissingExtraError, UsageError
from lanewise.export.lanes import loads, read
from lanewise.integer.certificate import Certificate
from lanewise.integer.program import Program
from lanewise.integer.shapes import op_name
from lanewise.runtimes.memory import Memory, inks, measured_in_vm, predicted_with_ulab
from lanewise.zoo.card import activity
from lanewise.zoo.shelf import model_path

STAGES = ("vision", "inference", "total")
Found = dict[str, Any]


@click.command(epilog="Example: lanewise bench dense14 --engine ulab16 --engine bigint")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, help="Repeatable.")
@data_option()
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Pictures whose activity the cycles are predicted from.",
)
@click.option(
    "--frames",
    type=click.IntRange(1, 8),
    default=4,
    show_default=True,
    help="Pictures that are measured: for memory, and on a board.",
)
@click.option("--board", "on_board", is_flag=True, help="Measure on the board that is plugged in.")
@drive_option
@port_option
@data_dir_option
@json_option
def bench(
    model: Path | None,
    engines: tuple[str, ...],
    data_name: str,
    limit: int,
    frames: int,
    on_board: bool,
    drive: Path | None,
    port: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Time, cycles, heap and garbage of MODEL on a board, engine by engine, op by op.

    On the desk cycles are predicted for an RP2040 from measured primitives, and memory is measured
    in a MicroPython VM (ulab16: predicted). With --board, --port or --drive, the version deployed
    on a board measures itself, no camera needed, and MODEL may be left out.
    """
    count = max(limit, frames)
    digits = load(data_name, "test", data_dir=data_dir, count=count)
    if on_board or port is not None or drive is not None:
        program, found = _on_board(model, engines, drive, port, digits, frames, as_json)
    else:
        if model is None:
            raise UsageError("name a model: lanewise bench MODEL (a .lanes file, or dense14)")
        program, proof = read(model_path(model))
        found = _on_desk(program, proof, engines, digits, frames, as_json)
    if as_json:
        for one in found:
            print_json({"model": program.name, **one})
        return
    stdout().print(_table(program, found))
    for note in dict.fromkeys(_notes(found)):
        stdout().print(note, soft_wrap=True)


def _predicted(program: Program, digits: Digits, engine: str) -> tuple[Found, list[int]]:
    ops = predict(program, activity(program, digits.images), engine)
    vision = reader_figures().vision_cycles
    return dict(zip(STAGES, (vision, sum(ops), vision + sum(ops)), strict=True)), ops


def _on_desk(
    program: Program,
    proof: Certificate,
    engines: tuple[str, ...],
    digits: Digits,
    frames: int,
    quiet: bool,
) -> list[Found]:
    chosen = engines or tuple(name for name in ENGINES if name in proof.engines)
    clock = primitives()["clock_hz"]
    found = []
    with progress_bar("measuring", len(chosen), quiet) as advance:
        for name in chosen:
            cycles, ops = _predicted(program, digits, name)
            memory, why_not = _memory(program, digits.images[:frames], name)
            found.append(
                {
                    "engine": name,
                    "measured": False,
                    "clock_hz": clock,
                    "cycles_rp2040": cycles,
                    "ms": {stage: round(1000 * cycles[stage] / clock, 2) for stage in STAGES},
                    "heap_bytes": memory.heap_bytes if memory else None,
                    "garbage_bytes_per_frame": memory
                    and memory.vision_garbage_bytes + memory.inference_garbage_bytes,
                    "garbage_bytes": memory
                    and {
                        "vision": memory.vision_garbage_bytes,
                        "inference": memory.inference_garbage_bytes,
                    },
                    "ops": [
                        {
                            "op": op_name(at, op),
                            "cycles_rp2040": ops[at],
                            "garbage_bytes": memory and memory.op_garbage_bytes[at],
                        }
                        for at, op in enumerate(program.ops)
                    ],
                    "basis": {
                        "cycles_rp2040": f"inference predicted from primitives, vision as "
                        f"measured at {reader_figures().frame}; collections of garbage not "
                        f"counted; {primitives()['source']}",
                        "memory": memory.basis if memory else why_not,
                    },
                }
            )
            advance(1)
    return found


def _memory(program: Program, images: Any, engine: str) -> tuple[Memory | None, str]:
    """Heap and garbage of the reader with ``engine``, or why they are not known here."""
    if engine == "ulab16":
        figures = reader_figures()
        memory = predicted_with_ulab(
            program,
            images,
            package_bytes=figures.package_heap_bytes,
            array_bytes=figures.array_bytes,
            in_place_bytes=figures.in_place_bytes,
        )
        return memory, ""
    try:
        return measured_in_vm(program, images, engine), ""
    except MissingExtraError as error:
        return None, str(error)


def _on_board(
    model: Path | None,
    engines: tuple[str, ...],
    drive: Path | None,
    port: str | None,
    digits: Digits,
    frames: int,
    quiet: bool,
) -> tuple[Program, list[Found]]:
    plugged = choose(find_boards(), CIRCUITPY, drive, "plug in the board")
    files = open_drive(plugged.path)
    folder = running_folder(files)
    if folder is None:
        raise BoardError(
            f"{plugged.path} runs no version of lanewise; run: lanewise deploy {model or 'MODEL'}"
        )
    program, proof = loads(files.read(f"{folder}/{MODEL_ON_BOARD}") or b"", MODEL_ON_BOARD)
    if model is not None:
        wanted, _ = read(model_path(model))
        if wanted.name != program.name:
            raise BoardError(
                f"the board runs {program.name}, not {wanted.name}; run: lanewise deploy {model}"
            )
    device = choose_port(find_ports(), port, plugged.uid)
    chosen = engines or tuple(name for name in ENGINES if name in proof.engines)
    found = []
    with progress_bar("measuring", len(chosen), quiet) as advance:
        for name in chosen:
            with port_failures(device), open_port(device) as opened, RawRepl(opened) as repl:
                answer = measured_on_board(repl, folder, name, inks(digits.images[:frames]))
            found.append(_from_board(program, answer, _predicted(program, digits, name)[0]))
            advance(1)
    return program, found


def _from_board(program: Program, answer: Found, predicted: Found) -> Found:
    """A board's own report under the keys of the desk's, with the desk's prediction beside it."""
    clock = answer["clock_hz"]
    vision, whole = answer["vision_garbage_bytes"], answer["garbage_bytes_per_frame"]
    on_rp2040 = str(answer["chip"]).upper().startswith("RP2040")
    return {
        "engine": answer["engine"],
        "measured": True,
        "board": answer["board"],
        "clock_hz": clock,
        "cycles": answer["cycles"],
        "cycles_rp2040": answer["cycles"] if on_rp2040 else None,
        "predicted_cycles_rp2040": predicted,
        "ms": {stage: round(answer["us"][stage] / 1000, 2) for stage in STAGES},
        "load_ms": round(answer["load_us"] / 1000, 1),
        "heap_bytes": answer["heap_bytes"],
        "heap_free_bytes": answer["heap_free_bytes"],
        "garbage_bytes_per_frame": whole,
        "garbage_bytes": None if whole is None else {"vision": vision, "inference": whole - vision},
        "frames": answer["frames"],
        "digits_read": answer["digits_read"],
        "ops": [
            {
                "op": op_name(at, op),
                "ms": round(row["us"] / 1000, 2),
                "cycles": clock and row["us"] * clock // 1_000_000,
                "garbage_bytes": row["garbage_bytes"],
            }
            for at, (op, row) in enumerate(zip(program.ops, answer["ops"], strict=True))
        ],
        "basis": {
            "cycles": f"measured on {answer['board']}: stages and ops right after a collection, "
            "total as frames come, collections included",
            "memory": f"measured on {answer['board']}; heap without the firmware's own",
        },
    }


def _table(program: Program, found: list[Found]) -> Table:
    table = Table()
    table.add_column(program.name)
    for one in found:
        table.add_column(one["engine"], justify="right")

    def row(name: str, values: list[Any], unit: str = "") -> None:
        shown = ["-" if value is None else f"{value:,}{unit}" for value in values]
        table.add_row(name, *shown)

    def cycles(one: Found) -> Found:
        known = one.get("cycles", one["cycles_rp2040"])
        return known or dict.fromkeys(STAGES)

    row("vision, cycles", [cycles(one)["vision"] for one in found])
    for at, op in enumerate(program.ops):
        ops = [one["ops"][at] for one in found]
        row(op_name(at, op), [each.get("cycles", each.get("cycles_rp2040")) for each in ops])
    row("inference, cycles", [cycles(one)["inference"] for one in found])
    row("total, cycles", [cycles(one)["total"] for one in found])
    table.add_section()
    for stage in STAGES:
        row(f"{stage}, ms", [one["ms"][stage] for one in found])
    table.add_section()
    row("heap, bytes", [one["heap_bytes"] for one in found])
    for stage in STAGES[:2]:
        values = [one["garbage_bytes"] and one["garbage_bytes"][stage] for one in found]
        row(f"garbage of {stage}, bytes", values)
    row("garbage a frame, bytes", [one["garbage_bytes_per_frame"] for one in found])
    return table


def _notes(found: list[Found]) -> list[str]:
    """What is measured and what is predicted, a line each."""
    notes = []
    for one in found:
        basis = one["basis"]
        notes.append("Cycles: " + basis.get("cycles", basis.get("cycles_rp2040")) + ".")
        notes.append(f"Memory, {one['engine']}: {basis['memory']}.")
    return notes
