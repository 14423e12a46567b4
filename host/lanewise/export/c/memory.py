# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Where each value lives in the workspace: first fit, a value's bytes free after its last use."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lanewise.integer.program import Program, Shape


@dataclass(frozen=True)
class Placement:
    """offsets: of each value but the last, in bytes; size: bytes that all of them need."""

    offsets: tuple[int, ...]
    size: int


def place(program: Program, shapes: list[Shape], fused: frozenset[int] = frozenset()) -> Placement:
    """Offsets of the input copy and of every activation; values alive together do not overlap.

    fused: ops whose own value is never written, because the op after them is done with them. Each
    value has a byte to spare: lanes are stored two at a time.
    """
    last = dict.fromkeys(range(len(shapes)), 0)
    for index, op in enumerate(program.ops):
        last[index + 1] = index
        for source in op.inputs:
            last[source] = index
    alive: list[tuple[int, int, int]] = []
    offsets = []
    size = 0
    for value in range(len(shapes) - 1):
        born = value - 2 if value - 2 in fused else value - 1
        alive = [entry for entry in alive if entry[2] >= born]
        need = 0 if value - 1 in fused else math.prod(shapes[value]) + 1
        at = 0
        for start, length, _ in sorted(alive):
            if start - at >= need:
                break
            at = max(at, start + length)
        alive.append((at, need, last[value]))
        offsets.append(at)
        size = max(size, at + need)
    return Placement(tuple(offsets), size)
