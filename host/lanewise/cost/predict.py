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

from lanewise.errors import UsageError
from lanewise.integer.program import Concat, Conv2d, Dense, Mix, Op, Pool, Program, Shape
from lanewise.integer.shapes import validate

ENGINES = ("ulab16", "bigint", "plain")
_FEW = 160
"""Outputs up to which ulab16 walks over all bytes of a dense layer's input."""


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
    live = live_parts(program)
    bits = [program.input_bits]
    cycles = []
    for index, op in enumerate(program.ops):
        source = op.inputs[0]
        if engine == "ulab16" and isinstance(op, Conv2d):
            part = (*live[source], *live[index + 1])
            found = _scattered(op, shapes[source], part, activity[source], bits[source])
        elif engine == "ulab16" and _taken_along(program, index):
            found = 0.0
        else:
            count = _lanes if engine == "ulab16" else _integers if engine == "bigint" else _plain
            walked = source > 0 and isinstance(program.ops[source - 1], Dense)
            found = count(op, shapes[source], shapes[index + 1], activity[source], bits, walked)
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


def _scattered(
    op: Conv2d, source: Shape, part: tuple[int, int, int, int], active: float, bits: int
) -> float:
    """A convolution of ``ulab16``; part: height and width read, height and width made."""
    p = primitives()
    outputs, members, rows, columns = op.weights.shape
    read, made = part[0] * part[1], part[2] * part[3]
    if op.groups == source[0] == outputs and op.groups > 1:
        line = 2 * (p["row_add"] + p["row_add_lane"] * part[3] * outputs) + 2500
        return float(part[2] * rows * columns * line + p["finish_lane"] * made * outputs)
    # Inputs beyond what is read cost nothing; a kernel is cut at the borders of what is made.
    active *= read / (source[1] * source[2])
    lanes = made * rows * columns * outputs / op.groups / read
    alone = members == 1 and bits <= 4
    additions = 1.0 if alone else p["scatter_additions"]
    each = p["scatter_alone"] if alone else p["scatter_input"]
    each += (additions - 1) * p["scatter_more"] + additions * p["scatter_lane"] * lanes
    finish = p["finish_alone_lane"] if alone else p["finish_lane"]
    bands = math.ceil(part[2] / (4 if alone else 2))
    return float(
        active * each
        + p["search_byte"] * read * source[0]
        + finish * made * outputs
        + bands * (p["band_fixed"] + p["stage"] * source[0])
    )


def _lanes(
    op: Op, source: Shape, made: Shape, active: float, bits: list[int], walked: bool
) -> float:
    p = primitives()
    size, inputs = math.prod(made), math.prod(source)
    if isinstance(op, Dense):
        levels = (1 << bits[op.inputs[0]]) - 1
        add = p["row_add"] + p["row_add_lane"] * size
        walked = walked and inputs <= _FEW
        search = p["walk_byte"] * inputs
        if not walked:
            search = p["search_fixed"] + p["search_byte"] * inputs
        buckets = 0.0
        if levels > 3:
            buckets = p["bucket_fixed"] + p["bucket_lane"] * size * (levels + 1)
        elif levels > 1:
            buckets = (2 * levels - 1) * add
        clip = p["clip_short"] if size <= _FEW else p["clip_fixed"] + p["clip_lane"] * size
        return float(
            search
            + active * (add + p["gather_input"])
            + buckets
            + (clip if op.activation_bits else 0)
        )
    if isinstance(op, Pool):
        passes = op.size * (inputs / op.stride + size)
        return float(p["lane_pass"] * passes + 2 * op.size * p["call"])
    if isinstance(op, Mix):
        products = int((op.matrix > 0).sum()) + int((op.branch > 0).sum())
        stream = inputs / op.matrix.shape[1]
        work = products * (2 * p["row_add"] + 42 * stream)
        return float(work + p["clip_fixed"] + p["clip_lane"] * size)
    assert isinstance(op, Concat)
    return float(2 * p["row_add"] + p["row_add_lane"] * size)


def _integers(
    op: Op, source: Shape, made: Shape, active: float, bits: list[int], walked: bool
) -> float:
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
    return _plain(op, source, made, active, bits, walked)


def _plain(
    op: Op, source: Shape, made: Shape, active: float, bits: list[int], walked: bool
) -> float:
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
