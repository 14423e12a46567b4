# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Predicted RP2040 cycles of each op: counts of primitives times their cost (primitives.json).

``measured`` costs were timed alone on an emulated board; ``fitted`` ones are overheads set from
whole networks, so those networks do not test them. How far predictions are from each model of the
zoo: docs/cost-model.md. Collections of garbage are not in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.cost.lanes import convolution, dense, map_op
from lanewise.errors import UsageError
from lanewise.integer.certificate import accumulator_interval, activation_reach
from lanewise.integer.program import Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.shapes import validate

ENGINES = ("ulab16", "bigint", "plain")


@cache
def primitives() -> dict[str, Any]:
    """All costs by name, measured and fitted, with ``source``, ``date`` and ``clock_hz``."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("primitives.json").read_text())
    return {**found, **found["measured"], **found["fitted"]}


def predict(program: Program, activity: Sequence[float], engine: str = "ulab16") -> list[int]:
    """Cycles of each op. ``activity``: mean count of non-zero elements of each value, the input
    first (``lanewise.zoo.card.activity``). Raises ``UsageError`` for an unknown engine."""
    if engine not in ENGINES:
        raise UsageError(f"no cost model for engine {engine!r}; choose one of {', '.join(ENGINES)}")
    shapes = validate(program)
    live, highs = live_parts(program), _highs(program, shapes)
    bits = [program.input_bits]
    cycles = []
    for index, op in enumerate(program.ops):
        source = op.inputs[0]
        if engine == "ulab16":
            found = _lanes(program, index, shapes, live, activity[source], bits, highs)
        else:
            count = _integers if engine == "bigint" else _plain
            found = count(op, shapes[source], shapes[index + 1], activity[source], bits)
        cycles.append(round(found))
        made = getattr(op, "activation_bits", None)
        bits.append(made or max(bits[value] for value in op.inputs))
    return cycles


def live_parts(program: Program) -> list[tuple[int, int]]:
    """(height, width) of each value beyond which no op looks, the input first: as ``ulab16``."""
    shapes = validate(program)
    live = [(0, 0)] * len(program.ops) + [shapes[-1][1:]]
    for index, op in reversed(list(enumerate(program.ops))):
        for source in op.inputs:
            height, width = shapes[source][1:]
            made = live[index + 1]
            if isinstance(op, Conv2d):
                rows, columns = op.weights.shape[2:]
                height = min(height, (made[0] - 1) * op.stride + rows - op.padding)
                width = min(width, (made[1] - 1) * op.stride + columns - op.padding)
            elif isinstance(op, Pool):
                height = min(height, (made[0] - 1) * op.stride + op.size)
                width = min(width, (made[1] - 1) * op.stride + op.size)
            elif not isinstance(op, Dense):
                height, width = made
            live[source] = (max(live[source][0], height), max(live[source][1], width))
    return live


def _taken_along(program: Program, index: int) -> bool:
    """Whether the convolution before takes a max pool along."""
    op = program.ops[index]
    if not isinstance(op, Pool) or op.kind != "max" or op.size != op.stride or not op.inputs[0]:
        return False
    readers = [other for other in program.ops if op.inputs[0] in other.inputs]
    return isinstance(program.ops[op.inputs[0] - 1], Conv2d) and len(readers) == 1


def _lanes(
    program: Program,
    index: int,
    shapes: list[Shape],
    live: list[tuple[int, int]],
    active: float,
    bits: list[int],
    highs: list[NDArray[np.int64]],
) -> float:
    p, op = primitives(), program.ops[index]
    source = op.inputs[0]
    if isinstance(op, Dense):
        walked = source > 0 and isinstance(program.ops[source - 1], Dense)
        inputs = math.prod(shapes[source])
        return dense(p, op, inputs, active, bits[source], walked, highs[index])
    if isinstance(op, Conv2d):
        side, made = 1, live[index + 1]
        if index + 1 < len(program.ops) and _taken_along(program, index + 1):
            pool = program.ops[index + 1]
            assert isinstance(pool, Pool)
            side, made = pool.size, live[index + 2]
        part = (*live[source], *made)
        return convolution(p, op, shapes[source], part, side, active, bits[source], highs[index])
    if _taken_along(program, index):
        return 0.0
    return map_op(p, op, shapes[source], shapes[index + 1])


def _highs(program: Program, shapes: list[Shape]) -> list[NDArray[np.int64]]:
    """Certified upper end of each output channel of each op."""
    reaches = [np.full(program.input_shape[0], (1 << program.input_bits) - 1, np.int64)]
    highs = []
    for op in program.ops:
        sources = [reaches[value] for value in op.inputs]
        highs.append(accumulator_interval(op, sources, shapes[op.inputs[0]])[1])
        reaches.append(activation_reach(op, highs[-1]))
    return highs


def _integers(op: Op, source: Shape, made: Shape, active: float, bits: list[int]) -> float:
    p = primitives()
    size = math.prod(made)
    if isinstance(op, Dense):
        add = p["integer_add"] + p["integer_add_digit"] * size
        levels = (1 << bits[op.inputs[0]]) - 1
        loop = 600 * math.prod(source)
        return float(
            active * (add + 900) + loop + levels * 2 * add + p["integer_unpack_lane"] * size
        )
    if isinstance(op, Conv2d):
        per_group, rows, columns = op.weights.shape[1:]
        macs = size * per_group * rows * columns
        return float(p["product_mac"] * macs + p["integer_unpack_lane"] * size)
    return _plain(op, source, made, active, bits)


def _plain(op: Op, source: Shape, made: Shape, active: float, bits: list[int]) -> float:
    p = primitives()
    size = math.prod(made)
    if isinstance(op, Dense):
        return float(active * p["plain_mac"] * size + p["plain_element"] * size)
    if isinstance(op, Conv2d):
        outputs, _, rows, columns = op.weights.shape
        taps = rows * columns * outputs / op.groups / op.stride**2
        return float(active * p["plain_mac"] * taps + p["plain_element"] * size)
    if isinstance(op, Pool):
        return float(size * (p["plain_element"] + 700 * op.size**2))
    if isinstance(op, Mix):
        return float(size * op.matrix.shape[1] * p["plain_mac"])
    return float(2 * size)
