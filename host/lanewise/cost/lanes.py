# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ops cost the engine ``ulab16``: counts of what it does times primitives.json.

A convolution is counted as lanecam's lanes_conv.py runs it: bands of rows, each searched for inputs
that are not zero; for each such input one or two additions of a kernel; accumulators folded,
pooled, shifted and clipped. It is taken to have the memory for its usual plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.integer.program import Conv2d, Dense, Mix, Op, Pool, Shape

FEW = 160
"""Outputs up to which a dense layer's activations are walked over by the next one, not searched."""
NARROW = 24
"""Outputs up to which a dense layer's rows are cut anew each time."""
WINDOWS, WINDOWS_ALONE = (24, 48), (48, 96)
"""Most inputs of a channel in a band, one way and another: of several channels, of a single one."""
WINDOW, BYTE = 56, 40
"""Bytes of a window; cycles that a byte costs, as the engine weighs its plans."""
MIDDLE = 1.1
"""Ink lies in the middle, where borders cut less from a kernel than on average."""
# By bits of the input: accumulators, and additions of an input that is not zero, on average.
PLANS = {1: (1, 1.0), 2: (2, 1.0), 3: (4, 1.07), 4: (4, 1.27)}


@dataclass(frozen=True)
class Bands:
    """bands: of rows of a map, one after the other; chunks: of its input, some before the first;
    windows: array objects of an accumulator; lanes: of it, for each output."""

    bands: int
    chunks: int
    windows: int
    lanes: int


