# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Weighs what lies in a Pico's memory while it reads: python tools/weigh_device.py [--record].

A module of the device package, compiled, takes about as many bytes of heap as its file has. Which
modules stay is read off the sources: what the app, the reader and an engine import when they are
imported; what is imported inside functions comes and goes (device/lib/lanecam/unload.py). Buffers
and views are counted on the desk's stand-in for ulab at a board's prices (runtimes/memory.py), with
the smallest plans, as a Pico takes them. --record writes tests/device/pico_memory.json, against
which tests/device/test_memory_budget.py holds every later state: record what is known to fit.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from lanewise.boards.compact import compact_files
from lanewise.endings import run_tool
from lanewise.resources import bundled, import_lanecam
from lanewise.runtimes import ulab
from lanewise.runtimes.memory import held_bytes

RECORD = Path(__file__).resolve().parents[1] / "tests" / "device" / "pico_memory.json"
MODELS = ("dense14", "swift", "pebble", "stone", "slate", "granite")
STAYING = ("app", "camera", "confidence", "edges", "link", "model", "reader")
"""Besides an engine, what reads with a camera begins with these."""
BUILDING = ("preparing", "reader_start", "engines.choice", "engines.lanes_builder",
            "engines.lanes_cutting", "engines.lanes_making", "engines.lanes_plan")  # fmt: skip
"""What is there beside them while an engine is built, before vision comes."""
SEEING = ("reader", "vision")
ARRAY_BYTES = 48
WIDTH, HEIGHT = 80, 60


def sources() -> dict[str, bytes]:
    """The device package's modules: name within ``lanecam``, source."""
    folder = bundled("device") / "lib" / "lanecam"
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found[name] = path.read_bytes()
    return found


def compiled_bytes(modules: dict[str, bytes]) -> dict[str, int]:
    """Bytes of each module, compiled for a board."""
    files = [(f"lib/lanecam/{name or '__init__'}.py", source) for name, source in modules.items()]
    return {name: len(code) for name, (_, code) in zip(modules, compact_files(files), strict=True)}


def imported(source: bytes) -> set[str]:
    """Modules of lanecam that are imported with a module; of a choice by ``try`` the first."""
    names: set[str] = set()
    todo: list[ast.stmt] = list(ast.parse(source).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Try | ast.If | ast.With):
            todo += node.body
    return {name.removeprefix("lanecam.") for name in names if name.startswith("lanecam.")}


def together(roots: tuple[str, ...], modules: dict[str, bytes]) -> set[str]:
    """Modules that are in memory when ``roots`` are."""
    found: set[str] = set()
    todo = [""]
    todo += roots
    while todo:
        name = todo.pop()
        if name in modules and name not in found:
            found.add(name)
            todo += imported(modules[name])
            todo.append(name.rpartition(".")[0])
    return found


def engine_roots(model: Any) -> tuple[str, ...]:
    """The modules that run the model's ops in lanes."""
    from lanecam.engines.lanes_graph import depthwise
    from lanecam.op import CONV2D, DENSE

    names = ["engines.ulab16"]
    for op in model.ops:
        if op.kind == DENSE:
            names.append("engines.lanes_dense")
        elif op.kind == CONV2D:
            names.append("engines.lanes_depthwise" if depthwise(op) else "engines.lanes_conv")
    return tuple(names)


def weigh(name: str, modules: dict[str, bytes], sizes: dict[str, int]) -> dict[str, int]:
    """Bytes while a model of the zoo reads, ``steady``: code, frame, and ``held`` by model, engine
    and vision; and of the code while its engine is built, ``building``."""
    path = bundled("models") / name / "model.lanes"
    import_lanecam()
    with ulab.installed_ulab():
        from lanecam.engines import lanes
        from lanecam.engines.lanes_builder import Builder
        from lanecam.engines.ulab16 import Ulab16
        from lanecam.model import load
        from lanecam.reader import Reader, vision_for
        from lanecam.vision.grid import scratch_bytes
        from lanecam.vision.planes_ulab import UlabPlanes

        model = load(str(path))
        engines = engine_roots(model)
        with (
            mock.patch.object(Builder, "_is_tight", lambda *_: True),
            mock.patch.object(lanes, "zeros", [b""]),  # not those of a larger model before
        ):
            engine = Ulab16(model, 0, 1, scratch_bytes(WIDTH, model.width, 2))
        model.ops = ()
        frame = bytearray(2 * WIDTH * HEIGHT)
        planes = UlabPlanes(WIDTH, HEIGHT, "yuv", model.width, engine.scratch)
        vision = vision_for(model, WIDTH, HEIGHT, "yuv", planes)
        reader = Reader(model, engine, WIDTH, HEIGHT, "yuv", vote=4, vision=vision)
        reader.read(frame)
        held = held_bytes([reader, frame], ARRAY_BYTES)
    staying = together(STAYING + engines, modules)
    building = together(STAYING + engines + BUILDING, modules)
    early = {one for one in building if one.partition(".")[0] not in SEEING}
    code = sum(sizes[one] for one in staying)
    return {
        "held": held,
        "steady": code + held,
        "building": sum(sizes[one] for one in early),
    }


def phases(modules: dict[str, bytes]) -> dict[str, list[str]]:
    """Modules that stay, whatever the model, and those that are there while an engine is built."""
    engines = ("engines.ulab16", "engines.lanes_conv", "engines.lanes_dense")
    building = together(STAYING + engines + BUILDING, modules)
    return {
        "staying": sorted(together(STAYING + engines, modules)),
        "building": sorted(one for one in building if one.partition(".")[0] not in SEEING),
    }


def main(arguments: list[str] | None = None) -> None:
    """Print or record."""
    chosen = sys.argv[1:] if arguments is None else arguments
    modules = sources()
    sizes = compiled_bytes(modules)
    models = {name: weigh(name, modules, sizes) for name in MODELS}
    for name, found in models.items():
        print(name, *(f"{key} {value}" for key, value in found.items()))
    if "--record" in chosen:
        phased = {
            phase: {name: sizes[name] for name in names} for phase, names in phases(modules).items()
        }
        text = json.dumps({"modules": phased, "models": models}, indent=1)
        RECORD.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_tool(main)
