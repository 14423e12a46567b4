# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Heap and garbage of the whole reader: measured in a MicroPython VM, counted on ulab's stand-in.

The VM runs ``plain`` and ``bigint`` and says what its heap holds; its words and the digits of its
integers are twice as wide as a board's. It has no ulab, so ``ulab16`` runs on the desk, where
arrays made and in-place operations are counted and priced as a board prices them.
"""

from __future__ import annotations

import contextlib
import gc
import json
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import LanewiseError
from lanewise.export.lanes import write
from lanewise.integer.program import Program
from lanewise.runtimes import ulab
from lanewise.runtimes.device import device_engine
from lanewise.runtimes.micropython import SCRIPTS, run_script

VM_HEAP = 64_000_000
"""Room enough that a frame's garbage is counted whole: nothing is collected meanwhile."""
WIDTH, HEIGHT = 80, 60
_POINTER, _HEADER = 4, 16
"""Bytes of a reference, and of the smallest block, on a 32-bit board."""


@dataclass(frozen=True)
class Memory:
    """heap_bytes: what package, model, engine, vision and frame take together; garbage_bytes:
    what one frame leaves behind, by stage; op_garbage_bytes: the same op by op; basis: how it was
    found."""

    heap_bytes: int
    vision_garbage_bytes: int
    inference_garbage_bytes: int
    op_garbage_bytes: tuple[int, ...]
    basis: str


def inks(images: NDArray[np.uint8]) -> list[str]:
    """Framed digits (n, 28, 28) as ``lanecam.bench`` takes them: 784 hexadecimal digits each."""
    return ["".join(f"{value >> 4:x}" for value in image.ravel()) for image in images]


def measured_in_vm(program: Program, images: NDArray[np.uint8], engine: str) -> Memory:
    """Memory of ``plain`` or ``bigint`` in the MicroPython VM, means over ``images``.

    Raises ``MissingExtraError`` without the VM, ``LanewiseError`` where the engine is not exact.
    """
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lanewise-") as folder:
        model, lines = Path(folder) / "model.lanes", Path(folder) / "inks"
        write(program, None, model)
        lines.write_text("\n".join(inks(images)))
        script = SCRIPTS / "bench.py"
        run_script(script, [model, engine, lines], said.append, VM_HEAP)
    found = json.loads(said[-1])
    vision, whole = found["vision_garbage_bytes"], found["garbage_bytes_per_frame"]
    ops = tuple(op["garbage_bytes"] for op in found["ops"])
    words = "measured in a MicroPython VM, whose words are twice as wide as a board's"
    return Memory(found["heap_bytes"], vision, whole - vision, ops, words)


@dataclass
class Tally:
    """What was made on ulab's stand-in: arrays, bytes of their data, in-place operations."""

    arrays: int = 0
    data_bytes: int = 0
    in_place: int = 0
    lists: list[int] = field(default_factory=list)

    def bytes_left(self, array_bytes: int, in_place_bytes: int) -> int:
        """Bytes on a board's heap, at the given price of an array and of an operation."""
        listed = sum(_HEADER + _blocks(_POINTER * length) for length in self.lists)
        made = self.arrays * array_bytes + self.data_bytes
        return made + listed + self.in_place * in_place_bytes