def bands(op: Conv2d, read: tuple[int, int], made: tuple[int, int], pool: int, most: int) -> Bands:
    """How the engine cuts a convolution that reads ``read`` and makes ``made`` rows and columns
    after a pool of side ``pool``, in bands of ``most`` windows; as lanecam's lanes_geometry.py."""
    reach = -(-op.weights.shape[2] // op.stride)
    lead = (reach - 1) * op.stride - op.padding
    height, width = made[0] * pool, made[1] * pool
    found = Bands(1, 1, read[0] * read[1], height * width)
    if lead >= 0 and read[0] * read[1] > most:
        for band in range(height - 1, 0, -1):
            if height % band == 0 and band % pool == 0:
                step = band * op.stride
                early = -(-lead // step)
                count = height // band
                found = Bands(count, count + early, step * read[1], (band + reach - 1) * width)
                if step * read[1] <= most:
                    break
    return found


def convolution(
    p: Mapping[str, Any],
    op: Conv2d,
    source: Shape,
    part: tuple[int, int, int, int],
    pool: int,
    active: float,
    bits: int,
    highs: NDArray[np.int64],
) -> float:
    """Cycles of a convolution and of the max pool of side ``pool`` (1: none) that it takes along.

    part: height and width read, height and width made after the pool; active: elements of the
    source that are not zero; bits: of the source; highs: certified upper end of each output.
    """
    outputs, members, rows, columns = op.weights.shape
    read, after = part[0] * part[1], part[2] * part[3] * outputs
    before = after * pool * pool
    if op.groups == source[0] == outputs and op.groups > 1:
        line = 2 * (p["row_add"] + p["row_add_lane"] * part[3] * outputs) + p["stage"]
        return float(part[2] * rows * columns * line) + shifted(p, op, highs, after, part[2])
    # Inputs beyond what is read cost nothing; a kernel is cut at the borders of what is made.
    active *= read / (source[1] * source[2])
    taps = rows * columns * outputs / op.groups
    lanes = min(taps, MIDDLE * before * rows * columns / op.groups / read)
    alone = members == 1 and bits <= 4
    weights, additions = (1, 1.0) if alone else PLANS.get(bits, (bits, 0.4 * bits))
    kernel = p["scatter_alone"] if alone else p["scatter_input"] + additions * p["scatter_add"]
    pooled = (pool - 1) * (before / pool + before / pool**2) * p["maximum_lane"]
    best = math.inf
    for most in WINDOWS_ALONE if members == 1 else WINDOWS:
        cut = bands(op, part[:2], part[2:], pool, most)
        chunks, finished = op.groups * cut.chunks, op.groups * cut.bands
        banded = chunks * (p["chunk_fixed"] + (weights - 1) * p["part_fixed"])
        banded += 0 if op.groups == members == 1 else cut.chunks * source[0] * p["stage"]
        banded += finished * (p["finish_fixed"] + (p["pool_fixed"] if pool > 1 else 0))
        banded += 2 * (weights - 1) * finished * p["row_add"]
        banded += shifted(p, op, highs, after, finished)
        size = weights * (WINDOW * cut.windows + 2 * cut.lanes * outputs // op.groups)
        if banded + BYTE * size < best:
            best, banded_best = banded + BYTE * size, banded
    return float(
        active * (kernel + additions * p["row_add_lane"] * lanes)
        + p["search_byte"] * read * source[0]
        + before * p["row_add_lane"] * (1 + 2 * (weights - 1))
        + pooled
        + banded_best
    )


def shifted(
    p: Mapping[str, Any], op: Conv2d | Dense, highs: NDArray[np.int64], count: int, runs: int
) -> float:
    """Cycles to shift and clip ``count`` lanes in ``runs`` parts, fixed costs left out."""
    if op.activation_bits is None:
        return 0.0
    shift = np.asarray(op.shift, np.int64)
    live = highs >> shift > 0
    shift, highs = shift[live], highs[live]
    late = max(0, int(shift.max(initial=0)) - 8)
    gain = 8 + late - shift
    top = np.minimum(np.minimum(highs, ((1 << op.activation_bits) << shift) - 1), 32767)
    if (top << np.maximum(gain, 0) > 65535).any() or (gain < 0).any():
        return float(p["slow_lane"] * count)
    capped = (highs << gain > 65535).any()
    over = runs * p["cap_fixed"] + p["cap_lane"] * count if capped else 0.0
    return float(p["clip_lane"] * count) + over


def dense(
    p: Mapping[str, Any],
    op: Dense,
    inputs: int,
    active: float,
    bits: int,
    walked: bool,
    highs: NDArray[np.int64],
) -> float:
    """Cycles of a dense layer; walked: its input is a short dense layer's, gone through byte by
    byte."""
    size = len(op.bias)
    levels = (1 << bits) - 1
    add = p["row_add"] + p["row_add_lane"] * size
    search = p["search_fixed"] + p["search_byte"] * inputs
    if walked and inputs <= FEW:
        search = p["walk_byte"] * inputs
    buckets = 0.0
    if levels > 3:
        buckets = p["bucket_fixed"] + p["bucket_lane"] * size * (levels + 1)
    elif levels > 1:
        buckets = (2 * levels - 1) * add
    clip = 0.0
    if op.activation_bits:
        clip = p["clip_fixed"] + shifted(p, op, highs, size, 1)
        if size <= FEW:
            clip = p["clip_short"]
    row = p["gather_input"] + (p["cut_row"] if size <= NARROW else 0)
    return float(p["dense_fixed"] + search + active * (add + row) + buckets + clip)


def map_op(p: Mapping[str, Any], op: Op, source: Shape, made: Shape) -> float:
    """Cycles of a pool, a mix or a concat."""
    size, inputs = math.prod(made), math.prod(source)
    if isinstance(op, Pool):
        passes = op.size * (inputs / op.stride + size)
        return float(p["lane_pass"] * passes + 2 * op.size * p["call"])
    if isinstance(op, Mix):
        products = int((op.matrix > 0).sum()) + int((op.branch > 0).sum())
        stream = inputs / op.matrix.shape[1]
        work = products * (2 * p["row_add"] + 42 * stream)
        return float(work + p["clip_fixed"] + p["clip_lane"] * size)
    return float(2 * p["row_add"] + p["row_add_lane"] * size)