def _blocks(count: int) -> int:
    """Bytes rounded up to whole blocks of the heap."""
    return -(-count // _HEADER) * _HEADER


@contextlib.contextmanager
def tallied() -> Iterator[Tally]:
    """Count what the stand-in does inside."""
    tally = Tally()
    kind = ulab.ndarray
    make, work, listed = kind.__init__, kind._in_place, kind.tolist

    def counted_make(self: Any, base: np.ndarray) -> None:
        make(self, base)
        tally.arrays += 1
        if base.base is None:
            tally.data_bytes += _blocks(base.nbytes)

    def counted_work(self: Any, function: Any, other: object) -> Any:
        tally.in_place += 1
        return work(self, function, other)

    def counted_list(self: Any) -> Any:
        tally.lists.append(self.size)
        return listed(self)

    vars_of: Any = kind
    vars_of.__init__, vars_of._in_place, vars_of.tolist = counted_make, counted_work, counted_list
    try:
        yield tally
    finally:
        vars_of.__init__, vars_of._in_place, vars_of.tolist = make, work, listed


def predicted_with_ulab(
    program: Program,
    images: NDArray[np.uint8],
    *,
    package_bytes: int,
    array_bytes: int,
    in_place_bytes: int,
) -> Memory:
    """Memory of ``ulab16`` on a board: its arrays and operations on the desk, at a board's prices.

    package_bytes: the device package itself. Raises ``LanewiseError`` where ulab16 is not exact.
    """
    with ulab.installed_ulab():
        engine = device_engine(program, "ulab16")
        from lanecam import bench
        from lanecam.reader import Reader

        frame = bytearray(2 * WIDTH * HEIGHT)
        reader = Reader(engine.model, engine, WIDTH, HEIGHT, "yuv")
        heap = package_bytes + held_bytes([reader, frame], array_bytes)
        laps = engine.steps = bench.Laps(engine.steps)
        ops = np.zeros(len(program.ops), np.int64)
        vision = 0
        for number, ink in enumerate(inks(images)):
            bench.draw(frame, ink, bench.SIDE)
            if number == 0:
                reader.read(frame)  # what is made on first use is no part of a frame
            with tallied() as tally:
                reader.vision.look(frame)
            vision += tally.bytes_left(array_bytes, in_place_bytes)
            with tallied() as tally:
                laps.now = partial(tally.bytes_left, array_bytes, in_place_bytes)
                engine.run(reader.vision.ink)
                ops += np.diff([0, *laps.marks[1:-1], laps.now()])
            laps.now = int
    words = (
        f"predicted: arrays and in-place operations counted on the desk, {array_bytes} and "
        f"{in_place_bytes} bytes each; the package takes {package_bytes}"
    )
    each = tuple(int(count) // len(images) for count in ops)
    return Memory(heap, vision // len(images), int(ops.sum()) // len(images), each, words)


def held_bytes(roots: list[Any], array_bytes: int) -> int:
    """Bytes of a 32-bit board's heap that hold the data reachable from ``roots``.

    Buffers by their length, arrays at ``array_bytes`` and the data that they own, lists and tuples
    at a pointer an element, tables of attributes at two. Modules, classes and functions are the
    package itself; numbers and strings are left out.
    """
    seen: set[int] = set()
    todo: list[Any] = list(roots)
    total = 0
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, ModuleType | FunctionType | type):
            continue
        seen.add(id(thing))
        if isinstance(thing, bytes | bytearray | array):
            total += _HEADER + _blocks(len(thing) * getattr(thing, "itemsize", 1))
        elif isinstance(thing, memoryview):
            total += 2 * _HEADER
            todo.append(thing.obj)
        elif isinstance(thing, ulab.ndarray):
            total += array_bytes
            owner: Any = thing.base
            while isinstance(owner, np.ndarray) and owner.base is not None:
                owner = owner.base
            if isinstance(owner, memoryview):  # the desk's way to a buffer, none of a board's
                owner = owner.obj
            if isinstance(owner, np.ndarray):
                if id(owner) not in seen:
                    seen.add(id(owner))
                    total += _blocks(owner.nbytes)
            else:
                todo.append(owner)
        elif isinstance(thing, list | tuple):
            total += _HEADER + _blocks(_POINTER * len(thing))
            todo.extend(thing)
        elif isinstance(thing, dict):
            total += _HEADER + _blocks(2 * _POINTER * len(thing))
            todo.extend(thing.values())
        elif hasattr(thing, "__dict__") or hasattr(type(thing), "__slots__"):
            total += _HEADER
            todo.extend(part for part in gc.get_referents(thing) if part is not type(thing))
        elif not isinstance(thing, int | float | str | bool | None):
            raise LanewiseError(f"memory of a {type(thing).__name__} is not known")
    return total
